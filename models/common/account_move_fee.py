from odoo import fields, models
from odoo.fields import Command


class AccountMove(models.Model):
    """A fee for paying late, or for a collection that came back, is an invoice of its own."""

    _inherit = "account.move"

    practice_fee_origin_id = fields.Many2one(
        "account.move",
        string="Fee For",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The invoice that was not paid, for which this one charges a fee.",
    )

    def _practice_bill_fee(self, product, amount, currency, origin):
        """Post and send an invoice that charges a fee for these invoices, which are of one customer.

        :param product: what is charged, which says the tax
        :param float amount: without tax, in ``currency``
        :param str origin: what it comes from, in a few words
        """
        last = self[-1]
        product = product.with_context(lang=last.partner_id.lang)
        fee = self.create(
            {
                "move_type": "out_invoice",
                "company_id": last.company_id.id,
                "journal_id": last.journal_id.id,
                "partner_id": last.partner_id.id,
                "currency_id": currency.id,
                "fiscal_position_id": last.fiscal_position_id.id,
                **last.company_id._practice_prepare_days(),
                "invoice_origin": origin,
                "practice_fee_origin_id": last.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": f"{product.name}: {', '.join(self.mapped('name'))}",
                            "price_unit": amount,
                        }
                    )
                ],
            }
        )
        fee.action_post()
        fee._practice_queue_sending()
        return fee
