import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang

from ...common.payment_transaction import ON_ITS_WAY

_logger = logging.getLogger(__name__)

#: Days after which a purchase that nobody began to pay is deleted, and one whose payment came to nothing is cancelled.
DAYS_UNTOUCHED, DAYS_UNPAID = 7, 30

#: Unpaid purchases that My packages shows at most.
OPEN_ORDERS_SHOWN = 20


class AccountMove(models.Model):
    """A purchase on the portal is a customer invoice that knows who bought.

    It is a draft until it is paid online (Odoo posts it when the payment is done) or until the buyer asks for the
    invoice. So nothing is owed by somebody who only looked at the payment page, and what is paid late, twice or after
    the draft was cleaned away finds the document it belongs to.
    """

    _inherit = "account.move"

    practice_buyer_id = fields.Many2one(
        "res.users",
        string="Bought on the Portal By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_payment_started = fields.Datetime(
        string="Online Payment Started",
        readonly=True,
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    # === BUYING === #

    @api.model
    def _practice_order_package(self, user, offer, patient, *, way, terms="", line_vals=None):
        """Return the purchase of one unit by ``user``: the one that is open already, or a new one.

        :param user: the login that buys and pays
        :param offer: what was shown (see ``product.product._practice_get_portal_offers``)
        :param patient: who gets the credits, one of the login's; empty when it chose none
        :param str way: ``online`` (a draft, to be paid on its page) or ``invoice`` (posted and mailed)
        :param str terms: fingerprint of the terms that were agreed to
        :param dict line_vals: what else its line says, as a room above this one knows
        :raises UserError: when something is missing, when the terms are not those that were agreed to, or when the
            invoice could not be posted
        """
        if way not in offer.company._practice_get_portal_ways(user, offer.total, offer.currency):
            raise UserError(self.env._("Choose how you want to pay."))
        if not patient:
            raise UserError(self.env._("Choose for whom you buy."))
        offer.product.package_id._check_terms_agreed(terms)
        user.partner_id._practice_begin_order()
        order = self._practice_find_open_order(user, offer.product, patient, line_vals)
        if not (order and order._practice_is_still(offer)):
            order._practice_withdraw_order()
            order = self._practice_create_order_sudo(user, offer, patient, line_vals)
        if way == "invoice" and order._practice_get_order_state() == "open":
            order.action_post()
        return order

    @api.model
    def _practice_get_order_domain(self, user, *, only_open=False):
        """Return the purchases that ``user`` made on the portal; open ones are not paid, or not in full."""
        domain = Domain("practice_buyer_id", "=", user.id) & Domain("move_type", "=", "out_invoice")
        if only_open:
            domain &= Domain("state", "in", ("draft", "posted"))
            domain &= Domain("payment_state", "in", ("not_paid", "partial"))
        return domain

    @api.model
    def _practice_find_open_order(self, user, product, patient, line_vals=None):
        """Return the purchase of this product for this patient that waits for payment and says the same."""
        domain = self._practice_get_order_domain(user, only_open=True) & Domain(
            "invoice_line_ids.product_id", "=", product.id
        )
        orders_sudo = self.sudo().search(domain, order="state desc, id desc")  # sudo: of this login
        return orders_sudo.filtered(
            lambda order: (
                order._practice_get_package_lines()._practice_get_patient() == patient
                and order._practice_says(line_vals or {})
            )
        )[:1]

    def _practice_says(self, line_vals):
        """Return whether the line of this purchase says what another one is to say. A hook."""
        return not self._practice_is_upgrade()

    def _practice_is_still(self, offer):
        """Return whether this purchase can be paid although time has passed: a draft has to be what is offered now."""
        self.ensure_one()
        if self.state == "posted" or self._practice_get_order_state() == "processing":
            return True
        line = self._practice_get_package_lines()
        return (
            len(line) == 1  # staff may have changed the draft
            and self.company_id == offer.company
            and not self.currency_id.compare_amounts(self.amount_total, offer.total)
            and line.practice_package_id == offer.product.package_id
            and line.practice_terms_id == offer.product.package_id._get_terms_version_sudo()
            and line._practice_get_package_credits() == offer.credits
        )

    @api.model
    def _practice_create_order_sudo(self, user, offer, patient, line_vals=None):
        buyer = user.partner_id
        moves_sudo = self.sudo().with_company(offer.company)  # sudo: a login buys for itself what is offered to it
        moves_sudo = moves_sudo.with_context(lang=buyer.lang or self.env.lang, mail_create_nosubscribe=True)
        vals = moves_sudo._practice_prepare_package_sale_vals(offer.company, buyer, offer.product, patient=patient)
        for _create, _id, of_line in vals["invoice_line_ids"]:
            of_line.update(line_vals or {})
        order = moves_sudo.create({**vals, "practice_buyer_id": user.id, "invoice_user_id": False})
        line = order._practice_get_package_lines()
        line._practice_keep_terms(user)
        if patient != buyer:
            line.name = order.env._("%(product)s\nFor %(patient)s", product=line.name, patient=patient.name)
        order._practice_check_can_be_posted(line)
        return self.sudo().browse(order.id)  # without the buyer's language; sudo: as above

    def _practice_check_can_be_posted(self, line):
        """Have refused now, before anybody pays, what would be refused when the paid invoice is posted."""
        try:
            line._practice_prepare_credit_lot_vals()
        except UserError as error:
            _logger.error("%s cannot be sold on the portal: %s", line.product_id.display_name, error)
            raise UserError(
                self.env._("This package cannot be bought here at the moment. Please call the practice.")
            ) from error

    # === WHERE IT STANDS === #

    def _practice_get_order_state(self):
        """Return where a purchase stands.

        ``open``: a draft that can be paid or posted; ``invoiced``: posted and to be paid; ``processing``: a payment
        is under way, or has arrived and waits to be booked; ``paid``; ``cancelled``.
        """
        self.ensure_one()
        if self.payment_state in ("paid", "in_payment"):
            # sudo: what was written off is in the books
            return "paid" if self.sudo()._practice_is_paid() else "cancelled"
        transactions = self.sudo().transaction_ids  # sudo: only whether one is under way
        if any(tx.state in ON_ITS_WAY or (tx.state == "done" and not tx.is_post_processed) for tx in transactions):
            return "processing"
        if self.state == "cancel" or self.payment_state == "reversed":
            return "cancelled"
        return "invoiced" if self.state == "posted" else "open"

    def _practice_get_order_amount(self):
        """Return what is to be paid, with tax, in the invoice's currency."""
        self.ensure_one()
        return self.amount_residual if self.state == "posted" else self.amount_total

    def _practice_check_payable(self):
        """Refuse a payment of this purchase that would come to nothing, or be the second one.

        :raises UserError: when there is nothing to pay, or while another payment may take money
        """
        self.ensure_one()
        if self._practice_get_order_state() not in ("open", "invoiced"):
            raise UserError(
                self.env._("This purchase is paid, being paid or cancelled. Open My packages to see where it stands.")
            )
        self.transaction_ids._practice_check_none_is_live()

    def _practice_get_begun_payment(self):
        """Return the payment of this purchase that somebody began and has not ended, or none."""
        self.ensure_one()
        live = self.transaction_ids.filtered_domain(self.transaction_ids._practice_get_live_domain())
        return live.filtered(lambda tx: tx.state == "draft")[-1:]

    # === PAYMENT METHODS === #

    def _practice_get_payment_options(self):
        """Return providers, payment methods and saved tokens that can pay this purchase now; none when none is due."""
        self.ensure_one()
        providers_sudo = self.env["payment.provider"].sudo()  # sudo: what the payment form shows
        if self._practice_get_order_state() in ("open", "invoiced"):
            providers_sudo = self.company_id._practice_get_portal_providers_sudo(
                self.partner_id, self._practice_get_order_amount(), self.currency_id
            )
        methods_sudo = self.env["payment.method"].sudo()  # sudo: as above
        tokens_sudo = self.env["payment.token"].sudo()  # sudo: the buyer's own
        if not providers_sudo:
            return providers_sudo, methods_sudo, tokens_sudo
        methods_sudo = methods_sudo._get_compatible_payment_methods(
            providers_sudo.ids, self.partner_id.id, currency_id=self.currency_id.id
        )
        return providers_sudo, methods_sudo, tokens_sudo._get_available_tokens(providers_sudo.ids, self.partner_id.id)

    # === WHAT THE PORTAL SHOWS === #

    @api.model
    def _practice_prepare_open_orders(self, user):
        """Return what the portal shows of the purchases of ``user`` that are not paid, newest first."""
        orders_sudo = self.sudo()  # sudo: of this login
        orders_sudo = orders_sudo.search(
            self._practice_get_order_domain(user, only_open=True), order="id desc", limit=OPEN_ORDERS_SHOWN
        )
        return [
            {
                "id": line.move_id.id,
                "state": line.move_id._practice_get_order_state(),
                "product": line.product_id.display_name,
                "patient": line._practice_get_patient(),
                "due": formatLang(self.env, line.move_id._practice_get_order_amount(), currency_obj=line.currency_id),
            }
            # All lines at once, so that what they show is read at once. Codes of products are for staff.
            for line in orders_sudo.with_context(display_default_code=False)._practice_get_package_lines()
            if not line._practice_takes_back()
        ]

    @api.model
    def _practice_prepare_dues(self, user):
        """Return what the home page shows of what ``user`` has to pay: purchases, then posted invoices."""
        dues = [
            {
                "what": order["product"],
                "note": self.env._("Not finished") if order["state"] == "open" else "",
                "is_processing": order["state"] == "processing",
                "amount": order["due"],
                "url": f"/my/packages/orders/{order['id']}",
            }
            for order in self._practice_prepare_open_orders(user)
        ]
        moves_sudo = self.sudo()  # sudo: of this login; who bought on the portal is for staff
        invoices_sudo = moves_sudo.search(
            Domain("partner_id", "=", user.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("practice_buyer_id", "=", False),
            order="invoice_date_due, id",
            limit=OPEN_ORDERS_SHOWN,
        )
        return [*dues, *(invoice._practice_prepare_portal_due() for invoice in invoices_sudo)]

    def _practice_prepare_portal_due(self):
        """Return what the home page shows of this posted invoice; a hook of who knows of parts."""
        self.ensure_one()
        day = format_date(self.env, self.invoice_date_due)
        return {
            "what": self.name,
            "note": self.env._("Due on %s", day) if day else "",
            "is_processing": False,
            "amount": formatLang(self.env, self.amount_residual, currency_obj=self.currency_id),
            "url": f"/my/invoices/{self.id}?payment=True#portal_pay" if self._has_to_be_paid() else self.access_url,
        }

    def _practice_prepare_portal_order(self):
        """Return what the portal shows of this purchase."""
        self.ensure_one()
        line = self.with_context(display_default_code=False)._practice_get_package_lines()[:1]
        patient, package = line._practice_get_patient(), line.practice_package_id
        state, last = self._practice_get_order_state(), self.transaction_ids._get_last()
        may_pay, begun = state in ("open", "invoiced"), self._practice_get_begun_payment()
        owner = (patient, package)
        return {
            "id": self.id,
            "state": state,
            "product": line.product_id.display_name,
            "package": package,
            "patient": patient,
            "amount": formatLang(self.env, self.amount_total, currency_obj=self.currency_id),
            "due": formatLang(self.env, self._practice_get_order_amount(), currency_obj=self.currency_id),
            "credits": line._practice_get_package_credits() if line else 0,
            "is_upgrade": self._practice_is_upgrade(),
            "balance": self.env["practice.credit.lot"]._get_balances({owner})[owner],
            "terms": line.practice_terms_id,
            "terms_date": format_datetime(
                self.env, line.practice_terms_date, tz=self.company_id.practice_tz, dt_format="short"
            )
            if line.practice_terms_date
            else "",
            # Why the last attempt came to nothing, as long as there may be another one.
            "failed": last.state
            if may_pay and last.state in ("error", "cancel") and not last.practice_given_up
            else "",
            # When a payment was begun that keeps others out.
            "begun": begun._practice_get_begin_time() if may_pay and begun else "",
            "pending_message": last.provider_id.pending_msg if last.state == "pending" else "",
        }

    # === WHAT IS POSTED === #

    def _practice_is_sent_when_posted(self):
        """Who bought on the portal gets the invoice also when the product has no template: with Odoo's own."""
        return bool(self.sudo().practice_buyer_id) or super()._practice_is_sent_when_posted()  # sudo: only whether

    def _practice_withdraw_order(self):
        """Take back drafts that are not wanted any more; what a payment belongs to is cancelled, not deleted."""
        begun = self.filtered("transaction_ids")
        (self - begun).unlink()
        if begun:
            begun.button_cancel()

    @api.autovacuum
    def _gc_practice_abandoned_orders(self):
        """Withdraw drafts that were never paid. One with a payment that may still arrive is left alone."""
        now = fields.Datetime.now()
        drafts = Domain("practice_buyer_id", "!=", False) & Domain("state", "=", "draft")
        untouched = drafts & Domain("transaction_ids", "=", False)
        untouched &= Domain("create_date", "<", now - timedelta(days=DAYS_UNTOUCHED))
        unpaid = drafts & Domain("transaction_ids", "!=", False)
        unpaid &= Domain("create_date", "<", now - timedelta(days=DAYS_UNPAID))
        alive = Domain("state", "in", (*ON_ITS_WAY, "done"))
        alive |= Domain("last_state_change", ">=", now - timedelta(days=DAYS_UNPAID))
        unpaid &= ~Domain("transaction_ids", "any", alive)
        self.search(untouched | unpaid, limit=1000).try_lock_for_update()._practice_withdraw_order()

    def _practice_expect_payment(self):
        """Make these purchases payable, because money for them has arrived; return those that were paid before."""
        self._practice_revive_orders()
        return self.filtered(lambda order: order._practice_get_order_state() == "paid")

    def _practice_revive_orders(self):
        """Make purchases that were cleaned away drafts again, because a payment of theirs is done after all."""
        cleaned = self.filtered(lambda order: order.state == "cancel" and not order.posted_before)
        if cleaned:
            cleaned.button_draft()

    def _practice_report_paid_twice(self):
        """Ask staff to give back a payment that came in for purchases that were paid already."""
        for order in self:
            order.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Paid twice on the portal"),
                note=self.env._("A second online payment arrived. Give it back, or use it for another invoice."),
                user_id=order.company_id._practice_get_responsible().id,
            )
