from odoo import models


class PaymentProvider(models.Model):
    """What an organisation pays or adds on the portal is saved for later invoices."""

    _inherit = "payment.provider"

    def _is_tokenization_required(self, **kwargs):
        return kwargs.get("practice_saves_method", False) or super()._is_tokenization_required(**kwargs)
