from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ....tools.pricing import usage_lines
from ..agreement.subscription import BILLED, RUNNING
from ..collection.subscription_unpaid import BROKEN

#: What the banner and the list of accounts read of a subscription, in one query.
BANNER_FIELDS = (
    "organisation_id",
    "company_id",
    "state",
    "trial_end",
    "activate_after_trial",
    "end_date",
    "suspended_reason",
    "past_due_since",
    "next_invoice_date",
    "payment_token_id",
)


class Account(NamedTuple):
    """An organisation that a login runs, and what it has with a company; all with the rights to read it."""

    #: ``res.partner``
    organisation: models.BaseModel
    #: ``res.company`` that sells the subscription
    company: models.BaseModel
    #: ``practice.subscription``; empty when the organisation never had one with this company
    subscription: models.BaseModel


class ResPartner(models.Model):
    """The subscriptions that a login runs on the portal, and what it has to know of them on every page."""

    _inherit = "res.partner"

    def _get_practice_subscription(self, company):
        """Return the subscription of this organisation with ``company``: the running one, else the last one."""
        self.ensure_one()
        # sudo: the caller says for whom
        found = (
            self.env["practice.subscription"]
            .sudo()
            .search([("organisation_id", "=", self.id), ("company_id", "=", company.id)], order="id desc")
        )
        return found.filtered(lambda it: it.state in RUNNING)[:1] or found[:1]

    def _get_portal_accounts(self):
        """Return what this login runs: ``[Account, …]``.

        An organisation has an account for each running subscription with a company of the login; without any, one for
        the last subscription, or, when there never was one, for the login's own company and no subscription.
        """
        self.ensure_one()
        user, me = self.env.user, self.sudo()  # sudo: a login asks what it runs
        organisations = me.search_fetch(
            [("practice_administrator_ids", "in", self.ids)], ["name", "commercial_partner_id"], order="name, id"
        )
        if not organisations:
            return []
        subscriptions = self.env["practice.subscription"].sudo()  # sudo: searched for what the login runs
        found = subscriptions.search_fetch(
            [("organisation_id", "in", organisations.ids), ("company_id", "in", user.company_ids.ids)],
            BANNER_FIELDS,
            order="id desc",
        )
        accounts = []
        for organisation in organisations:
            of_organisation = found.filtered(lambda it, own=organisation: it.organisation_id == own)
            running = of_organisation.filtered(lambda it: it.state in RUNNING).sorted(
                lambda it: (it.company_id != user.company_id, it.company_id.id)
            )
            shown = running or of_organisation[:1]
            accounts += [Account(organisation, it.company_id, it) for it in shown] or [
                Account(organisation, user.company_id, subscriptions)
            ]
        return accounts

    # === BANNER === #

    def _get_portal_banners(self, accounts=None):
        """Return what an administrator has to do: ``[{"level", "text", "button", "url", "organisation"}]``.

        Nobody else gets any; it costs at most three queries, one for who is no administrator.
        """
        accounts = self._get_portal_accounts() if accounts is None else accounts
        if not accounts:
            return []
        waiting = self._get_checkouts_under_way(accounts)
        banners = []
        for account in accounts:
            key = account.organisation.id, account.company.id
            if key in waiting:
                banner = self._get_payment_banner(account.organisation, waiting[key])
            elif account.subscription:
                banner = account.subscription._get_portal_banner()
            else:
                text = self.env._("%s has no subscription yet. Select a plan to begin.", account.organisation.name)
                banner = {"level": "danger", "text": text, "button": "plan"}
            if banner:
                banners.append({**banner, "organisation": account.organisation, "company": account.company})
        return banners

    def _get_checkouts_under_way(self, accounts):
        """Return ``{(organisation, company): state}`` of payments that are on their way for these accounts."""
        to_pay = [
            account.organisation.id for account in accounts if account.subscription.state not in (*BILLED, "suspended")
        ]
        if not to_pay:
            return {}
        checkouts = self.env["practice.subscription.checkout"].sudo()  # sudo: of organisations that the login runs
        found = checkouts.search_fetch(
            Domain("organisation_id", "in", to_pay) & checkouts._get_under_way_domain(),
            ["organisation_id", "company_id", "state"],
        )
        return {(it.organisation_id.id, it.company_id.id): it.state for it in found}

    def _get_payment_banner(self, organisation, state):
        if state == "paid":
            text = self.env._(
                "The payment of %s has arrived. We are completing the subscription; you need not do anything.",
                organisation.name,
            )
        else:
            text = self.env._(
                "The payment of %s is being processed. The subscription begins when it has arrived; you need not do "
                "anything.",
                organisation.name,
            )
        return {"level": "info", "text": text, "button": None}

    # === MY SEAT === #

    def _get_portal_seats(self):
        """Return the seats of this login as a practitioner, now or later: nothing of colleagues, no money."""
        self.ensure_one()
        seats = self.env["practice.subscription.seat"].sudo()  # sudo: searched for the login's own
        mine = seats.search([("practitioner_id", "=", self.id)], order="date_from desc, id desc")
        return mine.filtered(lambda it: not it.date_to or it.date_to >= it.company_id._practice_day())


