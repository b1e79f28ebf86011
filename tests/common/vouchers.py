"""What the tests of gift vouchers share: An gives one, Bert redeems it."""

from odoo.fields import Command

from .transfers import TransferMixin


class VoucherMixin(TransferMixin):
    """An, who buys for Bert, and the runs of the night."""

    def sell_gift(self, buyer=None, user=None, pay=True, **vals):
        """Sell a package as a gift, as the dialog does; return its voucher."""
        sales = self.env["practice.package.sale"].with_user(user or self.env.user)
        wizard = sales.create(
            {
                "partner_id": (buyer or self.patient).id,
                "product_id": self.product.id,
                "is_gift": True,
                "receiver_name": "Bert",
                **vals,
            }
        )
        voucher = self.env["practice.gift.voucher"].browse(wizard.action_sell()["res_id"])
        if pay:
            self.pay(voucher.invoice_id)
        return voucher

    def draft_gift(self, **vals):
        """Draft the invoice of a gift."""
        gift = {"practice_voucher_ids": [Command.create({"receiver_name": "Bert", **vals})]}
        return self.invoice(post=False, line=gift)

    def redeem(self, voucher, patient=None, at="desk"):
        return voucher._redeem(patient or self.bert, at=at)

    def expire(self):
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_expired_domain(self.company))._expire()

    def run_vouchers(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_send_gift_vouchers").method_direct_trigger()

    def mails(self, voucher):
        domain = [("model", "=", "practice.gift.voucher"), ("res_id", "=", voucher.id)]
        return self.env["mail.mail"].search(domain, order="id")
