from odoo import models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """A line that sells credits with VAT at each visit carries no VAT, whatever product and fiscal position say."""

    _inherit = "account.move.line"

    # === A DRAFT === #

    def _get_computed_taxes(self):
        if self.practice_package_id and self._practice_gives_credits():
            package_sudo = self.sudo().practice_package_id  # sudo: whoever sells it need not be able to read packages
            if self.practice_sold_line_id and package_sudo.company_id.practice_voucher_tax_id:
                return self.practice_sold_line_id.tax_ids
            if package_sudo.vat_moment == "use":
                return package_sudo.company_id._practice_get_voucher_tax().sudo(self.env.su)
        return super()._get_computed_taxes()

    # === BEFORE POSTING === #

    def _practice_freeze_sale(self):
        result = super()._practice_freeze_sale()
        sold_lots = self._practice_get_sold_lots_sudo()
        for line in self.filtered(lambda line: line._practice_gives_credits()):
            if line not in sold_lots and line._practice_is_proposed_untaxed():
                line.tax_ids = line._get_computed_taxes()
            line._practice_check_voucher_tax(sold_lots.get(line))
        return result

    def _practice_is_proposed_untaxed(self):
        """Return whether this sells a voucher that an order has with another tax of 0 %, or abroad with none: the tax
        of vouchers makes it no dearer."""
        self.ensure_one()
        package_sudo = self.sudo().practice_package_id  # sudo: as above
        at_use = package_sudo.vat_moment == "use" and not self._practice_takes_back()
        return at_use and not any(self.tax_ids.mapped("amount")) and bool(self._practice_get_order_customer())

    def _practice_check_voucher_tax(self, lot_sudo):
        """Refuse another tax than that of vouchers on a line of credits with VAT at each visit, and that one on others.

        :param lot_sudo: the credits that this line sold when it was posted before, if any
        :raises UserError: with what to do
        """
        package_sudo = self.sudo().practice_package_id  # sudo: whoever posts the invoice
        if package_sudo.vat_moment != "use" and not package_sudo.company_id.practice_voucher_tax_id:
            return  # as in most practices: nothing was ever sold so
        if self._practice_takes_back():
            lot_sudo = self._practice_get_refunded_lot_sudo()
        at_use = lot_sudo.vat_at_use if lot_sudo else package_sudo.vat_moment == "use"
        voucher_sudo = package_sudo.company_id.practice_voucher_tax_id
        allowed_sudo = voucher_sudo | lot_sudo.invoice_line_id.tax_ids if lot_sudo else voucher_sudo
        words = {"line": self.name, "package": package_sudo.name, "tax": voucher_sudo.name}
        if not at_use:
            if voucher_sudo and voucher_sudo in self.sudo().tax_ids:
                raise UserError(
                    self.env._(
                        "%(line)s: credits of %(package)s are sold with their VAT, and with the tax %(tax)s none would "
                        "ever be due. Choose the tax of the product.",
                        **words,
                    )
                )
            return
        if not self.tax_ids or not self.sudo().tax_ids <= allowed_sudo:
            raise UserError(
                self.env._(
                    "%(line)s: VAT of %(package)s is due at each visit, not at its sale. Choose the tax %(tax)s on "
                    "this line.",
                    **{**words, "tax": package_sudo.company_id._practice_get_voucher_tax().name},
                )
            )
        if not self._practice_takes_back():
            self._practice_check_waits_for_vat()

    def _practice_check_waits_for_vat(self):
        """Refuse to sell credits with VAT at each visit whose money would not wait for the visits.

        :raises UserError: with what to do
        """
        self.move_id.company_id._practice_get_used_account()
        if not self._practice_get_deferred_account():
            raise UserError(
                self.env._(
                    "%(line)s is on %(account)s: VAT of %(package)s is due at each visit, so its money has to wait on "
                    "%(post)s. Choose that account.",
                    line=self.name,
                    account=self.account_id.display_name,
                    package=self.practice_package_id.name,
                    post=self.practice_deferred_account_id.display_name,
                )
            )

    def _practice_check_excess(self, excess, account):
        """What visits cost less afterwards would leave too much VAT on their invoices."""
        if self._practice_get_refunded_lot_sudo().vat_at_use:
            raise UserError(
                self.env._(
                    "%s gives back more than its credits hold, and visits that took place are invoiced with their VAT. "
                    "Lower the amount, or give the credits of those visits back first.",
                    self.name,
                )
            )
        return super()._practice_check_excess(excess, account)

    def _practice_get_refunded_lot_sudo(self):
        self.ensure_one()
        return self.env["practice.credit.lot"]._get_refundable_lots_sudo(self)[:1]
