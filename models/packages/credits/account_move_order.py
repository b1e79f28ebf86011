from odoo import models


class AccountMove(models.Model):
    """Documents of other apps of Odoo, which are no dependency: their fields are read when they are there.

    A final invoice that deducts down payments is paid when these are paid as well. The closing entry of a till gives no
    credits.
    """

    _inherit = "account.move"

    def _practice_is_paid(self):
        return super()._practice_is_paid() and all(
            document._practice_is_paid() for document in self._practice_get_down_payments_sudo()
        )

    def _practice_get_down_payments_sudo(self):
        """Return the posted invoices of the down payments that this invoice deducts."""
        self.ensure_one()
        deducted = self.invoice_line_ids.filtered(lambda line: line.quantity < 0 and line._practice_is_downpayment())
        # sudo: whoever registers the payment need not be able to read the order
        documents_sudo = deducted.sudo()._get_downpayment_lines().move_id
        return documents_sudo.filtered(lambda it: it.state == "posted" and it.move_type == "out_invoice") - self

    def _practice_get_prepaid(self):
        """Count the down payments that this invoice deducts, as far as they are paid."""
        before, unpaid = super()._practice_get_prepaid()
        deducted = self.invoice_line_ids.filtered(lambda line: line.quantity < 0 and line._practice_is_downpayment())
        documents_sudo = self._practice_get_down_payments_sudo()
        unpaid += sum(
            it.amount_residual + it._practice_get_written_off("debit_amount_currency") for it in documents_sudo
        )
        return before - sum(deducted.mapped("price_total")), unpaid

    # === SOLD AT THE TILL === #

    def _post(self, soft=True):
        posted = super()._post(soft)
        if "pos_session_ids" in self._fields:
            posted._practice_tell_sold_at_till()
        return posted

    def _practice_tell_sold_at_till(self):
        """Have somebody invoice packages that came to a till all the same, as with an order that was settled there."""
        for entry in self:
            # sudo: whoever closes the till need not be able to read packages
            orders_sudo = entry.sudo().pos_session_ids.order_ids.filtered(lambda order: not order.account_move)
            lines_sudo = orders_sudo.lines.filtered(lambda line: line.product_id.package_id)
            if lines_sudo:
                entry.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Packages sold at the till: nobody has their credits"),
                    note=self.env._(
                        "%(orders)s sold %(products)s without an invoice, and credits come with an invoice. Make the "
                        "invoice of the order in the Point of Sale.",
                        orders=", ".join(lines_sudo.order_id.mapped("name")),
                        products=", ".join(lines_sudo.product_id.mapped("display_name")),
                    ),
                    user_id=entry.company_id._practice_get_responsible().id,
                )
