from odoo import api, models


class ProductProduct(models.Model):
    """What a customer reads of a package on orders: in the cart, on the confirmation, in mails and on the portal."""

    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        # Odoo fills in the usual tax before the template is made.
        templates = self.env["product.template"]
        return super().create([templates._practice_add_care_tax(vals) for vals in vals_list])

    def get_product_multiline_description_sale(self):
        """Say that credits come with the invoice: an order can be paid long before it is invoiced."""
        description = super().get_product_multiline_description_sale()
        package_sudo = self.sudo().package_id  # sudo: customers see what they buy; they have no rights on packages
        if not package_sudo:
            return description
        credits = self.env._(
            "Credits: %(credits)s of %(package)s per unit. They come with the invoice and can be used once it is paid.",
            credits=self.package_credits,
            package=package_sudo.name,
        )
        return f"{description}\n{credits}"
