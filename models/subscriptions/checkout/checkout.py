from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import format_amount, mute_logger

from ...common.payment_transaction import ON_ITS_WAY
from ..agreement.subscription import BILLED
from ..catalog.plan import INTERVALS

#: Transactions whose money is on its way, or has arrived and is not followed yet.
UNDER_WAY = (*ON_ITS_WAY, "done")


class PracticeSubscriptionCheckout(models.Model):
    """What an organisation has chosen and is about to pay: plan, interval, code.

    It is a promise of a price and takes nothing by itself: the subscription begins when the payment succeeds (see
    ``checkout_completion``). Once a payment was tried the choice stays; choosing again makes another checkout.
    """

    _name = "practice.subscription.checkout"
    _description = "Checkout"
    _inherit = ["practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "organisation_id"

    organisation_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict", readonly=True)
    subscription_id = fields.Many2one(
        "practice.subscription", index="btree_not_null", ondelete="restrict", readonly=True
    )
    plan_id = fields.Many2one("practice.plan", required=True, index=True, ondelete="restrict", readonly=True)
    interval = fields.Selection(INTERVALS, string="Billing", required=True, readonly=True)
    code_id = fields.Many2one(
        "practice.discount.code", string="Discount Code", index="btree_not_null", ondelete="restrict", readonly=True
    )
    currency_id = fields.Many2one(related="plan_id.currency_id")
    amount_total = fields.Monetary(
        string="Amount", readonly=True, help="With tax, as it was shown last before the payment."
    )
    state = fields.Selection(
        [("draft", "Chosen"), ("paid", "Paid"), ("done", "Done"), ("cancelled", "Withdrawn")],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
        help="Paid: the money is there, and the subscription could not be completed yet.",
    )
    error = fields.Text(readonly=True, help="Why it could not be completed after the payment.")
    attempts = fields.Integer(readonly=True, required=True, default=0, help="Payments that were tried.")
    # Payments and saved methods belong to the system.
    transaction_ids = fields.One2many(
        "payment.transaction", "practice_checkout_id", string="Payments", groups="base.group_system"
    )
    transaction_id = fields.Many2one(
        "payment.transaction",
        string="Paid With",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="base.group_system",
    )
    token_id = fields.Many2one(
        "payment.token",
        string="Saved Method",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        groups="base.group_system",
    )
    first_day = fields.Date(readonly=True, help="First day of the period that the payment is for.")
    is_activated = fields.Boolean(readonly=True)
    move_id = fields.Many2one(
        "account.move", string="Invoice", index="btree_not_null", ondelete="set null", readonly=True
    )

    # An organisation pays one thing at a time.
    _one_open = models.UniqueIndex(
        "(organisation_id, company_id) WHERE state IN ('draft', 'paid')",
        "There is an open checkout of this organisation already. Load the page again.",
    )
    _paid_idx = models.Index("(id) WHERE state = 'paid'")

    # === CHOOSING === #

    @api.model
    def _get_open_sudo(self, organisation, company):
        """Return the open checkout of an organisation with a company, or none."""
        # sudo: asked for an administrator of the organisation
        return self.sudo().search(
            [
                ("organisation_id", "=", organisation.id),
                ("company_id", "=", company.id),
                ("state", "in", ("draft", "paid")),
            ]
        )

    @api.model
    def _get_last_checkout(self, organisation, company):
        """Return the last checkout that counts: the open one, else the one that was completed last."""
        # sudo: asked for an administrator of the organisation
        domain = [("organisation_id", "=", organisation.id), ("company_id", "=", company.id)]
        return self._get_open_sudo(organisation, company) or self.sudo().search(
            [*domain, ("state", "=", "done")], limit=1
        )

    def _get_failure(self):
        """Return why the last payment failed, in the words of the provider, or nothing when none has."""
        last_sudo = self.sudo().transaction_ids.sorted("id")[-1:]  # sudo: payments belong to the system
        if last_sudo.practice_given_up:
            return None
        if last_sudo.state == "cancel":
            return self.env._("The payment was cancelled. Nothing was charged.")
        if last_sudo.state == "error":
            return last_sudo.state_message or self.env._("The payment failed. Nothing was charged; try another method.")
        return None

    @api.model
    def _get_under_way_domain(self):
        """Return the open checkouts whose payment is on its way or could not be completed."""
        on_its_way = Domain("state", "=", "draft") & Domain("transaction_ids.state", "in", UNDER_WAY)
        return Domain("state", "=", "paid") | on_its_way

    def _is_under_way(self):
        """Return whether a payment is on its way: nothing can be chosen or paid until it has arrived or failed."""
        # sudo: payments belong to the system
        return any(it.state == "paid" or any(tx.state in UNDER_WAY for tx in it.sudo().transaction_ids) for it in self)

    @api.model
    def _start_sudo(self, organisation, company, plan, interval):
        """Return the checkout of what an administrator of the organisation chose.

        :raises AccessError: when the user is none
        :raises UserError: when a payment is under way, the subscription runs already, or the plan is not offered so
        """
        organisation._practice_check_administrator()
        checkouts_sudo = self.sudo()  # sudo: the role was checked
        checkout_sudo = checkouts_sudo._get_open_sudo(organisation, company)
        checkout_sudo._check_not_under_way()
        subscription_sudo = organisation._practice_get_subscription_sudo(company)
        if subscription_sudo.state == "suspended":
            raise UserError(self.env._("The subscription is suspended: pay what is open, or ask us to resume it."))
        if subscription_sudo.state in BILLED:
            raise UserError(self.env._("The subscription runs: change its plan instead."))
        if plan not in plan._get_published_sudo(company):
            raise UserError(self.env._("This plan is not offered. Choose another one."))
        plan._get_tariff(interval, company._practice_day())
        vals = {"subscription_id": subscription_sudo.id, "plan_id": plan.id, "interval": interval}
        if checkout_sudo and (checkout_sudo.plan_id, checkout_sudo.interval) == (plan, interval):
            checkout_sudo.subscription_id = subscription_sudo
            return checkout_sudo
        if checkout_sudo:
            vals["code_id"] = checkout_sudo._keep_code(plan).id
            return checkout_sudo._choose(vals)
        return checkouts_sudo._make({"organisation_id": organisation.id, "company_id": company.id, **vals})

    def _keep_code(self, plan):
        """Return the code that was given, when it is for ``plan`` too."""
        try:
            self.code_id._check_for(self._get_subscription_or_new(), plan) if self.code_id else None
        except UserError:
            return self.code_id.browse()
        return self.code_id

    def _choose(self, vals):
        """Return the checkout of another choice: this one, or another one once a payment of this one was tried.

        Whoever still pays what another window shows gets what it shows.
        """
        self.ensure_one()
        if not self.transaction_ids:
            self.write(vals)
            return self
        names = ("organisation_id", "company_id", "subscription_id", "plan_id", "code_id")
        kept = {name: self[name].id for name in names}
        self.state = "cancelled"
        self.flush_recordset()
        return self._make({**kept, "interval": self.interval, **vals})

    @api.model
    def _make(self, vals):
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                # What staff notes on it is not sent to the customer who made it.
                return self.with_context(mail_create_nosubscribe=True).create(vals)
        except errors.UniqueViolation as error:
            # Chosen in another window at the same instant; it is visible when the request is repeated.
            raise ConcurrencyError(str(error)) from error

    def _check_not_under_way(self):
        """Refuse a second payment.

        :raises UserError: while one is on its way, or has arrived and is being completed
        """
        if self._is_under_way():
            raise UserError(
                self.env._("A payment is being processed. You need not do anything; come back when it is done.")
            )

    def _set_code(self, name):
        """Use the discount code called ``name``; an empty one takes it away.

        :raises UserError: when it is refused
        """
        self.ensure_one()
        self.organisation_id._practice_check_administrator()
        self._check_not_under_way()
        self_sudo = self.sudo()  # sudo: the role was checked, and whoever knows a code may use it
        code_sudo = self_sudo.env["practice.discount.code"]
        if (name or "").strip():
            subscription_sudo = self_sudo._get_subscription_or_new()
            code_sudo = code_sudo._find_for_customer(name, subscription_sudo, self_sudo.plan_id, self_sudo.code_id)
        if code_sudo != self_sudo.code_id:
            self_sudo._choose({"code_id": code_sudo.id})

    def _get_subscription_or_new(self):
        """Return the subscription that is to begin; one that is not saved when there is none."""
        self.ensure_one()
        return self.subscription_id or self.env["practice.subscription"].new(self._prepare_subscription_vals())

    def _prepare_subscription_vals(self):
        today = self.company_id._practice_day()
        return {
            "organisation_id": self.organisation_id.id,
            "company_id": self.company_id.id,
            "plan_id": self.plan_id.id,
            "interval": self.interval,
            "date_start": today,
            "user_id": self._practice_get_responsible().id,
        }

    def _practice_get_responsible(self):
        self.ensure_one()
        return self.organisation_id._practice_get_subscription_responsible(self.company_id)

    # === WHAT IT COSTS === #

    def _get_preview(self):
        """Return what would be billed when the payment succeeded now, by doing it and taking it back.

        :return: ``{"due", "next", "first_day", "total", "currency"}``: the preview of the invoice of today (``None``
            when nothing is due yet), that of the next one, its first day, and what is to be paid now, with tax
        :raises UserError: when the plan has no price for the interval, or the code is refused
        """
        self.ensure_one()
        self_sudo = self.sudo().with_context(tracking_disable=True, mail_notrack=True)  # sudo: what the user may order
        self_sudo = self_sudo.with_company(self_sudo.company_id)
        with self.env.cr.savepoint() as savepoint:
            # With a name it takes no number of the sequence.
            subscription_sudo = self_sudo._begin_chosen_sudo(name=self.env._("New"))
            today = self_sudo.company_id._practice_day()
            invoice = subscription_sudo._make_next_invoice()
            preview = subscription_sudo._get_preview(invoice)
            first_day = invoice.date_from
            del preview["invoice"]
            savepoint.rollback()
        is_due = first_day <= today
        return {
            "due": preview if is_due else None,
            "next": None if is_due else preview,
            "first_day": first_day,
            # A credit stays with the invoice: nothing is paid out here.
            "total": max(preview["total"], 0.0) if is_due else 0.0,
            "currency": preview["currency"],
        }

    def _check_ready(self):
        """Refuse to take money for what could not be invoiced to this customer, or is offered no more.

        :raises UserError: when the address is not complete, or the plan was taken off
        """
        self.ensure_one()
        if self.plan_id not in self.plan_id._get_published_sudo(self.company_id):
            raise UserError(self.env._("This plan is not offered any more. Choose another one."))
        subscription = self._get_subscription_or_new()
        subscription._check_address(subscription._get_invoice_partner())

    def _refresh_amount(self):
        """Keep what is to be paid as it is now, and return its preview; see :meth:`_get_preview`."""
        self.ensure_one()
        preview = self._get_preview()
        if self.currency_id.compare_amounts(self.amount_total, preview["total"]):
            self.sudo().amount_total = preview["total"]  # sudo: kept with the preview that is shown
        return preview

    def _begin_payment(self):
        """Let one payment begin, of what was shown.

        :return: what is to be paid, with tax, in the currency of the plan; 0.0: only the method is to be saved
        :raises AccessError: when the user is no administrator of the organisation
        :raises UserError: while another payment may take money, when the checkout is not open, something is missing,
            terms are not agreed to, or the amount is no longer what was shown
        """
        self.ensure_one()
        self.organisation_id._practice_check_administrator()
        self_sudo = self.sudo()  # sudo: the role was checked
        self_sudo._check_not_under_way()
        self_sudo._get_payments_sudo()._practice_check_none_is_live()
        if self_sudo.state != "draft":
            raise UserError(self.env._("This was paid or withdrawn already. Load the page again."))
        self_sudo._check_ready()
        self.organisation_id._practice_check_terms(self_sudo.company_id, self_sudo.plan_id)
        shown, total = self_sudo.amount_total, self_sudo._get_preview()["total"]
        if self_sudo.currency_id.compare_amounts(shown, total):
            raise UserError(
                self.env._(
                    "The amount has changed from %(shown)s to %(now)s. Load the page again.",
                    shown=format_amount(self.env, shown, self_sudo.currency_id),
                    now=format_amount(self.env, total, self_sudo.currency_id),
                )
            )
        return total

    def _count_payment(self):
        """Count a payment that begins; two windows at once meet on this row before a provider is asked.

        :raises UserError: while another payment of this organisation may take money
        """
        self.ensure_one()
        self_sudo = self.sudo()  # sudo: whoever may begin a payment
        self_sudo.attempts += 1
        self_sudo.flush_recordset()
        self_sudo._check_not_under_way()
        self_sudo._get_payments_sudo()._practice_check_none_is_live()

    def _get_payments_sudo(self):
        """Return all payments of this organisation to this company, of this checkout and of those before it."""
        self.ensure_one()
        transactions_sudo = self.env["payment.transaction"].sudo()  # sudo: payments belong to the system
        return transactions_sudo.search(
            [
                ("practice_checkout_id.organisation_id", "=", self.organisation_id.id),
                ("practice_checkout_id.company_id", "=", self.company_id.id),
                ("state", "in", ("draft", *ON_ITS_WAY)),
            ],
            order="id",
        )

    def _get_begun_payment_sudo(self):
        """Return the payment that somebody of this organisation began and has not ended, or none."""
        payments_sudo = self._get_payments_sudo()
        live_sudo = payments_sudo.filtered_domain(payments_sudo._practice_get_live_domain())
        return live_sudo.filtered(lambda it: it.state == "draft")[-1:]

    def _start_over(self):
        """Give up what was begun to be paid, so that another payment can begin.

        :raises AccessError: when the user is no administrator of the organisation
        """
        self.ensure_one()
        self.organisation_id._practice_check_administrator()
        self._get_payments_sudo()._practice_give_up()

    def _finish_without_payment(self, token):
        """Begin the subscription when nothing is to be paid now and a method is saved already.

        :param token: the saved method of the organisation that later invoices are collected with
        :raises UserError: when something is to be paid after all, and see :meth:`_begin_payment`
        """
        if self._begin_payment():
            raise UserError(self.env._("Something is to be paid. Load the page again."))
        self_sudo = self._as_system_sudo()
        self_sudo.token_id = token
        self_sudo._take("paid")
        self_sudo._try_complete()
