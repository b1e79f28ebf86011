from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .account import OrganisationAccount, of_account

#: What the form of billing details sends, and where it is kept: with the organisation, or with its invoice address.
ORGANISATION_FIELDS = ("name", "vat")
ADDRESS_FIELDS = ("street", "street2", "zip", "city", "country_id", "email")


class OrganisationPortal(OrganisationAccount):
    """The subscription of an organisation, for its administrators; a practitioner's own seat."""

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        partner = request.env.user.partner_id
        if "practice_subscription_count" in counters:
            values["practice_subscription_count"] = len(partner._get_portal_accounts())
        if "practice_seat_count" in counters:
            values["practice_seat_count"] = len(partner._get_portal_seats())
        return values

    @http.route("/my/seat", type="http", auth="user", website=True)
    def practice_show_seats(self, **kw):
        """Show a practitioner his own seat: no money, no colleagues."""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_seat",
            "seats": request.env.user.partner_id._get_portal_seats(),
        }
        return request.render("practice_billing.portal_my_seat", values)

    # === BILLING === #

    @http.route("/my/subscription", type="http", auth="user", website=True)
    @of_account()
    def practice_show_subscription(self, account, /, **kw):
        organisation, subscription = account.organisation, account.subscription
        administrators = organisation.sudo().practice_administrator_ids  # sudo: an organisation that the login runs
        values = self._practice_prepare_account_values(
            account,
            seats=subscription._prepare_portal_seats() if subscription else [],
            usage=subscription._prepare_portal_usage() if subscription else [],
            preview=subscription._prepare_portal_next_invoice() if subscription else None,
            administrators=administrators,
            candidates=organisation._get_practice_contacts() - administrators,
        )
        return request.render("practice_billing.portal_my_subscription", values)

    @http.route("/my/subscription/portal", type="http", auth="user", website=True)
    @of_account()
    def practice_show_billing(self, account, /, **kw):
        """Show billing details, invoices, payment methods and plan."""
        subscription = account.subscription
        invoices = subscription._get_portal_invoices() if subscription else []
        values = self._practice_prepare_account_values(
            account,
            section="portal",
            address=self._practice_get_address_sudo(account),
            # With the document's own key: an administrator need not be a contact of the organisation.
            invoices=[(move, move.get_portal_url()) for move in invoices],
            tokens=subscription._portal_get_tokens() if subscription else [],
        )
        return request.render("practice_billing.portal_billing", values)

    @http.route("/my/subscription/pay", type="http", auth="user", website=True)
    @of_account(needs_subscription=True, otherwise="/my/subscription/portal")
    def practice_pay_invoice(self, account, /, **kw):
        """Go to the invoice that is to be paid first."""
        moves = account.subscription._get_portal_open_invoices()
        return request.redirect(moves[0].get_portal_url() if moves else "/my/subscription/portal")

    # === BILLING DETAILS === #

    def _practice_get_address_sudo(self, account):
        """Return the contact that invoices go to."""
        subscriptions = request.env["practice.subscription"].sudo()  # sudo: of an organisation that the login runs
        return subscriptions.new({"organisation_id": account.organisation.id})._get_invoice_partner()

    @http.route("/my/subscription/details", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account()
    def practice_change_details(self, account, /, back="portal", **kw):
        """Show and change name, VAT number, address and e-mail address for invoices."""
        address = self._practice_get_address_sudo(account)
        organisation = account.organisation.commercial_partner_id
        problems = []
        if request.httprequest.method == "POST":
            problems = self._practice_save_details(organisation, address, kw)
            if not problems:
                self._practice_say(request.env._("Your billing details are saved."))
                return self._practice_redirect(
                    f"/my/subscription/{'checkout' if back == 'checkout' else 'portal'}", account
                )
        entered = {name: kw[name] for name in (*ORGANISATION_FIELDS, *ADDRESS_FIELDS) if name in kw}
        kept = {name: organisation[name] for name in ORGANISATION_FIELDS}
        kept |= {name: address[name] for name in ADDRESS_FIELDS if name != "country_id"}
        kept["country_id"] = str(address.country_id.id or "")
        values = self._practice_prepare_account_values(
            account,
            section="details",
            details={name: value or "" for name, value in {**kept, **entered}.items()},
            problems=problems,
            countries=request.env["res.country"].sudo().search([]),  # sudo: a list of names
            vat_is_fixed=bool(organisation.vat) and not organisation.can_edit_vat(),
            back=back if back == "checkout" else "portal",
        )
        return request.render("practice_billing.portal_details", values)

    def _practice_save_details(self, organisation, address, form):
        """Keep billing details as Odoo's own address page would; return what is wrong with them."""
        values = {name: (form.get(name) or "").strip() for name in (*ORGANISATION_FIELDS, *ADDRESS_FIELDS)}
        country = values["country_id"]
        values["country_id"] = int(country) if country.isdecimal() else False
        own = {name: values.pop(name) for name in ORGANISATION_FIELDS}
        if organisation.vat and not organisation.can_edit_vat():
            own.pop("vat")
        checked = {**own, "country_id": values["country_id"]}
        required = "name,street,city,country_id,email"
        try:
            with request.env.cr.savepoint():
                problems = self._practice_find_problems(organisation, {**values, **checked}, required)
                if not problems:
                    organisation.sudo().write(own)  # sudo: an organisation that the login runs
                    address.sudo().write(values)  # sudo: as above
                    request.env.flush_all()
        except UserError as error:
            problems = [str(error)]
        return problems

    def _practice_find_problems(self, organisation, values, required):
        """Return what Odoo says about an address: VAT number, e-mail, what may not change once invoices were made."""
        organisation._check_practice_administrator()
        me = organisation.sudo()  # sudo: the role was checked
        _invalid, missing, messages = self._validate_address_values(values, me, "invoice", False, required)
        labels = [organisation._fields[name]._description_string(request.env) for name in sorted(missing)]
        if labels:
            # Odoo's last message says that something is missing, ours what.
            messages[-1] = request.env._("Missing: %s.", ", ".join(labels))
        return messages

    # === ADMINISTRATORS === #

    @http.route("/my/subscription/administrators", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_change_administrators(self, account, /, contact="", remove=None, invite=None, **kw):
        """Let another contact of the organisation run it too, take one off the list, or invite one."""
        organisation = account.organisation
        administrators = organisation.sudo().practice_administrator_ids  # sudo: an organisation that the login runs
        people = (organisation._get_practice_contacts() | administrators).sudo()  # sudo: the organisation's own
        person = people.filtered(lambda it: str(it.id) == contact)
        if remove:
            self._practice_try(
                lambda: organisation._remove_practice_administrator(person),
                request.env._("%s is no longer an administrator.", person.name),
            )
        elif invite:
            self._practice_try(
                lambda: organisation._invite_practice_contact(person, account.company),
                request.env._(
                    "An invitation goes to the e-mail address, unless it has a login already; then we get in touch."
                ),
            )
        else:
            self._practice_try(
                lambda: organisation._add_practice_administrator(person),
                request.env._("%s is an administrator now.", person.name),
            )
        return self._practice_redirect("/my/subscription", account)
