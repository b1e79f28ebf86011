from odoo import api, models


class AccountAccount(models.Model):
    """Who chooses an account for a package or a plan sees its code, with or without rights in accounting."""

    _inherit = "account.account"

    @api.depends_context("practice_codes")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        if self.env.context.get("practice_codes"):
            # Odoo leaves the code out for who has no rights in accounting.
            for account in self.filtered("code"):
                if not account.display_name.startswith(account.code):
                    account.display_name = f"{account.code} {account.display_name.strip()}"
        return result
