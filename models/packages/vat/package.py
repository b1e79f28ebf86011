from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class PracticePackage(models.Model):
    """A package is a voucher: with one rate its VAT is due at the sale, with several at each visit (EU 2016/1065)."""

    _inherit = "practice.package"

    vat_moment = fields.Selection(
        [("sale", "At the sale (one rate)"), ("use", "At each visit (several rates)")],
        string="VAT",
        required=True,
        default="sale",
        tracking=True,
        help="When its appointment types have different rates of VAT, the package is a multi-purpose voucher: it is "
        "sold without VAT, each visit takes the VAT of its type out of what was paid, and one invoice a month says so. "
        "It holds for what is sold from now on.",
    )

    # === CONSTRAINTS === #

    @api.constrains("vat_moment", "deferred_account_id", "income_account_id", "release_method", "active")
    def _check_vat(self):
        """Refuse a package whose appointment types, products or accounts do not fit the moment of its VAT."""
        for package in self.sudo():  # sudo: of all that spends or sells it, whoever changes one of them
            if package.vat_moment == "use":
                package._check_vat_at_use()
            else:
                package._check_vat_at_sale()

    def _check_vat_at_use(self):
        if self._lacks_accounts():
            raise ValidationError(
                self.env._(
                    "%s takes VAT at each visit, so its money has to wait until then: choose its balance post and its "
                    "ledger account.",
                    self.name,
                )
            )
        if self.release_method != "sale_value":
            raise ValidationError(
                self.env._(
                    "%s takes VAT at each visit, of what was paid: let visits release what was paid, not the internal "
                    "rate.",
                    self.name,
                )
            )
        if untaxed := self.appointment_type_ids.filtered(lambda it: not it.tax_id):
            raise ValidationError(
                self.env._(
                    "%(package)s takes VAT at each visit: choose a tax for %(types)s, one of 0 %% where it is exempt.",
                    package=self.name,
                    types=", ".join(untaxed.mapped("name")),
                )
            )

    def _check_vat_at_sale(self):
        taxed = self.appointment_type_ids.filtered("tax_id")
        for product in self.product_ids:
            taxes = product._practice_get_own_taxes()
            voucher = self.company_id.practice_voucher_tax_id
            if voucher and voucher in taxes:
                raise ValidationError(
                    self.env._(
                        "%(package)s takes VAT at the sale, and %(product)s has the tax %(tax)s, with which none would "
                        "ever be due. Choose the tax of the product first.",
                        package=self.name,
                        product=product.name,
                        tax=voucher.name,
                    )
                )
            rate = sum(taxes.mapped("amount"))
            if other := taxed.filtered(lambda it, rate=rate: it.tax_id.amount != rate)[:1]:
                raise ValidationError(
                    self.env._(
                        "%(type)s has the tax %(type_tax)s, and %(product)s is sold with %(tax)s: credits of "
                        "%(package)s cannot have both rates at their sale. Let the package take VAT at each visit, or "
                        "choose another package.",
                        type=other.name,
                        type_tax=other.tax_id.name,
                        product=product.name,
                        tax=", ".join(taxes.mapped("name")) or self.env._("no tax"),
                        package=self.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        changing = self.filtered(lambda it: it.vat_moment != vals.get("vat_moment", it.vat_moment))
        result = super().write(vals)
        if changing:
            changing._follow_vat_moment()
        return result

    def _follow_vat_moment(self):
        """Bring products and drafts to the moment at which VAT is due from now on."""
        packages_sudo = self.sudo()  # sudo: what sells it follows, whoever may change the package
        packages_sudo.filtered(lambda it: it.vat_moment == "use").product_ids._practice_take_voucher_tax()
        lines_sudo = self.env["account.move.line"].sudo()  # sudo: as above
        drafts_sudo = lines_sudo.search(
            [
                ("practice_package_id", "in", self.ids),
                ("parent_state", "=", "draft"),
                ("display_type", "=", "product"),
                ("practice_sold_line_id", "=", False),
                ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ("move_id.posted_before", "=", False),
            ]
        )
        for line in drafts_sudo:
            line.tax_ids = line._get_computed_taxes()

    @api.onchange("vat_moment")
    def _onchange_vat_moment(self):
        """Say before it is saved what the change does not touch."""
        return self._onchange_sold()

    # === BUSINESS METHODS === #

    def _prepare_terms(self, position=None):
        return {**super()._prepare_terms(position), "vat_at_use": self.vat_moment == "use"}

    def _get_voucher_tax_commands(self, taxes):
        """Return what makes ``taxes`` of a product the tax of vouchers; those of other companies stay."""
        self.ensure_one()
        others = taxes.filtered(lambda tax: tax.company_id not in self.company_id.parent_ids)
        return [Command.set((others | self.company_id._practice_get_voucher_tax()).ids)]
