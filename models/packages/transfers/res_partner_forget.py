from odoo import models

from .credit_lot import MESSAGE


class ResPartner(models.Model):
    """What is forgotten of transfers: on the credits of the other patient, the name and the reason."""

    _inherit = "res.partner"

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        moves_sudo = self._practice_get_all_lots_sudo().move_ids.filtered("other_lot_id")
        others_sudo = moves_sudo.other_lot_id
        others_sudo.move_ids.filtered(lambda move: move.other_lot_id in moves_sudo.lot_id)._forget_reasons()
        said = [("model", "=", "practice.credit.lot"), ("res_id", "in", others_sudo.ids)]
        about = ("subtype_id", "=", self.env.ref(MESSAGE).id)
        # sudo: as for all that is forgotten
        self.env["mail.message"].sudo().search([*said, about]).unlink()
        return result
