from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _practice_begins_in_practice(self):
        """Return whether this user, who has no home action, begins in the practice after the login."""
        self.ensure_one()
        if self.has_group("base.group_system"):
            return self.has_group("practice_billing.group_manager") and not self.company_id.practice_first_steps_closed
        return self.has_group("practice_billing.group_user") or self.has_group("practice_billing.group_accountant")
