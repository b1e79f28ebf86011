from odoo.exceptions import AccessError
from odoo.http import request, route

from odoo.addons.payment.controllers import portal


def is_offered(providers_sudo, methods_sudo, tokens_sudo, *, flow, provider_id, payment_method_id, token_id):
    """Return whether a payment form that showed these providers, methods and tokens could have sent these choices."""
    provider_sudo = providers_sudo.filtered(lambda it: it.id == provider_id)
    if flow == "token":
        token_sudo = tokens_sudo.filtered(lambda it: it.id == token_id)
        return bool(provider_sudo & token_sudo.provider_id)
    method_sudo = methods_sudo.filtered(lambda it: it.id == payment_method_id)
    return flow in ("direct", "redirect") and bool(provider_sudo & method_sudo.provider_ids)


class PaymentPortal(portal.PaymentPortal):
    """Odoo lets every contact of a company use and remove its saved methods; those of organisations are kept."""

    def _create_transaction(self, provider_id, payment_method_id, token_id, *args, **kwargs):
        # sudo: whose it is
        if token_id and not request.env["payment.token"].sudo().browse(token_id).exists()._practice_is_for_user():
            raise AccessError(request.env._("You do not have access to this payment method."))
        return super()._create_transaction(provider_id, payment_method_id, token_id, *args, **kwargs)

    @route()
    def archive_token(self, token_id):
        # sudo: whose it is
        token_sudo = request.env["payment.token"].sudo().browse(token_id).exists()
        return super().archive_token(token_id) if token_sudo and token_sudo._practice_is_for_user() else None
