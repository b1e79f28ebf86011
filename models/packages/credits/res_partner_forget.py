from odoo import models


class ResPartner(models.Model):
    """What is forgotten of a patient's credits: the words; numbers and days are the books."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        lots_sudo = self._practice_get_all_lots_sudo().filtered(lambda it: it.state in ("pending", "active"))
        if lots_sudo:
            obstacles.append(
                self.env._(
                    "Credits that are open: %(credits)s (purchases: %(purchases)s). Use them, refund them or let them "
                    "expire.",
                    credits=sum(lots_sudo.mapped(lambda it: it.credits_available + it.credits_reserved)),
                    purchases=len(lots_sudo),
                )
            )
        return obstacles

    def _practice_get_keeping_companies(self):
        return super()._practice_get_keeping_companies() | self._practice_get_all_lots_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        lots_sudo = self._practice_get_all_lots_sudo()
        lots_sudo.write({"note": False, "beneficiary_ids": [(5,)]})
        shared_sudo = lots_sudo.search([("beneficiary_ids", "in", self.ids)])
        shared_sudo.write({"beneficiary_ids": [(3, partner.id) for partner in self]})
        moves_sudo = lots_sudo.env["practice.credit.move"].search([("partner_id", "in", self.ids)])
        (lots_sudo.move_ids | moves_sudo)._forget_reasons()
        self._practice_forget_messages("practice.credit.lot", lots_sudo.ids)
        # Often the number of the patient in another system.
        imports_sudo = lots_sudo.env["practice.credit.import"].search([("partner_id", "in", self.ids)])
        imports_sudo.write({"reference": False})
        imports_sudo.lot_id.write({"reference": self.env._("Import")})
        return result

    def _practice_get_all_lots_sudo(self):
        """Return the credits of these people, of all companies."""
        # sudo: asked for an administrator, and only what is said or forgotten leaves
        return self.env["practice.credit.lot"].sudo().search([("partner_id", "in", self.ids)])
