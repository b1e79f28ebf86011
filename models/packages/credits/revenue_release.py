from odoo import api, fields, models


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
        return [{**line, "practice_package_id": key[4].id} for line in super()._prepare_line_vals(key)]

    # === IN WORDS === #

    def _get_sold_name(self):
        return self.package_id.name or super()._get_sold_name()

    def _describe_what(self):
        """Add what happened to how many credits; a movement that was undone counts as one less."""
        what = super()._describe_what()
        for kind, of_kind in self.credit_move_id.grouped("kind").items():
            visits = sum(1 if move.credits > 0 else -1 for move in of_kind)
            what.append(self._describe_kind(kind, visits, sum(of_kind.mapped("credits"))))
        return what

    @api.model
    def _describe_kind(self, kind, visits, credits):
        """Return in words what ``credits`` of one kind of movement are, of so many ``visits``."""
        if kind == "use":
            return self.env._("visits %(visits)s, credits used %(credits)s", visits=visits, credits=credits)
        if kind == "forfeit":
            return self.env._("no-show or late %(visits)s, credits lost %(credits)s", visits=visits, credits=credits)
        if kind == "expire":
            return self.env._("credits expired %s", credits)
        if kind == "breakage":
            return self.env._("expected breakage")
        return self.env._("value corrected")

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
