from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """The entry of a revenue release knows what it released."""

    _inherit = "account.move"

    practice_release_ids = fields.One2many("practice.revenue.release", "move_id", string="Revenue Releases")
    practice_release_count = fields.Integer(compute="_compute_practice_release_count")

    @api.depends("practice_release_ids")
    def _compute_practice_release_count(self):
        # sudo: a number; the form needs it to hide what would take a release apart, whoever opens it.
        releases_sudo = self.env["practice.revenue.release"].sudo()
        counts = dict(releases_sudo._read_group([("move_id", "in", self.ids)], ["move_id"], ["__count"]))
        for move in self:
            move.practice_release_count = counts.get(move, 0)

    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        self._practice_get_releases().show_reset_to_draft_button = False
        return result

    def button_draft(self):
        if self._practice_get_releases():
            raise UserError(
                self.env._(
                    "This entry is a revenue release; each of its visits is booked once. "
                    "Correct the visit or the invoice instead: the next release run books the difference."
                )
            )
        return super().button_draft()

    def action_reverse(self):
        self._practice_refuse_reversal()
        return super().action_reverse()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._practice_refuse_reversal()
        return super()._reverse_moves(default_values_list, cancel)

    def _practice_get_releases(self):
        """Return those of these entries that are revenue releases."""
        # sudo: whoever works with entries need not be able to read releases; only their existence is asked.
        return self.filtered(lambda move: move.sudo().practice_release_ids)

    def _practice_refuse_reversal(self):
        """Refuse to reverse a release: the visits would stay released, and the balance post would hold too much.

        :raises UserError: naming the entries, and what to do instead
        """
        if releases := self._practice_get_releases():
            raise UserError(
                self.env._(
                    "%(entries)s: a revenue release is not reversed, its visits would stay released. Correct the visit "
                    "(mark it as cancelled or as a no-show, or give its credits back) or credit the invoice: the next "
                    "release run books the reversal.",
                    entries=", ".join(releases.mapped("display_name")),
                )
            )

    def action_open_practice_releases(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_revenue_release_action")
        return {**action, "domain": [("move_id", "=", self.id)], "context": {"create": False}}
