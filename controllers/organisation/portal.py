from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .account import OrganisationAccount, of_account

#: What the form of billing details sends, and where it is kept: with the organisation, or with its invoice address.
ORGANISATION_FIELDS = ("name", "vat", "practice_buyer_reference")
ADDRESS_FIELDS = ("street", "street2", "zip", "city", "country_id", "email")

#: Without what no invoice is sent.
REQUIRED = ("street", "city", "country_id", "email")


class OrganisationPortal(OrganisationAccount):
    """The subscription of an organisation, for its administrators; a practitioner's own seat."""

    # === HOME === #

    @http.route()
    def home(self, **kw):
        """Show administrators first how their subscriptions stand."""
        response = super().home(**kw)
        user = request.env.user
        if user._is_portal():
            accounts = user.partner_id._practice_get_portal_accounts()
            banners = user.partner_id._practice_get_portal_banners(accounts)
            response.qcontext.update(
                practice_accounts=accounts,
                practice_banners=banners,
                practice_homes=user.partner_id._practice_prepare_portal_homes(accounts, banners),
            )
        return response

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        partner = request.env.user.partner_id
        if "practice_subscription_count" in counters:
            values["practice_subscription_count"] = len(partner._practice_get_portal_accounts())
        if "practice_seat_count" in counters:
            values["practice_seat_count"] = len(partner._practice_get_portal_seats())
        return values

    @http.route("/my/seat", type="http", auth="user", website=True, readonly=True)
    def practice_show_seats(self, **kw):
        """Show practitioners their own seat: no money, no colleagues."""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_seat",
            "seats": request.env.user.partner_id._practice_get_portal_seats(),
        }
        return request.render("practice_billing.portal_my_seat", values)

    # === BILLING === #

    @http.route("/my/subscription", type="http", auth="user", website=True)
    @of_account()
    def practice_show_subscription(self, account, /, **kw):
        organisation_sudo, subscription_sudo = account.organisation, account.subscription
        administrators_sudo = organisation_sudo.practice_administrator_ids
        values = self._practice_prepare_account_values(
            account,
            seats=subscription_sudo._prepare_portal_seats() if subscription_sudo else [],
            usage=subscription_sudo._prepare_portal_usage() if subscription_sudo else [],
            preview=subscription_sudo._prepare_portal_next_invoice() if subscription_sudo else None,
            administrators=administrators_sudo,
            candidates=organisation_sudo._practice_get_contacts() - administrators_sudo,
        )
        return request.render("practice_billing.portal_my_subscription", values)

    @http.route("/my/subscription/portal", type="http", auth="user", website=True)
    @of_account()
    def practice_show_billing(self, account, /, **kw):
        """Show billing details, invoices, payment methods and plan."""
        subscription_sudo = account.subscription
        invoices_sudo = subscription_sudo._get_portal_invoices() if subscription_sudo else []
        years = subscription_sudo._get_portal_invoice_years() if subscription_sudo else []
        values = self._practice_prepare_account_values(
            account,
            section="portal",
            address=self._practice_get_address_sudo(account),
            # With the document's own key: an administrator need not be a contact of the organisation.
            invoices=[(move, move.get_portal_url()) for move in invoices_sudo],
            has_terms=account.organisation._practice_has_terms(account.company, subscription_sudo.plan_id),
            more=sum(count for _year, count in years) > len(invoices_sudo),
            tokens=subscription_sudo._portal_get_tokens() if subscription_sudo else [],
        )
        return request.render("practice_billing.portal_billing", values)

    @http.route("/my/subscription/pay", type="http", auth="user", website=True)
    @of_account(needs_subscription=True, otherwise="/my/subscription/portal")
    def practice_pay_invoice(self, account, /, **kw):
        """Go to the invoice that is to be paid, or to all of them when there are several."""
        moves_sudo = account.subscription._get_portal_open_invoices()
        if len(moves_sudo) == 1:
            return request.redirect(moves_sudo.get_portal_url())
        return self._practice_redirect(f"/my/subscription/{'open' if moves_sudo else 'portal'}", account)

    # === BILLING DETAILS === #

    def _practice_get_address_sudo(self, account):
        """Return the contact that invoices go to."""
        subscription_sudo = account.subscription.new({"organisation_id": account.organisation.id})
        return subscription_sudo._get_invoice_partner()

    @http.route("/my/subscription/details", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account()
    def practice_change_details(self, account, /, back="portal", **kw):
        """Show and change name, VAT number, address and e-mail address for invoices."""
        address_sudo = self._practice_get_address_sudo(account)
        organisation_sudo = account.organisation.commercial_partner_id
        problems = []
        if request.httprequest.method == "POST":
            problems = self._practice_save_details(organisation_sudo, address_sudo, kw)
            if not problems:
                self._practice_say(request.env._("Your billing details are saved."))
                return self._practice_redirect(
                    f"/my/subscription/{'checkout' if back == 'checkout' else 'portal'}", account
                )
        entered = {name: kw[name] for name in (*ORGANISATION_FIELDS, *ADDRESS_FIELDS) if name in kw}
        kept = {name: organisation_sudo[name] for name in ORGANISATION_FIELDS}
        kept |= {name: address_sudo[name] for name in ADDRESS_FIELDS if name != "country_id"}
        kept["country_id"] = str(address_sudo.country_id.id or "")
        values = self._practice_prepare_account_values(
            account,
            section="details",
            details={name: value or "" for name, value in {**kept, **entered}.items()},
            problems=problems,
            countries=request.env["res.country"].sudo().search([]),  # sudo: a list of names
            vat_is_fixed=bool(organisation_sudo.vat) and not organisation_sudo.can_edit_vat(),
            login=address_sudo._practice_get_other_login_sudo(),
            back=back if back == "checkout" else "portal",
        )
        return request.render("practice_billing.portal_details", values)

    def _practice_save_details(self, organisation_sudo, address_sudo, form):
        """Keep billing details as Odoo's own address page would; return what is wrong with them."""
        values = {name: (form.get(name) or "").strip() for name in (*ORGANISATION_FIELDS, *ADDRESS_FIELDS)}
        country = values["country_id"]
        values["country_id"] = int(country) if country.isdecimal() else False
        own = {name: values.pop(name) for name in ORGANISATION_FIELDS}
        if organisation_sudo.vat and not organisation_sudo.can_edit_vat():
            own.pop("vat")
        try:
            with request.env.cr.savepoint():
                problems = self._practice_find_problems(organisation_sudo, address_sudo, own, values)
                if not problems:
                    organisation_sudo.write(own)
                    address_sudo.write(values)
                    request.env.flush_all()
        except UserError as error:
            problems = [str(error)]
        return problems

    def _practice_find_problems(self, organisation_sudo, address_sudo, own, values):
        """Return what Odoo says about each record that is written: whose it is, what may not change, VAT, e-mail."""
        organisation_sudo._practice_check_administrator()
        if not address_sudo._can_be_edited_by_current_customer(practice_organisation=organisation_sudo):
            return [request.env._("Contact us to change this address.")]
        if address_sudo == organisation_sudo:
            return self._practice_ask_odoo(organisation_sudo, {**values, **own}, ("name", *REQUIRED))
        # What the VAT number is checked with.
        country_id = organisation_sudo.country_id.id or values["country_id"]
        return [
            *self._practice_ask_odoo(organisation_sudo, {**own, "country_id": country_id}, ("name",), whole=False),
            *self._practice_ask_odoo(address_sudo, dict(values), REQUIRED),
        ]

    def _practice_ask_odoo(self, partner_sudo, values, required, whole=True):
        """Return what Odoo's address page would say about writing ``values``.

        :param bool whole: whether they are a whole address, of which more may be required in some countries
        """
        _invalid, missing, messages = self._validate_address_values(
            values, partner_sudo, "invoice", False, ",".join(required)
        )
        if missing:
            # Odoo's last message says that something is missing, ours what.
            messages.pop()
        labels = [
            partner_sudo._fields[name]._description_string(request.env)
            for name in sorted(missing)
            if whole or name in required
        ]
        return [*messages, request.env._("Missing: %s.", ", ".join(labels))] if labels else messages

    def _validate_address_values(self, address_values, partner_sudo, *args, **kwargs):
        """Keep the e-mail address of a login of a subscribing organisation, on Odoo's own address page too."""
        invalid, missing, messages = super()._validate_address_values(address_values, partner_sudo, *args, **kwargs)
        if partner_sudo.commercial_partner_id and partner_sudo.commercial_partner_id._practice_is_subscriber():
            problem = partner_sudo._practice_find_email_problem(address_values)
            if problem:
                # Before Odoo's last message, which says that something is missing.
                messages.insert(0, problem)
                invalid.add("email")
        return invalid, missing, messages

    def _prepare_address_data(self, partner_sudo, **kwargs):
        """Show the addresses of a subscribing organisation on Odoo's page to whom they are shown elsewhere."""
        data = super()._prepare_address_data(partner_sudo, **kwargs)
        return {
            name: value.filtered(lambda it: it.with_user(request.env.user).has_access("read"))
            if name in ("billing_addresses", "delivery_addresses")
            else value
            for name, value in data.items()
        }

    # === ADMINISTRATORS === #

    @http.route("/my/subscription/administrators", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_change_administrators(self, account, /, contact="", remove=None, invite=None, **kw):
        """Let another contact of the organisation run it too, take one off the list, or invite one."""
        organisation_sudo = account.organisation
        administrators_sudo = organisation_sudo.practice_administrator_ids
        people_sudo = organisation_sudo._practice_get_contacts() | administrators_sudo
        person_sudo = people_sudo.filtered(lambda it: str(it.id) == contact)
        if remove:
            self._practice_try(
                lambda: organisation_sudo._practice_remove_administrator(person_sudo),
                request.env._("%s is no longer an administrator.", person_sudo.name),
            )
        elif invite:
            self._practice_try(
                lambda: organisation_sudo._practice_invite_contact(person_sudo, account.company),
                request.env._(
                    "An invitation goes to the e-mail address, unless we know it already; then we get in touch."
                ),
            )
        else:
            self._practice_try(
                lambda: organisation_sudo._practice_add_administrator(person_sudo),
                request.env._("%s is an administrator now.", person_sudo.name),
            )
        return self._practice_redirect("/my/subscription", account)
