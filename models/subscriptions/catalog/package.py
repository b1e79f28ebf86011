from odoo import models
from odoo.exceptions import ValidationError


class PracticePackage(models.Model):
    """A membership is billed with the VAT of its plan, so its package takes none at each visit."""

    _inherit = "practice.package"

    def _check_vat_at_use(self):
        result = super()._check_vat_at_use()
        plans_sudo = self.env["practice.plan"].sudo()  # sudo: a name for the message, whoever changes the package
        if plan_sudo := plans_sudo.search([("product_id.package_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._(
                    "%(package)s is given by the plan %(plan)s, which is billed with its VAT: VAT cannot be due at "
                    "each visit again. Let the package take VAT at the sale, or give the plan another one.",
                    package=self.name,
                    plan=plan_sudo.name,
                )
            )
        return result
