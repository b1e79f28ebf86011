from odoo import fields, models


class PracticeRevenueRelease(models.Model):
    """A release that comes from a credit: it knows the visit and the package."""

    _inherit = "practice.revenue.release"

    credit_move_id = fields.Many2one("practice.credit.move", index="btree_not_null", ondelete="restrict", readonly=True)
    package_id = fields.Many2one(related="credit_move_id.package_id", store=True, index="btree_not_null")
    kind = fields.Selection(related="credit_move_id.kind")
    credits = fields.Integer(related="credit_move_id.credits")
    patient_id = fields.Many2one(related="credit_move_id.partner_id", string="Patient")
    event_id = fields.Many2one(
        related="credit_move_id.event_id", string="Appointment", groups="practice_billing.group_user"
    )

    # A credit move is released once, whatever happens.
    _credit_move_uniq = models.UniqueIndex(
        "(credit_move_id) WHERE credit_move_id IS NOT NULL", "This credit was released already."
    )

    def _line_key(self):
        return (*super()._line_key(), self.package_id)

    def _prepare_line_vals(self, key):
        return [{**line, "practice_package_id": key[3].id} for line in super()._prepare_line_vals(key)]

    # === WHEN IT FAILS === #

    def _practice_tell(self, reason):
        """Make it an activity on the packages whose revenue waits; the newest reason takes the place of the last."""
        result = super()._practice_tell(reason)
        self.package_id._tell_books(self.env._("Revenue could not be released"), reason)
        return result

    def _practice_untell(self):
        result = super()._practice_untell()
        self.package_id._untell_books()
        return result
