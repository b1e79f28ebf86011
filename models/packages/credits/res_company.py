from odoo import fields, models


class ResCompany(models.Model):
    """What patients are told about their credits."""

    _inherit = "res.company"

    practice_expiry_warning = fields.Boolean(
        string="Warn Before Credits Expire",
        default=True,
        help="E-mail the patient 30 and 7 days before credits expire.",
    )
    practice_low_warning = fields.Boolean(
        string="Tell When Credits Run Low",
        default=True,
        help="E-mail the patient once per purchase when only a few credits are left.",
    )
    practice_low_threshold = fields.Integer(
        string="Few Credits",
        default=2,
        help="Credits left, planned ones included, at which a patient is told. 0: when the last one is gone.",
    )
    _practice_low_threshold_not_negative = models.Constraint(
        "CHECK (practice_low_threshold >= 0)", "The number of credits at which patients are told cannot be negative."
    )
