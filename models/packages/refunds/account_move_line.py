from odoo import fields, models
from odoo.fields import Command


class AccountMoveLine(models.Model):
    """A refund may keep a fee, which stands on the credit note as a line of its own."""

    _inherit = "account.move.line"

    practice_is_fee = fields.Boolean(
        string="Kept as a Fee", readonly=True, copy=False, help="What a refund of credits keeps: revenue, no discount."
    )

    def _practice_is_discount(self, posts):
        return super()._practice_is_discount(posts) and not self.practice_is_fee

    def _practice_prepare_refund_with_fee_vals(self, lot, credits, fee, reason):
        """Return the values of a credit note for ``credits`` of ``lot``, which this line gave, less a fee.

        What is kept is part of the price of what was sold, so it is taxed like that.

        :param int credits: whole credits, at most those that are available
        :param float fee: what is kept, with tax, in the currency of the invoice
        :param str reason: stands on the credit note; may be empty
        """
        self.ensure_one()
        vals = self._practice_prepare_refund_vals(lot, credits)
        if reason:
            vals["ref"] = f"{vals['ref']}: {reason}"
        if fee:
            account = lot.sudo().breakage_account_id or self.account_id  # sudo: revenue of what is kept
            vals["invoice_line_ids"].append(
                Command.create(
                    {
                        "name": self.env._("Kept for cancelling"),
                        "quantity": -1,
                        "price_unit": self._practice_get_unit_price(fee),
                        "tax_ids": [Command.set(self.tax_ids.ids)],
                        "account_id": account.id,
                        "practice_is_fee": True,
                        "practice_patient_id": self.practice_patient_id.id,
                    }
                )
            )
        return vals
