from odoo import api, models


class ProductTemplate(models.Model):
    """A product of a package with VAT at each visit is sold with the tax of vouchers."""

    _inherit = "product.template"

    @api.constrains("package_id", "taxes_id", "active")
    def _check_practice_vat(self):
        # sudo: whoever makes products need not be able to read packages
        self.sudo().filtered("active").package_id._check_vat()

    @api.onchange("package_id")
    def _onchange_practice_care_tax(self):
        result = super()._onchange_practice_care_tax()
        self.filtered("package_id")._practice_take_voucher_tax()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._practice_add_voucher_tax(vals) for vals in vals_list])

    def write(self, vals):
        if not vals.get("package_id"):
            return super().write(vals)
        result = True
        for product in self:
            result = super(ProductTemplate, product).write(product._practice_add_voucher_tax(vals))
        return result

    def _practice_add_voucher_tax(self, vals):
        """Return ``vals`` with the tax of vouchers, when they let a product sell credits with VAT at each visit."""
        if not vals.get("package_id"):
            return vals
        # sudo: whoever makes products need not be able to read packages
        package_sudo = self.env["practice.package"].sudo().browse(vals["package_id"])
        if package_sudo.vat_moment != "use":
            return vals
        return {**vals, "taxes_id": package_sudo._get_voucher_tax_commands(self.taxes_id)}

    def _practice_take_voucher_tax(self):
        """Give those of these products the tax of vouchers whose VAT is due at each visit."""
        for product in self:
            package_sudo = product.sudo().package_id  # sudo: as above
            if package_sudo.vat_moment == "use":
                product.taxes_id = package_sudo._get_voucher_tax_commands(product.taxes_id)

    def _practice_get_own_taxes(self):
        """Return the taxes of this product in the company of its package."""
        self.ensure_one()
        package_sudo = self.sudo().package_id  # sudo: as above
        return self.taxes_id._filter_taxes_by_company(package_sudo.company_id)
