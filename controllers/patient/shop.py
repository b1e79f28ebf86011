from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import MissingError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount

from ...tools.slots import Slot
from ..payment import is_offered
from .portal import PatientPortal

#: What a payment form chooses; whether to save the method it may ask too, all else comes from the purchase.
PAYMENT_KEYS = ("provider_id", "payment_method_id", "token_id", "flow")


class PatientShop(PatientPortal, PortalAccount):
    """Patients buy packages: what is offered, the purchase, its payment and where it stands.

    An offer is looked for among those of the login, a purchase among those that the login made. What is asked in
    addresses and forms is which product, for which of the login's patients, and how to pay; never what it costs.
    """

    # === WHAT IS ASKED === #

    def _practice_get_products_sudo(self):
        return request.env["product.product"]._practice_get_portal_products(request.env.user)

    def _practice_find_patient(self, patients, patient_id):
        """Return the patient that a form names; nobody when it is none of the login's."""
        return patients.filtered(lambda patient: str(patient.id) == patient_id)

    def _practice_find_order_sudo(self, invoice_id):
        """Return a purchase of the login, with the rights to pay it.

        :raises MissingError: when there is none; somebody else's and one that never was look the same
        """
        orders_sudo = request.env["account.move"].sudo()  # sudo: searched among the purchases of this login only
        domain = orders_sudo._practice_get_order_domain(request.env.user) & Domain(
            "id", "=", min(invoice_id, 2**31 - 1)
        )
        order_sudo = orders_sudo.search(domain)
        if not order_sudo:
            raise MissingError(request.env._("There is no such purchase."))
        return order_sudo

    def _practice_make_url(self, path, **query):
        """Return ``path`` with what of ``query`` is given; a chosen time is passed on only when it is one."""
        slot = Slot.decode(query.pop("booking", None))
        query["booking"] = slot and slot.encode()
        given = {key: value for key, value in query.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    # === OFFERS === #

    @http.route("/my/packages/buy", type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def practice_show_shop(self, package_id=None, patient_id=None, booking=None, **kw):
        products_sudo = self._practice_get_products_sudo()
        wanted_sudo = products_sudo.filtered(lambda it: str(it.package_id.id) == package_id)
        offers = (wanted_sudo or products_sudo)._practice_get_portal_offers(request.env.user)
        patient = self._practice_find_patient(self._practice_get_patients(), patient_id)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_shop",
            "offers": [
                (
                    offer,
                    self._practice_make_url(
                        f"/my/packages/buy/{product_sudo.id}", patient_id=patient.id, booking=booking
                    ),
                )
                for product_sudo, offer in offers.items()
            ],
            "patient": patient,
            "all_url": wanted_sudo
            and self._practice_make_url("/my/packages/buy", patient_id=patient.id, booking=booking),
        }
        return request.render("practice_billing.portal_buy_packages", values)

    @http.route(
        "/my/packages/buy/<int:product_id>", type="http", auth="user", website=True, methods=["GET"], readonly=True
    )
    def practice_show_offer(self, product_id, patient_id=None, booking=None, **kw):
        offer = self._practice_find_offer_sudo(product_id)
        if not offer:
            return request.redirect(self._practice_make_url("/my/packages/buy", booking=booking))
        return self._practice_render_offer(offer, patient_id, booking)

    def _practice_find_offer_sudo(self, product_id):
        product_sudo = self._practice_get_products_sudo().filtered(lambda it: it.id == product_id)
        return product_sudo._practice_get_portal_offers(request.env.user).get(product_sudo)

    def _practice_render_offer(self, offer, patient_id, booking, error=None):
        patients = self._practice_get_patients()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_shop",
            "offer": offer,
            "patients": patients,
            "patient": self._practice_find_patient(patients, patient_id) if len(patients) > 1 else patients,
            "ways": offer.company._practice_get_portal_ways(request.env.user, offer.total, offer.currency),
            "terms": offer.product.package_id._get_terms_fingerprint(),
            "action": self._practice_make_url(f"/my/packages/buy/{offer.product.id}/order", booking=booking),
            "error": error,
        }
        return request.render("practice_billing.portal_buy_package", values)

    # === UPGRADES === #

    def _practice_find_upgrade_sudo(self, lot_id, product_id):
        """Return credits of the login's patients and the product that they can be upgraded into; two empty records when
        that is not offered."""
        lots_sudo, patients = self._practice_get_lots_sudo(), self._practice_get_patients()
        # Also those that an upgrade has emptied: a second click finds it. Too large numbers are nobody's.
        own = Domain("partner_id", "in", patients.ids) & Domain("id", "=", min(lot_id, 2**31 - 1))
        lot_sudo = lots_sudo.search(own & lots_sudo._get_own_domain())
        product_sudo = self._practice_get_products_sudo().filtered(lambda it: it.id == product_id)
        if lot_sudo and lot_sudo._get_upgrade_products(patients, product_sudo):
            return lot_sudo, product_sudo
        return lots_sudo, product_sudo.browse()

    @http.route(
        "/my/packages/<int:lot_id>/upgrade/<int:product_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def practice_show_upgrade(self, lot_id, product_id, **kw):
        """Show what upgrading costs and gives before it does."""
        lot_sudo, product_sudo = self._practice_find_upgrade_sudo(lot_id, product_id)
        if not lot_sudo:
            return request.redirect("/my/packages")
        return self._practice_render_upgrade(lot_sudo, product_sudo)

    def _practice_render_upgrade(self, lot_sudo, product_sudo, error=None):
        upgrade = None
        try:
            upgrade = lot_sudo._preview_upgrade_on_portal(product_sudo)
        except UserError as refusal:
            error = str(refusal)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_upgrade",
            "lot": lot_sudo,
            "product": product_sudo,
            "upgrade": upgrade,
            "consequences": lot_sudo._describe_upgrade(upgrade) if upgrade else [],
            "shown": lot_sudo._get_upgrade_fingerprint(upgrade) if upgrade else "",
            "terms": lot_sudo.package_id._get_terms_fingerprint(),
            "ways": upgrade
            and lot_sudo.company_id._practice_get_portal_ways(request.env.user, upgrade.total, upgrade.currency),
            "error": error,
        }
        return request.render("practice_billing.portal_upgrade_package", values)

    @http.route(
        "/my/packages/<int:lot_id>/upgrade/<int:product_id>/order",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def practice_order_upgrade(self, lot_id, product_id, shown="", terms="", **kw):
        """Make the purchase and go to its page, which says how to pay it."""
        lot_sudo, product_sudo = self._practice_find_upgrade_sudo(lot_id, product_id)
        if not lot_sudo:
            return request.redirect("/my/packages")
        try:
            # What was begun when it is refused is undone: the page that says so is an answer like any other.
            with request.env.cr.savepoint():
                order_sudo = lot_sudo._upgrade_by_patient(request.env.user, product_sudo, shown=shown, terms=terms)
        except UserError as error:
            return self._practice_render_upgrade(lot_sudo, product_sudo, error=str(error))
        return request.redirect(f"/my/packages/orders/{order_sudo.id}")

    # === PURCHASES === #

    @http.route("/my/packages/buy/<int:product_id>/order", type="http", auth="user", website=True, methods=["POST"])
    def practice_order_package(self, product_id, patient_id=None, terms=None, way=None, booking=None, **kw):
        """Make the purchase and go to its page, which says how to go on."""
        offer = self._practice_find_offer_sudo(product_id)
        if not offer:
            return request.redirect(self._practice_make_url("/my/packages/buy", booking=booking))
        user = request.env.user
        try:
            patient = self._practice_find_patient(self._practice_get_patients(), patient_id)
            # What was begun when it is refused is undone: the page that says so is an answer like any other.
            with request.env.cr.savepoint():
                order_sudo = request.env["account.move"]._practice_order_package(
                    user, offer, patient, terms=terms or "", way=way
                )
        except UserError as error:
            return self._practice_render_offer(offer, patient_id, booking, error=str(error))
        return request.redirect(self._practice_make_url(f"/my/packages/orders/{order_sudo.id}", booking=booking))

    @http.route("/my/packages/orders/<int:invoice_id>", type="http", auth="user", website=True, methods=["GET"])
    def practice_show_order(self, invoice_id, booking=None, **kw):
        try:
            order_sudo = self._practice_find_order_sudo(invoice_id)
        except MissingError:
            return request.redirect("/my/packages")
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_order",
            "order": order_sudo._practice_prepare_portal_order(),
            "document": order_sudo,
            "booking_url": booking
            and Slot.decode(booking)
            and self._practice_make_url("/my/appointments/book/confirm", booking=booking),
            "book_url": self._practice_make_order_book_url(order_sudo),
            "restart_url": self._practice_make_url(f"/my/packages/orders/{order_sudo.id}/restart", booking=booking),
            "again_url": self._practice_make_url("/my/packages/buy", booking=booking),
            **self._practice_prepare_order_payment(order_sudo, booking),
        }
        return request.render("practice_billing.portal_package_order", values)

    def _practice_make_order_book_url(self, order_sudo):
        """Return where what was bought is booked with; nothing where it is for nobody of the login, or not booked."""
        line_sudo = order_sudo._practice_get_package_lines()[:1]
        patient, package_sudo = line_sudo._practice_get_patient(), line_sudo.practice_package_id
        if not package_sudo or patient not in self._practice_get_patients():
            return ""
        return package_sudo._get_portal_book_url(patient, self._practice_get_bookable_types_sudo())

    @http.route(
        "/my/packages/orders/<int:invoice_id>/restart", type="http", auth="user", website=True, methods=["POST"]
    )
    def practice_restart_order(self, invoice_id, booking=None, **kw):
        """Give up a payment that was begun and left, and pay anew."""
        try:
            order_sudo = self._practice_find_order_sudo(invoice_id)
        except MissingError:
            return request.redirect("/my/packages")
        order_sudo._practice_get_begun_payment()._practice_give_up()
        return request.redirect(self._practice_make_url(f"/my/packages/orders/{order_sudo.id}", booking=booking))

    def _practice_prepare_order_payment(self, order_sudo, booking):
        """Return what Odoo's payment form needs; without payment methods when there is nothing to pay."""
        partner_sudo, amount = order_sudo.partner_id, order_sudo._practice_get_order_amount()
        providers_sudo, methods_sudo, tokens_sudo = order_sudo._practice_get_payment_options()
        return {
            "mode": "payment",
            "amount": amount,
            "currency": order_sudo.currency_id,
            "partner_id": partner_sudo.id,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo,
            "tokens_sudo": tokens_sudo,
            "show_tokenize_input_mapping": self._compute_show_tokenize_input_mapping(providers_sudo),
            "transaction_route": self._practice_make_url(
                f"/my/packages/orders/{order_sudo.id}/transaction", booking=booking
            ),
            "landing_route": self._practice_make_url(f"/my/packages/orders/{order_sudo.id}", booking=booking),
            # Odoo's form sends one along; here the login is what counts.
            "access_token": "",
        }

    @http.route("/my/packages/orders/<int:invoice_id>/transaction", type="jsonrpc", auth="user", website=True)
    def practice_create_order_transaction(self, invoice_id, access_token=None, **kwargs):
        """Create the payment of a purchase; return what the provider's form needs.

        Amount, currency, payer, document and the page to land on are the purchase's, whatever the request says.

        :raises UserError: when there is nothing to pay, or when the payment method is none of those that were offered
        """
        order_sudo = self._practice_find_order_sudo(invoice_id)
        self._validate_transaction_kwargs(kwargs)
        chosen = {key: kwargs.get(key) for key in PAYMENT_KEYS}
        order_sudo._practice_check_payable()
        if not is_offered(*order_sudo._practice_get_payment_options(), **chosen):
            raise ValidationError(request.env._("This payment method is not available here. Choose another one."))
        booking = request.httprequest.args.get("booking")
        transaction_sudo = self._create_transaction(
            **chosen,
            tokenization_requested=kwargs.get("tokenization_requested"),
            amount=order_sudo._practice_get_order_amount(),
            currency_id=order_sudo.currency_id.id,
            partner_id=order_sudo.partner_id.id,
            landing_route=self._practice_make_url(f"/my/packages/orders/{order_sudo.id}", booking=booking),
            custom_create_values={"invoice_ids": [Command.set(order_sudo.ids)]},
        )
        return transaction_sudo._get_processing_values()
