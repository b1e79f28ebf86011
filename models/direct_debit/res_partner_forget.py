from odoo import models
from odoo.tools import format_date


class ResPartner(models.Model):
    """Mandates when somebody is forgotten: kept as long as a collection can be returned, then anonymised."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        for mandate_sudo in self._practice_get_mandates_sudo().filtered(lambda it: it.state != "draft"):
            until = mandate_sudo._get_kept_until()
            if mandate_sudo.collection_count and until >= mandate_sudo.company_id._practice_day():
                obstacles.append(
                    self.env._(
                        "The mandate %(mandate)s is kept until %(day)s: until then a collection can be returned.",
                        mandate=mandate_sudo.name,
                        day=format_date(self.env, until),
                    )
                )
        return obstacles

    def _practice_get_keeping_companies(self):
        return super()._practice_get_keeping_companies() | self._practice_get_mandates_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        mandates_sudo = self._practice_get_mandates_sudo()
        mandates_sudo.filtered(lambda it: it.state == "draft").unlink()
        mandates_sudo = mandates_sudo.exists()
        mandates_sudo._revoke(self.env._("The debtor was anonymised."))
        collections_sudo = (
            self.env["payment.transaction"].sudo().search([("partner_id", "in", self.ids)])
        )  # sudo: as above
        collections_sudo.filtered("sepa_iban").write({"sepa_iban": False, "sepa_original_iban": False})
        mandates_sudo.document_id.unlink()
        mandates_sudo.write(
            {
                "holder": self.env._("Anonymised"),
                "iban": "-",
                **dict.fromkeys(
                    (
                        "bic",
                        "new_iban",
                        "original_iban",
                        "scan",
                        "scan_name",
                        "text",
                        "signed_address",
                        "signed_by",
                        "error",
                    ),
                    False,
                ),
            }
        )
        mandates_sudo.activity_ids.unlink()
        self._practice_forget_messages("practice.sepa.mandate", mandates_sudo.ids)
        return result

    def _practice_get_mandates_sudo(self):
        """Return the mandates of these people, of all companies."""
        # sudo: asked for an administrator, and forgotten
        return self.env["practice.sepa.mandate"].sudo().search([("partner_id", "in", self._practice_get_person().ids)])
