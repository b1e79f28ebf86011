from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Visits that are still to be invoiced keep a patient from being forgotten: the invoice names them."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        releases_sudo = self.env["practice.revenue.release"].sudo()  # sudo: how many there are
        people = self._practice_get_person()
        theirs = Domain("partner_id", "in", people.ids) | Domain("credit_move_id.partner_id", "in", people.ids)
        not_made = Domain("vat_document_id", "!=", False) & Domain("vat_document_id.move_ids", "=", False)
        count = releases_sudo.search_count(theirs & (releases_sudo._get_not_invoiced_domain() | not_made))
        if count:
            obstacles.append(
                self.env._(
                    "Visits that are to be invoiced with their VAT: %s. Have an accountant invoice them, up to today.",
                    count,
                )
            )
        return obstacles

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        documents_sudo = self.env["practice.vat.document"].sudo()  # sudo: as for all that is forgotten
        self._practice_forget_messages(
            "practice.vat.document", documents_sudo.search([("partner_id", "in", self.ids)]).ids
        )
        return result
