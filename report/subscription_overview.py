from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..models.collecting.account_move import BROKEN, ON_THE_WAY
from .subscription_mrr import MOVEMENTS

#: Days before its end from which a trial is on the overview.
TRIAL_DAYS = 7

#: Months of the picture, the running one included.
MONTHS = 12


class PracticeSubscriptionOverview(models.AbstractModel):
    """What the overview of subscriptions shows, of the companies that the user has chosen and with their own rights.

    Amounts are for who may read recurring revenue, in the currency of their company at today's rate; others see counts.
    """

    _name = "practice.subscription.overview"
    _description = "Overview of Subscriptions"

    @api.model
    @api.readonly
    def get_cards(self):
        """Return what waits for somebody, and what the user may do about it when there is nothing yet.

        A card has a ``count``, an ``amount`` or ``None``, a ``tone`` (``danger`` or ``warning`` when there is
        something) and the ``action`` that opens exactly what was counted.
        """
        subscriptions = self.env["practice.subscription"]
        return {
            "started": bool(subscriptions.search_count([], limit=1)),
            "plans": bool(self.env["practice.plan"].search_count([], limit=1)),
            "may_plan": self.env["practice.plan"].has_access("create"),
            "may_subscribe": subscriptions.has_access("create"),
            "money": self._may_see_money(),
            "currency_id": self.env.company.currency_id.id,
            "cards": [*self._get_subscription_cards(), *self._get_collection_cards(), self._get_usage_card()],
        }

    @api.model
    @api.readonly
    def get_revenue(self):
        """Return recurring revenue of the last months and the value of unbilled usage; nothing for who may not.

        Both are computed from all periods and all unbilled usage, which takes longer than the cards.
        """
        if not self._may_see_money():
            return False
        months = self._get_months()
        return {
            "months": months,
            "mrr": months[-1]["mrr"],
            "arr": 12 * months[-1]["mrr"],
            "change": months[-1]["change"],
            "seats": months[-1]["seats"],
            "usage_amount": self._get_usage_amount(),
            "action": self._get_action("practice_subscription_mrr_action"),
            "movement_action": self._get_action("practice_subscription_mrr_action_movement"),
        }

    # === CARDS === #

    @api.model
    def _get_subscription_cards(self):
        """Return the cards that count subscriptions."""
        action = self._get_action("practice_subscription_action")
        cards = []
        for key, name, note, tone, domain in self._get_card_kinds():
            count = self.env["practice.subscription"].search_count(domain)
            cards.append(
                {
                    "key": key,
                    "name": name,
                    "note": note,
                    "count": count,
                    "amount": self._get_amount(key, domain) if count else None,
                    "tone": tone if count else "",
                    "action": {**action, "name": name, "display_name": name, "domain": list(domain), "context": {}},
                }
            )
        return cards

    @api.model
    def _get_card_kinds(self):
        """Return ``[(key, title, explanation, tone, domain)]`` in the order of the page."""
        due = self.env["practice.subscription"]._get_due_domain
        day = timedelta(days=1)
        return [
            (
                "late",
                self.env._("Due But Not Billed"),
                self.env._("The day of the invoice has passed"),
                "danger",
                self._for_companies(lambda company, today: due(company, today - day, retry=True)),
            ),
            (
                "failed",
                self.env._("Failed"),
                self.env._("The last run could not bill them"),
                "danger",
                Domain("error", "!=", False),
            ),
            (
                "due",
                self.env._("Due Today"),
                self.env._("The next run bills them"),
                "",
                self._for_companies(
                    lambda company, today: due(company, today, retry=True) & Domain("next_invoice_date", "=", today)
                ),
            ),
            (
                "past_due",
                self.env._("Past Due"),
                self.env._("An invoice is overdue"),
                "warning",
                Domain("state", "=", "past_due"),
            ),
            (
                "suspended",
                self.env._("Suspended"),
                self.env._("Paused or not paid"),
                "",
                Domain("state", "=", "suspended"),
            ),
            (
                "trials",
                self.env._("Trials Ending"),
                self.env._("Within %s days", TRIAL_DAYS),
                "",
                self._for_companies(
                    lambda _company, today: (
                        Domain("state", "=", "trial") & Domain("trial_end", "<=", today + timedelta(days=TRIAL_DAYS))
                    )
                ),
            ),
            (
                "ending",
                self.env._("Ending"),
                self.env._("Cancelled, until the paid period is over"),
                "",
                Domain("is_running", "=", True) & Domain("end_date", "!=", False),
            ),
        ]

    @api.model
    def _for_companies(self, make):
        """Return a domain that is made for each company with its own today."""
        return Domain.OR(
            Domain("company_id", "=", company.id) & make(company, company._practice_day())
            for company in self.env.companies
        )

    @api.model
    def _get_amount(self, key, domain):
        """Return the amount of a card: what is overdue, or the monthly revenue of what is ending or suspended."""
        if not self._may_see_money():
            return None
        subscriptions = self.env["practice.subscription"]
        if key == "past_due":
            overdue = subscriptions._get_overdue_domain() & Domain("practice_subscription_id", "any", domain)
            groups = self.env["account.move"]._read_group(overdue, ["company_id"], ["amount_residual_signed:sum"])
            return self._convert((company.currency_id, amount) for company, amount in groups)
        if key in ("suspended", "ending"):
            paid = subscriptions._search(domain).subselect("period_id")
            groups = self.env["practice.subscription.period"]._read_group(
                [("id", "in", paid)], ["plan_id"], ["mrr:sum"]
            )
            return self._convert((plan.currency_id, amount) for plan, amount in groups)
        return None

    @api.model
    def _get_collection_cards(self):
        """Return the cards that count invoices: which nobody has got, and which are collected automatically."""
        cards, action, moves = [], self._get_action("account_move_action_collection"), self.env["account.move"]
        mine = Domain("company_id", "in", self.env.companies.ids) & Domain("practice_subscription_id", "!=", False)
        for key, name, note, tone, domain in (
            (
                "not_sent",
                self.env._("Not Sent"),
                self.env._("Nobody has got these invoices"),
                "danger",
                self._for_companies(moves._practice_get_not_sent_domain),
            ),
            (
                "broken",
                self.env._("Payments Failed"),
                self.env._("Failed, refused or returned"),
                "danger",
                mine & Domain("practice_collection", "in", BROKEN),
            ),
            (
                "expected",
                self.env._("Payments Expected"),
                self.env._("Charged soon, or at the bank"),
                "",
                mine & Domain("practice_collection", "in", ON_THE_WAY),
            ),
        ):
            groups = moves._read_group(domain, ["company_id"], ["__count", "amount_residual_signed:sum"])
            count = sum(number for _company, number, _amount in groups)
            money = [(company.currency_id, amount) for company, _number, amount in groups]
            cards.append(
                {
                    "key": key,
                    "name": name,
                    "note": note,
                    "count": count,
                    "amount": self._convert(money) if count and self._may_see_money() else None,
                    "tone": tone if count else "",
                    "action": {**action, "name": name, "display_name": name, "domain": list(domain), "context": {}},
                }
            )
        return cards

    @api.model
    def _get_usage_card(self):
        """Return the card of unbilled usage; its amount comes with the revenue."""
        [[count]] = self.env["practice.subscription.usage"]._read_group(
            [("state", "=", "unbilled")], aggregates=["__count"]
        )
        report = "practice_unbilled_usage_action" if self._may_see_money() else None
        return {
            "key": "usage",
            "name": self.env._("Unbilled Usage"),
            "note": self.env._("Waits for the next invoices"),
            "count": count,
            "amount": None,
            "tone": "",
            "action": self._get_action(report or "practice_subscription_usage_action_unbilled"),
        }

    # === REVENUE === #

    @api.model
    def _get_months(self):
        """Return the last months, oldest first: ``month`` (its name), ``mrr``, ``change``, ``seats`` and movements."""
        last = max(company._practice_day() for company in self.env.companies).replace(day=1)
        starts = [last - relativedelta(months=number) for number in reversed(range(MONTHS))]
        names = ("mrr", "change", "seats", *MOVEMENTS.values())
        months = {start: dict.fromkeys(names, 0.0) for start in starts}
        groups = self.env["practice.subscription.mrr"]._read_group(
            [("date", ">=", starts[0]), ("company_id", "in", self.env.companies.ids)],
            ["date:month", "kind", "currency_id"],
            ["mrr:sum", "change:sum", "seats:sum"],
        )
        for start, kind, currency, mrr, change, seats in groups:
            month, change = months[start], self._convert([(currency, change)])
            month["mrr"] += self._convert([(currency, mrr)])
            month["change"] += change
            month["seats"] += seats
            if kind in MOVEMENTS:
                month[MOVEMENTS[kind]] += change
        rounded = self.env.company.currency_id.round
        return [
            {
                "month": format_date(self.env, start, date_format="MMM yyyy"),
                **{name: rounded(value) for name, value in month.items()},
            }
            for start, month in months.items()
        ]

    @api.model
    def _get_usage_amount(self):
        usage = self.env["practice.unbilled.usage"]
        groups = usage._read_group([], ["currency_id"], ["amount:sum"])
        return self._convert(groups)

    # === HELPERS === #

    @api.model
    def _may_see_money(self):
        return self.env["practice.subscription.mrr"].has_access("read")

    @api.model
    def _convert(self, amounts):
        """Return the sum of ``(currency, amount)`` in the currency of the user's company, at today's rate."""
        company = self.env.company
        today = company._practice_day()
        return company.currency_id.round(
            sum(currency._convert(amount, company.currency_id, company, today) for currency, amount in amounts)
        )

    @api.model
    def _get_action(self, name):
        return self.env["ir.actions.act_window"]._for_xml_id(f"practice_billing.{name}")
