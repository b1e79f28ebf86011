from odoo import fields, models


class ResCompany(models.Model):
    """How long before a part is charged its payer is told."""

    _inherit = "res.company"

    practice_announce_days = fields.Integer(
        string="Announce Charges",
        default=3,
        help="Days before a part of a package is charged automatically on which the payer is told by e-mail, once per "
        "part. 0: nobody is told before.",
    )
    _practice_announce_days_sound = models.Constraint(
        "CHECK (practice_announce_days BETWEEN 0 AND 60)", "A charge is announced 0 to 60 days before."
    )
