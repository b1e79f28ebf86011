from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.payment.utils import check_access_token

from ..models.direct_debit.payment_provider import CODE


class DirectDebit(Controller):
    """Signing a mandate with a payment, or the saving of a method, that was begun on a page."""

    @route("/practice/direct_debit/sign", type="jsonrpc", auth="public", methods=["POST"])
    def practice_sign_mandate(self, reference, access_token, holder, iban, version, consent=False, bic=""):
        """Sign, and go on with the payment.

        :param str access_token: what was given out with the payment: whoever has it began it
        :raises UserError: in words what is wrong
        """
        # sudo: who pays need not have a login; the token is checked
        transaction_sudo = (
            request.env["payment.transaction"]
            .sudo()
            .search([("reference", "=", str(reference)), ("provider_code", "=", CODE), ("state", "=", "draft")])
        )
        if not transaction_sudo or not check_access_token(
            str(access_token), transaction_sudo.reference, transaction_sudo.amount, transaction_sudo.partner_id.id
        ):
            raise UserError(request.env._("This payment has ended. Load the page again and start over."))
        if consent is not True:
            raise UserError(request.env._("Agree to the mandate first."))
        transaction_sudo._practice_sign_mandate_sudo(
            {
                "holder": str(holder),
                "iban": str(iban),
                "bic": str(bic),
                "version": str(version),
                "address": request.httprequest.remote_addr,
            }
        )
