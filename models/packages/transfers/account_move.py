from odoo import models
from odoo.exceptions import UserError

from ...common.words import count_credits


class AccountMove(models.Model):
    """The entry of a transfer stays: the credits are where it says."""

    _inherit = "account.move"

    def _practice_check_credits_stay(self):
        result = super()._practice_check_credits_stay()
        moves_sudo = self.env["practice.credit.move"].sudo()  # sudo: whether there are any; the entry is the user's
        moves_sudo = moves_sudo.search([("transfer_entry_id", "in", self.ids), ("value", "<", 0)], limit=1)
        if moves_sudo:
            raise UserError(
                self.env._(
                    "%(entry)s moved the value of %(credits)s from %(giver)s to %(receiver)s, who would keep "
                    "them. Transfer the credits back instead.",
                    entry=moves_sudo.transfer_entry_id.display_name,
                    credits=count_credits(self.env, moves_sudo.credits),
                    giver=moves_sudo.partner_id.name,
                    receiver=moves_sudo.other_lot_id.partner_id.name,
                )
            )
        return result
