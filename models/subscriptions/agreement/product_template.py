from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class ProductTemplate(models.Model):
    """A product of plans: whether it sells credits decides what the next periods of their subscriptions are."""

    _inherit = "product.template"

    @api.constrains("package_id")
    def _practice_check_plans(self):
        """Refuse to sell credits with the licence of a plan whose money waits for days."""
        waits = Domain("deferred_account_id", "!=", False)
        for product in self.filtered("package_id"):
            if plans_sudo := product._practice_get_plans_sudo(waits):
                raise ValidationError(
                    self.env._(
                        "%(product)s is the licence of %(plans)s (running subscriptions: %(count)s), whose money waits "
                        "on %(accounts)s for the days of the period. Make another product for the credits of "
                        "%(package)s.",
                        product=product.name,
                        plans=", ".join(plans_sudo.mapped("name")),
                        count=sum(plans_sudo.mapped("subscription_count")),
                        accounts=", ".join(plans_sudo.deferred_account_id.mapped("display_name")),
                        package=plans_sudo.package_id.name,
                    )
                )

    @api.onchange("package_id")
    def _practice_onchange_package_of_plans(self):
        """Say before it is saved whose next period becomes something else."""
        plans_sudo = self._origin._practice_get_plans_sudo(Domain.TRUE)
        count = sum(plans_sudo.mapped("subscription_count"))
        if not count or self._origin.package_id == self.package_id:
            return None
        message = self.env._(
            "%(product)s is the licence of %(plans)s, with running subscriptions: %(count)s. What was billed stays as "
            "it is; with their next period they get what the product sells then.",
            product=self.name,
            plans=", ".join(plans_sudo.mapped("name")),
            count=count,
        )
        return {"warning": {"title": self.env._("Plans with this product"), "message": message}}

    def _practice_get_plans_sudo(self, domain):
        """Return the plans that bill with these products, archived ones too."""
        # sudo: plans may be out of the sight of who changes products
        plans_sudo = self.env["practice.plan"].sudo().with_context(active_test=False)
        return plans_sudo.search(domain & Domain("product_id.product_tmpl_id", "in", self.ids))
