from odoo import models


class PaymentToken(models.Model):
    """A method that is removed pays no more parts."""

    _inherit = "payment.token"

    def _handle_archiving(self):
        result = super()._handle_archiving()
        # sudo: whoever may remove the method
        self.env["account.move"].sudo().search([("practice_parts_token_id", "in", self.ids)])._practice_stop("method")
        return result
