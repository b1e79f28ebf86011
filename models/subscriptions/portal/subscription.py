from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ....tools.pricing import usage_lines
from ..agreement.subscription import BILLED


class PracticeSubscription(models.Model):
    """What administrators of an organisation see of their subscription."""

    _inherit = "practice.subscription"

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
        credit = min(self._get_open_credit(), preview["total"])
        return {
            **preview,
            "date": format_date(self.env, max(self.next_invoice_date, self.company_id._practice_day())),
            "open_credit": credit > 0
            and self.env._(
                "%s that is open in your favour is used first.", format_amount(self.env, credit, preview["currency"])
            ),
        }

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
        if not periods:
            usages = self.env["practice.subscription.usage"]
            rows = [
                {"kind": kind.name, "quantity": f"{quantity:g}", "included": "", "amount": None}
                for kind, quantity in usages._read_group(
                    [("subscription_id", "=", self.id)], ["kind_id"], ["quantity:sum"]
                )
            ]
            blocks.append({"title": self.env._("Before the first period: free"), "rows": rows})
        return [block for block in blocks if block["rows"]]

    def _prepare_usage_block(self, period):
        # Of all that they ever used, the sums of the days of this period only.
        usages = self.env["practice.subscription.usage"]
        domain = [
            ("subscription_id", "=", self.id),
            ("date", ">=", period.date_from),
            ("date", "<=", period.service_to),
        ]
        coming = usage_lines(self._get_usage_to_bill(period.service_to, since=period.date_from))
        quantities, amounts = defaultdict(float), defaultdict(float)
        for kind, line, quantity in usages._read_group(domain, ["kind_id", "invoice_line_id"], ["quantity:sum"]):
            quantities[kind] += quantity
            amounts[kind.id] += line.price_subtotal
        for line in coming:
            amounts[line.kind] += line.amount
        rows = [
            {
                "kind": kind.name,
                "quantity": f"{quantity:g}",
                "included": f"{period.plan_id._get_usage_price(kind, period._get_price_date())[1]:g}",
                "amount": self.currency_id.round(amounts[kind.id]),
            }
            for kind, quantity in quantities.items()
        ]
        title = self.env._(
            "%(first)s – %(last)s",
            first=format_date(self.env, period.date_from),
            last=format_date(self.env, period.service_to),
        )
        return {"title": title, "rows": rows}

    def _prepare_portal_price(self):
        """Return what a practitioner costs in the paid period, or will in the first one, in words."""
        self.ensure_one()
        try:
            amount = format_amount(self.env, self._get_prices_now()["standard"], self.currency_id)
        except UserError:
            return ""
        if self._is_membership():
            if self.interval == "year":
                return self.env._("%s per member a year, without tax", amount)
            return self.env._("%s per member a month, without tax", amount)
        if self.interval == "year":
            return self.env._("%s per practitioner a year, without tax", amount)
        return self.env._("%s per practitioner a month, without tax", amount)

    def _prepare_portal_price_change(self):
        """Return in words from when on a practitioner costs something else, as far as it is known; else nothing."""
        self.ensure_one()
        try:
            change = self._get_price_change()
        except UserError:
            return ""  # the preview of the next invoice says why
        if not change:
            return ""
        if change.before["standard"] != change.after["standard"]:
            return self.plan_id._describe_price_from(change.after["standard"], change.day)
        return self.env._(
            "A student costs %(price)s from %(day)s on.",
            price=format_amount(self.env, change.after["student"], self.currency_id),
            day=format_date(self.env, change.day),
        )
