from odoo import api, models


class AccountMove(models.Model):
    """Invoices of a billing run, made and posted together."""

    _inherit = "account.move"

    @api.model
    def _practice_prepare_run(self):
        """Make ready what a run needs before its first batch."""

    @api.model
    def _practice_bill(self, vals_list, bodies):
        """Create and post invoices and credit notes.

        :param list vals_list: complete values, lines included
        :param list bodies: a line for the chatter of each of them
        :return: the posted moves, in the order of ``vals_list``
        """
        moves = self.create(vals_list)
        moves._post(soft=False)
        moves._message_log_batch({move.id: body for move, body in zip(moves, bodies, strict=True)})
        return moves
