from odoo import api, models
from odoo.exceptions import AccessError


class PracticeSepaMixin(models.AbstractModel):
    """Mandates, files and answers of the bank are the accountants' matter."""

    _name = "practice.sepa.mixin"
    _description = "Direct Debit"
    _inherit = ["practice.kept.mixin"]

    @api.model
    def _check_is_accountant(self):
        """Let accountants pass.

        :raises AccessError: for anybody else
        """
        if not self.env.su and not self.env.user.has_group("account.group_account_user"):
            raise AccessError(self.env._("Only an accountant can do this."))

    def _check_may_handle(self):
        """Let accountants pass, for records that they may read.

        :raises AccessError: for anybody else
        """
        self._check_is_accountant()
        self.check_access("read")
