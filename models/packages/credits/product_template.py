from odoo import api, models
from odoo.fields import Domain

from ...common.words import count_credits


class ProductTemplate(models.Model):
    """A product that has sold credits: another package or number of credits is for what is sold from now on."""

    _inherit = "product.template"

    @api.onchange("package_id", "package_credits")
    def _practice_onchange_sold(self):
        """Say before it is saved what the change does not touch."""
        before = self._origin
        if (before.package_id, before.package_credits) == (self.package_id, self.package_credits):
            return None
        title = self.env._("This product has sold credits")
        return before.package_id._warn_of_sold(title, before._practice_get_sold_domain())

    def write(self, vals):
        if not {"package_id", "package_credits"} & vals.keys():
            return super().write(vals)
        before = [(product, product.package_id, product.package_credits) for product in self if product.package_id]
        result = super().write(vals)
        for product, package, credits in before:
            if (package, credits) != (product.package_id, product.package_credits):
                product._practice_log_change(package, credits)
        return result

    def _practice_log_change(self, package, credits):
        """Write on ``package``, of which this product gave ``credits`` per unit, what it sells from now on."""
        self.ensure_one()
        package_sudo = package.sudo()  # sudo: whoever may change the product; the note is for those of the package
        now_sudo = self.sudo().package_id  # sudo: as above
        package_sudo.message_post(
            body=self.env._(
                "%(product)s now gives %(credits)s of %(package)s per unit; before %(credits_before)s of "
                "%(package_before)s. Open credits that were sold before: %(open)s. They stay as they were sold.",
                product=self.display_name,
                credits=count_credits(self.env, self.package_credits if now_sudo else 0),
                package=now_sudo.name or self.env._("no package"),
                credits_before=credits,
                package_before=package_sudo.name,
                open=package_sudo._count_sold(self._practice_get_sold_domain())[0],
            )
        )

    def _practice_get_sold_domain(self):
        """Return the domain of invoice lines that sell these products."""
        return Domain("product_id.product_tmpl_id", "in", self.ids)
