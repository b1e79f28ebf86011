from odoo import fields, models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """Who pays a part may agree, with that payment, that the coming ones are charged to the method it is paid with."""

    _inherit = "payment.transaction"

    practice_agreed_plan = fields.Text(
        string="Coming Parts Agreed To",
        readonly=True,
        copy=False,
        help="The days and amounts that the payer agreed to have charged to this payment's method.",
    )
    practice_agreed_amount = fields.Monetary(string="Coming Parts", readonly=True, copy=False)

    def _practice_follow_collection(self):
        result = super()._practice_follow_collection()
        for transaction in self.filtered(lambda it: it.practice_agreed_plan and it.state == "done"):
            if transaction.practice_followed != "agreed":
                transaction.practice_followed = "agreed"
                transaction._practice_follow_agreement()
        return result

    def _practice_follow_agreement(self):
        """Have the coming parts charged to the method of this payment, which is done.

        Without a method that was saved, or when nothing is left, nothing is agreed; the page of the parts says so.
        """
        self.ensure_one()
        for invoice in self.invoice_ids:
            try:
                with self.env.cr.savepoint():
                    invoice._practice_agree(
                        self.create_uid, self.token_id, self.practice_agreed_plan, self.practice_agreed_amount
                    )
            except UserError as error:
                invoice._message_log(body=self.env._("Automatic payment was not agreed to: %s", error))