class PracticePlan(models.Model):
    """What organisations can choose by themselves."""

    _inherit = "practice.plan"

    @api.model
    def _get_published(self, company):
        """Return the plans that ``company`` offers on the portal, in their order."""
        # sudo: offered to everybody who may choose
        return self.sudo().search([("published", "=", True), ("company_id", "=", company.id)])

    def _prepare_portal_cards(self, interval, day):
        """Return what a card shows of each plan for periods that begin on ``day``, without tax."""
        return [
            {
                "plan": plan,
                "price": plan._get_price(interval, "standard", day),
                "student": plan._get_price(interval, "student", day),
                "usage": plan._prepare_portal_usage_prices(day),
            }
            for plan in self
        ]

    def _prepare_portal_usage_prices(self, day):
        """Return ``[(kind, unit price, included)]`` of what this plan charges beyond the licence."""
        self.ensure_one()
        rows = []
        for kind in self.usage_price_ids.kind_id.sorted(lambda it: (it.sequence, it.id)):
            price, included = self._get_usage_price(kind, day)
            rows.append((kind.name, format_amount(self.env, price, self.currency_id), f"{included:g}"))
        return rows


class PracticeSubscription(models.Model):
    """What administrators of an organisation see of their subscription."""

    _inherit = "practice.subscription"

    # === BANNER === #

    def _get_portal_banner(self):
        """Return what the organisation's administrators have to do about this subscription, or ``None``.

        :return: ``{"level", "text", "button"}``; the level is ``danger`` when the software is out of reach, else
            ``warning``; the button is ``plan``, ``pay``, ``method`` or ``None``
        """
        self.ensure_one()
        name = self.organisation_id.name
        if self.state == "trial":
            return self._get_trial_banner(name)
        if self.state == "expired":
            text = self.env._("The trial of %(name)s ended on %(day)s.", name=name, day=self._day(self.trial_end))
            return {"level": "danger", "text": text, "button": "plan"}
        if self.state == "cancelled":
            text = self.env._("The subscription of %(name)s ended on %(day)s.", name=name, day=self._day(self.end_date))
            return {"level": "danger", "text": text, "button": "plan"}
        if self.state == "suspended" and self.suspended_reason == "paused":
            text = self.env._("The subscription of %s is paused. Contact us to let it go on.", name)
            return {"level": "danger", "text": text, "button": None}
        return self._get_unpaid_banner(name)

    def _day(self, day):
        return format_date(self.env, day) if day else ""

    def _get_trial_banner(self, name):
        today = self.company_id._practice_day()
        if self.trial_end < today:
            # It has ended, and the run that notices has not come by yet.
            text = self.env._("The trial of %(name)s ended on %(day)s.", name=name, day=self._day(self.trial_end))
            return {"level": "danger", "text": text, "button": "plan"}
        left = (self.trial_end - today).days
        if left >= self.company_id.practice_trial_warning_days:
            return None
        if self.activate_after_trial:
            if self.payment_token_id:
                return None
            text = self.env._(
                "The trial of %(name)s ends on %(day)s and billing begins. No payment method is saved yet.",
                name=name,
                day=self._day(self.trial_end),
            )
            return {"level": "warning", "text": text, "button": "method"}
        text = self.env._(
            "The trial of %(name)s ends on %(day)s. Select a plan to go on without interruption.",
            name=name,
            day=self._day(self.trial_end),
        )
        return {"level": "warning", "text": text, "button": "plan"}

    def _get_unpaid_banner(self, name):
        """Return what is said about open invoices, when there are any that do not get paid by themselves."""
        moves = self._get_portal_open_invoices()
        waiting = moves.filtered(lambda move: move.practice_collection in ("scheduled", "charging", "collecting"))
        if self.state == "suspended":
            return self._get_suspended_banner(name, moves, waiting)
        broken = moves.filtered(lambda move: move.practice_collection in ("retry", *BROKEN))
        if broken:
            return self._get_collection_banner(name, broken[0])
        moves -= waiting
        if not moves:
            return None
        first, today = moves[0], self.company_id._practice_day()
        if first.invoice_date_due and first.invoice_date_due < today:
            text = self.env._(
                "An invoice of %(name)s was due on %(day)s. Pay it before %(last)s: then the subscription is "
                "suspended.",
                name=name,
                day=self._day(first.invoice_date_due),
                last=self._day(self._get_suspension_day()),
            )
            return {"level": "warning", "text": text, "button": "pay"}
        if not self.payment_token_id:
            text = self.env._(
                "%(name)s has no automatic payment method, and an invoice is due on %(day)s.",
                name=name,
                day=self._day(first.invoice_date_due),
            )
            return {"level": "warning", "text": text, "button": "method"}
        return None

    def _get_suspended_banner(self, name, moves, waiting):
        """Return what is said while the subscription is suspended because invoices are not paid."""
        if waiting:
            text = self.env._(
                "The subscription of %s is suspended. A payment is being processed; it goes on by itself when the "
                "payment has arrived.",
                name,
            )
            return {"level": "danger", "text": text, "button": None}
        text = self.env._("The subscription of %s is suspended because invoices are not paid.", name)
        return {"level": "danger", "text": text, "button": "pay" if moves else None}

    def _get_collection_banner(self, name, move):
        """Return what is said about an invoice that the saved payment method did not pay."""
        if move.practice_collection == "retry":
            text = self.env._(
                "%(invoice)s of %(name)s could not be collected. It is tried again on %(day)s; you can also pay now.",
                invoice=move.name,
                name=name,
                day=self._day(move.practice_collect_date),
            )
            return {"level": "warning", "text": text, "button": "pay"}
        text = self.env._(
            "%(invoice)s of %(name)s could not be collected. Save another payment method or pay before %(day)s: then "
            "the subscription is suspended.",
            invoice=move.name,
            name=name,
            day=self._day(self._get_suspension_day()),
        )
        # Money that was taken back says nothing about the method.
        return {
            "level": "warning",
            "text": text,
            "button": "pay" if move.practice_collection == "returned" else "method",
        }

    def _get_suspension_day(self):
        """Return the day on which a subscription that is past due, now or since long, is suspended."""
        since = self.past_due_since or self.company_id._practice_day()
        return since + timedelta(days=self.company_id.practice_grace_days)

    def _get_portal_open_invoices(self):
        """Return the invoices of this subscription that are to be paid, the most urgent first."""
        self.ensure_one()
        moves = self.env["account.move"].sudo()  # sudo: asked for an administrator of the organisation
        return moves.search_fetch(
            self._get_unpaid_domain() & Domain("practice_subscription_id", "=", self.id),
            ["name", "invoice_date_due", "amount_residual", "practice_collection", "practice_collect_date"],
            order="invoice_date_due, id",
        )

    # === BILLING PAGE === #

    def _prepare_portal_next_invoice(self):
        """Return the preview of the next invoice with its day, or why there is none."""
        self.ensure_one()
        if self.state not in BILLED:
            return None
        try:
            preview = self._get_preview(self._make_next_invoice())
        except UserError as error:
            return {"problem": str(error)}
        return {**preview, "date": format_date(self.env, max(self.next_invoice_date, self.company_id._practice_day()))}

    def _prepare_portal_seats(self):
        """Return the seats of today and later, then those that ended in the paid period; each with its consequence."""
        self.ensure_one()
        today = self.company_id._practice_day()
        since = self.period_id.date_from or today
        seats = self.seat_ids.filtered(lambda it: not it.date_to or it.date_to >= since)
        rows = [
            {
                "seat": seat,
                "name": seat.practitioner_id.name,
                "email": seat.practitioner_id.email,
                "can_invite": not seat.practitioner_id.user_ids,
                "is_student": seat.kind == "student",
                "until": format_date(self.env, seat.student_until) if seat.student_until else "",
                "from": format_date(self.env, seat.date_from),
                "to": format_date(self.env, seat.date_to) if seat.date_to else "",
                "ended": bool(seat.date_to and seat.date_to < today),
            }
            for seat in seats
        ]
        return sorted(rows, key=lambda row: (row["ended"], row["name"] or ""))

    def _prepare_portal_usage(self):
        """Return the use of this period and the last one: ``[{"title", "rows"}]``, amounts without tax."""
        self.ensure_one()
        periods = self.period_ids.filtered(lambda it: it.kind != "extras")[:2]
        blocks = [self._prepare_usage_block(period) for period in periods]
        if not periods and self.usage_ids:
            rows = [
                {"kind": kind.name, "quantity": f"{sum(usages.mapped('quantity')):g}", "included": "", "amount": None}
                for kind, usages in self.usage_ids.grouped("kind_id").items()
            ]
            blocks.append({"title": self.env._("Before the first period: free"), "rows": rows})
        return [block for block in blocks if block["rows"]]

    def _prepare_usage_block(self, period):
        usages = self.usage_ids.filtered(lambda it: period.date_from <= it.date <= period.service_to)
        rows = []
        for kind, of_kind in usages.grouped("kind_id").items():
            included = period.plan_id._get_usage_price(kind, period.date_from)[1]
            billed = sum(of_kind.invoice_line_id.mapped("price_subtotal"))
            coming = usage_lines(of_kind.filtered(lambda it: it.state == "unbilled")._to_rules())
            rows.append(
                {
                    "kind": kind.name,
                    "quantity": f"{sum(of_kind.mapped('quantity')):g}",
                    "included": f"{included:g}",
                    "amount": self.currency_id.round(billed + sum(line.amount for line in coming)),
                }
            )
        title = self.env._(
            "%(first)s – %(last)s",
            first=format_date(self.env, period.date_from),
            last=format_date(self.env, period.service_to),
        )
        return {"title": title, "rows": rows}

    def _prepare_portal_price(self):
        """Return what a practitioner costs now, in words."""
        self.ensure_one()
        day = max(self.next_invoice_date or self.company_id._practice_day(), self.company_id._practice_day())
        price = self.plan_id._get_price(self.interval, "standard", day)
        if price is None:
            return ""
        amount = format_amount(self.env, price, self.currency_id)
        if self.interval == "year":
            return self.env._("%s per practitioner a year, without tax", amount)
        return self.env._("%s per practitioner a month, without tax", amount)

    def _get_portal_invoices(self):
        """Return the posted invoices and credit notes of this organisation's subscription, the newest first."""
        self.ensure_one()
        moves = self.env["account.move"].sudo()  # sudo: asked for an administrator of the organisation
        domain = [("practice_subscription_id", "=", self.id), ("state", "=", "posted")]
        return moves.search(domain, order="invoice_date desc, id desc", limit=24)
