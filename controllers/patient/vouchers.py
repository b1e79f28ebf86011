from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Command, Date, Domain
from odoo.http import request

from .shop import PatientShop

#: What a buyer says of a gift.
GIFT_FIELDS = ("receiver_name", "receiver_email", "message", "send_date")


class PatientVouchers(PatientShop):
    """Patients buy packages for somebody else, see what became of their gifts, and redeem the code of a voucher.

    A gift is looked for among those that the login gave, a voucher by its code alone; looking for codes is slowed down.
    """

    # === BUYING === #

    @http.route(
        "/my/packages/buy/<int:product_id>/gift", type="http", auth="user", website=True, methods=["GET"], readonly=True
    )
    def practice_show_gift_offer(self, product_id, **kw):
        """Show the form that asks for whom it is."""
        offer = self._practice_find_offer_sudo(product_id)
        if not offer:
            return request.redirect("/my/packages/buy")
        return self._practice_render_gift(offer)

    def _practice_render_gift(self, offer, said=None, error=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_shop",
            "offer": offer,
            "said": said or {},
            "ways": offer.company._practice_get_portal_ways(request.env.user, offer.total, offer.currency),
            "terms": offer.product.package_id._get_terms_fingerprint(),
            "months": offer.company.practice_voucher_months,
            "today": offer.company._practice_day(),
            "error": error,
        }
        return request.render("practice_billing.portal_buy_gift", values)

    @http.route(
        "/my/packages/buy/<int:product_id>/gift/order", type="http", auth="user", website=True, methods=["POST"]
    )
    def practice_order_gift(self, product_id, terms=None, way=None, **kw):
        """Make the purchase and go to its page, which says how to go on."""
        offer, user = self._practice_find_offer_sudo(product_id), request.env.user
        if not offer:
            return request.redirect("/my/packages/buy")
        said = {name: (kw.get(name) or "").strip() for name in GIFT_FIELDS}
        try:
            gift = self._practice_read_gift(said)
            # What was begun when it is refused is undone: the page that says so is an answer like any other.
            with request.env.cr.savepoint():
                order_sudo = request.env["account.move"]._practice_order_package(
                    user,
                    offer,
                    user.partner_id,
                    terms=terms or "",
                    way=way,
                    line_vals={"practice_voucher_ids": [Command.create(gift)]},
                )
        except UserError as error:
            return self._practice_render_gift(offer, said, error=str(error))
        return request.redirect(f"/my/packages/orders/{order_sudo.id}")

    def _practice_read_gift(self, said):
        """Return the values of the voucher of what a form says.

        :raises UserError: when it does not say for whom, or the day is none
        """
        if not said["receiver_name"]:
            raise UserError(request.env._("Say for whom the gift is."))
        try:
            day = Date.to_date(said["send_date"])
        except ValueError:
            raise UserError(request.env._("Choose the day on which it is sent, or leave it empty.")) from None
        return {**said, "send_date": day if said["receiver_email"] else False}

    # === GIVEN === #

    def _practice_get_vouchers_sudo(self):
        return request.env["practice.gift.voucher"].sudo()  # sudo: searched by buyer, or by the code that somebody has

    @http.route("/my/packages/gifts", type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def practice_show_gifts(self, **kw):
        vouchers_sudo = self._practice_get_vouchers_sudo()
        given_sudo = vouchers_sudo.search(vouchers_sudo._get_given_domain(request.env.user.partner_id))
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_gifts",
            "gifts": given_sudo._prepare_given(),
            "can_buy": bool(self._practice_get_products_sudo()),
        }
        return request.render("practice_billing.portal_my_gifts", values)

    @http.route(
        "/my/packages/gifts/<int:voucher_id>/print",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def practice_print_gift(self, voucher_id, **kw):
        """Return the card of a voucher that the login gave and that can be redeemed."""
        vouchers_sudo = self._practice_get_vouchers_sudo()
        own = vouchers_sudo._get_given_domain(request.env.user.partner_id)
        # Larger numbers than the database knows are nobody's.
        own &= Domain("id", "=", min(voucher_id, 2**31 - 1)) & Domain("state", "=", "open")
        voucher_sudo = vouchers_sudo.search(own)
        if not voucher_sudo or voucher_sudo._find_problem():
            return request.redirect("/my/packages/gifts")
        report_sudo = request.env["ir.actions.report"].sudo()  # sudo: a voucher of the login
        pdf, _kind = report_sudo._render_qweb_pdf("practice_billing.action_report_gift_voucher", voucher_sudo.ids)
        name = request.env._("Gift voucher %s", voucher_sudo.name)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", http.content_disposition(f"{name}.pdf")),
        ]
        return request.make_response(pdf, headers)

    # === REDEEMING === #

    @http.route("/my/packages/redeem", type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def practice_show_redeem(self, code="", **kw):
        """Show the form; a code in the address is only filled in."""
        return self._practice_render_redeem(code)

    def _practice_render_redeem(self, code, voucher_sudo=None, error=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_redeem",
            "code": code,
            "found": voucher_sudo and voucher_sudo._prepare_found(),
            "patients": self._practice_get_patients(),
            "error": error,
        }
        return request.render("practice_billing.portal_redeem", values)

    def _practice_find_voucher_sudo(self, code):
        """Return ``(voucher, why there is none)``; whoever guesses is slowed down."""
        attempts_sudo = request.env["practice.code.attempt"].sudo()  # sudo: counters that nobody sees
        who = request.env.user.partner_id, request.httprequest.remote_addr
        vouchers_sudo = self._practice_get_vouchers_sudo()
        if until := attempts_sudo._count(*who):
            return vouchers_sudo, request.env._("Too many codes were tried. Try again after %s.", until)
        voucher_sudo = vouchers_sudo._find_by_code(code)
        if not voucher_sudo:
            return voucher_sudo, request.env._("There is no voucher with this code. Compare it with the card.")
        attempts_sudo._forgive(*who)
        return voucher_sudo, None

    @http.route("/my/packages/redeem/look", type="http", auth="user", website=True, methods=["POST"])
    def practice_look_at_voucher(self, code="", **kw):
        """Show what a code stands for, before anything happens."""
        voucher_sudo, error = self._practice_find_voucher_sudo(code)
        return self._practice_render_redeem(code, voucher_sudo, error)

    @http.route("/my/packages/redeem/confirm", type="http", auth="user", website=True, methods=["POST"])
    def practice_redeem_voucher(self, code="", patient_id=None, **kw):
        """Give the credits to a patient of the login, or say why not."""
        voucher_sudo, error = self._practice_find_voucher_sudo(code)
        if not voucher_sudo:
            return self._practice_render_redeem(code, voucher_sudo, error)
        patient = self._practice_find_patient(self._practice_get_patients(), patient_id)
        try:
            if not patient:
                raise UserError(request.env._("Choose who gets the credits."))
            with request.env.cr.savepoint():
                voucher_sudo._redeem(patient, at="portal")
        except UserError as problem:
            return self._practice_render_redeem(code, voucher_sudo, str(problem))
        return request.redirect("/my/packages?message=redeemed")
