from odoo import models


class ProductProduct(models.Model):
    """The price of a voucher is what is paid: no fiscal position takes VAT out of it, because there is none in it."""

    _inherit = "product.product"

    def _get_tax_included_unit_price(self, *args, **kwargs):
        if self.sudo().package_id.vat_moment == "use":  # sudo: whoever sells it need not be able to read packages
            kwargs["fiscal_position"] = None
        return super()._get_tax_included_unit_price(*args, **kwargs)
