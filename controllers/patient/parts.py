from odoo import http
from odoo.exceptions import MissingError, UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount

from ..payment import is_offered
from .portal import PatientPortal
from .shop import PAYMENT_KEYS


class PatientParts(PatientPortal, PortalAccount):
    """Who pays a package in parts sees them, pays the next one, and has the coming ones charged or stops that.

    An invoice is looked for among those that the login pays. What is asked in forms is how to pay, and which days and
    amounts were shown; never what is charged.
    """

    def _practice_find_parts_sudo(self, invoice_id):
        """Return the invoice of the login, with the rights to pay it.

        :raises MissingError: when there is none; somebody else's and one that never was look the same
        """
        move_sudo = request.env["account.move"]._practice_find_parts_sudo(request.env.user, invoice_id)
        if not move_sudo:
            raise MissingError(request.env._("There is no such purchase."))
        return move_sudo

    @http.route("/my/packages/parts/<int:invoice_id>", type="http", auth="user", website=True, methods=["GET"])
    def practice_show_parts(self, invoice_id, **kw):
        try:
            move_sudo = self._practice_find_parts_sudo(invoice_id)
        except MissingError:
            return request.redirect("/my/packages")
        return self._practice_render_parts(move_sudo)

    def _practice_render_parts(self, move_sudo, error=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_parts",
            "document": move_sudo,
            "parts": move_sudo._practice_prepare_portal_parts(),
            "begun": move_sudo._practice_get_begun_payment(),
            "error": error,
            **self._practice_prepare_part_payment(move_sudo),
        }
        return request.render("practice_billing.portal_package_parts", values)

    def _practice_prepare_part_payment(self, move_sudo):
        """Return what Odoo's payment form needs; without payment methods when there is nothing to pay."""
        providers_sudo, methods_sudo, tokens_sudo = move_sudo._practice_get_part_payment_options()
        return {
            "mode": "payment",
            "amount": move_sudo._practice_get_next_amount(),
            "currency": move_sudo.currency_id,
            "partner_id": move_sudo.partner_id.id,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo,
            "tokens_sudo": tokens_sudo,
            "show_tokenize_input_mapping": self._compute_show_tokenize_input_mapping(providers_sudo),
            "transaction_route": f"/my/packages/parts/{move_sudo.id}/transaction",
            "landing_route": f"/my/packages/parts/{move_sudo.id}",
            # Odoo's form sends one along; here the login is what counts.
            "access_token": "",
        }

    @http.route("/my/packages/parts/<int:invoice_id>/agree", type="http", auth="user", website=True, methods=["POST"])
    def practice_agree_to_parts(self, invoice_id, token_id=None, practice_plan="", **kw):
        """Agree that the parts that are shown are charged to a method that is saved already."""
        return self._practice_act_on_parts(
            invoice_id,
            lambda move_sudo: move_sudo._practice_agree_as_shown(
                request.env.user,
                move_sudo._practice_get_part_payment_options()[2].filtered(lambda token: str(token.id) == token_id),
                practice_plan,
            ),
        )

    @http.route("/my/packages/parts/<int:invoice_id>/stop", type="http", auth="user", website=True, methods=["POST"])
    def practice_stop_parts(self, invoice_id, **kw):
        """Stop the automatic payment: the coming parts are not charged."""
        return self._practice_act_on_parts(invoice_id, lambda move_sudo: move_sudo._practice_withdraw(request.env.user))

    @http.route("/my/packages/parts/<int:invoice_id>/restart", type="http", auth="user", website=True, methods=["POST"])
    def practice_restart_part(self, invoice_id, **kw):
        """Give up a payment that was begun and left, and pay anew."""
        return self._practice_act_on_parts(
            invoice_id, lambda move_sudo: move_sudo._practice_get_begun_payment()._practice_give_up()
        )

    def _practice_act_on_parts(self, invoice_id, work):
        """Do ``work`` on the invoice and show its page, with the reason when it is refused."""
        try:
            move_sudo = self._practice_find_parts_sudo(invoice_id)
        except MissingError:
            return request.redirect("/my/packages")
        try:
            # What was begun when it is refused is undone: the page that says so is an answer like any other.
            with request.env.cr.savepoint():
                work(move_sudo)
        except UserError as error:
            return self._practice_render_parts(move_sudo, str(error))
        return request.redirect(f"/my/packages/parts/{move_sudo.id}")

    @http.route("/my/packages/parts/<int:invoice_id>/transaction", type="jsonrpc", auth="user", website=True)
    def practice_create_part_transaction(self, invoice_id, access_token=None, practice_plan=None, **kwargs):
        """Create the payment of the next part; return what the provider's form needs.

        Amount, currency, payer and document are the invoice's, whatever the request says; ``practice_plan`` are the
        coming parts, as they were shown, when the payer agreed that they are charged to this payment's method.

        :raises UserError: when there is nothing to pay, or when the payment method is none of those that were offered
        """
        move_sudo = self._practice_find_parts_sudo(invoice_id)
        self._validate_transaction_kwargs(kwargs)
        chosen = {key: kwargs.get(key) for key in PAYMENT_KEYS}
        options = move_sudo._practice_get_part_payment_options()
        if not is_offered(*options, **chosen):
            raise ValidationError(request.env._("This payment method is not available here. Choose another one."))
        agreement = {}
        if practice_plan:
            agreement = move_sudo._practice_prepare_coming_agreement(str(practice_plan))
            self._practice_check_can_be_saved(*options, **chosen)
        move_sudo.transaction_ids._practice_check_none_is_live()
        transaction_sudo = self._create_transaction(
            **chosen,
            tokenization_requested=bool(agreement) or kwargs.get("tokenization_requested"),
            amount=move_sudo._practice_get_next_amount(),
            currency_id=move_sudo.currency_id.id,
            partner_id=move_sudo.partner_id.id,
            landing_route=f"/my/packages/parts/{move_sudo.id}",
            custom_create_values={"invoice_ids": [Command.set(move_sudo.ids)], **agreement},
        )
        return transaction_sudo._get_processing_values()

    def _practice_check_can_be_saved(
        self, providers_sudo, methods_sudo, tokens_sudo, *, flow, provider_id, payment_method_id, token_id
    ):
        """Refuse to agree with a method that is used once.

        :raises ValidationError: saying what to choose instead
        """
        provider_sudo = providers_sudo.filtered(lambda it: it.id == provider_id)
        method_sudo = methods_sudo.filtered(lambda it: it.id == payment_method_id)
        if flow != "token" and not (provider_sudo.allow_tokenization and method_sudo.support_tokenization):
            raise ValidationError(
                request.env._("This payment method cannot be saved. Choose another one, or pay this part only.")
            )
