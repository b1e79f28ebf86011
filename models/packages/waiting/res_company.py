from odoo import fields, models
from odoo.fields import Domain


class ResCompany(models.Model):
    """How a practice gives away places that come free."""

    _inherit = "res.company"

    practice_waiting_automatic = fields.Boolean(
        string="Offer Free Places by Itself",
        help="A place that comes free is offered by e-mail to the first of the waiting list who can come. Otherwise it "
        "is proposed to staff, who offers it with one click.",
    )
    practice_waiting_hours = fields.Integer(
        string="Hours a Place Is Held",
        default=4,
        help="How long a place is held for whom it is offered, at most until one hour before it begins. Then the next "
        "one is asked.",
    )

    _practice_waiting_hours_range = models.Constraint(
        "CHECK (practice_waiting_hours BETWEEN 1 AND 168)", "A place can be held for at least 1 and at most 168 hours."
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("practice_waiting_automatic"):
            self.env["practice.waiting.place"]._wake(Domain("company_id", "in", self.ids))
        return result
