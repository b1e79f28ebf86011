from odoo import api, models


class AccountMove(models.Model):
    """Documents are sent by Odoo's own queue: by e-mail, Peppol or post, once they are committed."""

    _name = "account.move"
    _inherit = ["account.move", "practice.kept.mixin"]

    # What is looked for every hour.
    _practice_to_send_idx = models.Index("(id) WHERE sending_data IS NOT NULL AND state = 'posted'")

    def _practice_queue_sending(self):
        """Hand these documents to Odoo's send queue, which commits before it sends; once per posting."""
        to_send = self.filtered(lambda move: not move.is_move_sent and not move.sending_data)
        unreachable = to_send._practice_note_unreachable()
        if to_send := to_send - unreachable:
            to_send.sending_data = self._practice_prepare_sending_data()
            to_send._practice_trigger_sending()

    @api.model
    def _practice_prepare_sending_data(self):
        """Return what Odoo's send queue wants to know of a document: who sends it. Patients do not send invoices."""
        author = self.env.user if self.env.user._is_internal() else self.env.ref("base.user_root")
        return {"author_user_id": author.id, "author_partner_id": author.partner_id.id}

    def _practice_note_unreachable(self):
        """Return those of these documents that the send queue cannot bring to their customer, and say so on them."""
        unreachable = self.filtered(lambda move: not move.partner_id._practice_is_reachable(move.company_id))
        unreachable._message_log_batch(
            {
                move.id: self.env._("Not e-mailed: %s has no e-mail address.", move.partner_id.display_name)
                for move in unreachable
            }
        )
        return unreachable

    def _practice_trigger_sending(self):
        """Have Odoo's send queue run once this transaction is committed."""
        # sudo: whoever may post an invoice may have it sent; the queue itself belongs to the system.
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    @api.model
    def _practice_send_ready(self):
        """Have Odoo's send queue run when documents wait for it: the call that came with them can have been lost.

        A run of the queue that fails, because somebody changed one of its documents, has spent its call.
        """
        if self.sudo().search_count(
            [("sending_data", "!=", False), ("state", "=", "posted")], limit=1
        ):  # sudo: whether
            self._practice_trigger_sending()

    def _practice_keep_document(self):
        """Make the PDF of those of these documents that have none: what the law wants kept when a name is forgotten."""
        missing = self.filtered(lambda move: not move.invoice_pdf_report_id)
        if missing:
            # Only made and attached: nobody is sent anything.
            self.env["account.move.send"]._generate_and_send_invoices(missing, sending_methods=["manual"])
        # Kept, and found by number; not by the words in them.
        files = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("id", "!=", False)]
        self.env["ir.attachment"].search(files).write({"index_content": False})
