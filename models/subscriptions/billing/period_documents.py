from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ....tools.charges import unused_amount
from ....tools.periods import share_by_days


class PracticeSubscriptionPeriod(models.Model):
    """A period follows its documents: which invoice stands, which seats are paid, whether a change of plan holds."""

    _inherit = "practice.subscription.period"

    # === FOLLOWING === #

    def _follow_documents(self, documents):
        """Follow documents of these periods that were posted or withdrawn after the periods were billed.

        :param documents: invoices and credit notes
        """
        for document in documents.filtered(lambda it: it.state == "posted" and it.move_type == "out_invoice"):
            period = document.practice_period_id
            # Odoo's "Reverse and Create Invoice": the new one is the invoice of the period from now on.
            if period.move_id != document and period.state in ("missing", "credited"):
                period.move_id = document
        for period in self.filtered(lambda it: it.kind == "change"):
            period._follow_change()
        lines = documents.line_ids.filtered("practice_period_id")
        # sudo: written by the module only
        licences_sudo = self.env["practice.subscription.licence"].sudo()
        licences_sudo.search([("invoice_line_id", "in", (lines | lines.practice_origin_id).ids)])._follow_lines()

    def _follow_change(self):
        """Let the period before a change end with it, or go on to its paid end when the change does not stand any more.

        What was paid for those days is then not given back, and waits for them.
        """
        self.ensure_one()
        subscription = self.subscription_id
        before = subscription.period_ids.filtered(
            lambda it: it.kind != "extras" and it.number < self.number and it.date_to >= self.date_from
        ).sorted("number")
        last = min(filter(None, (before[-1:].date_to, subscription.end_date)), default=None)
        if self.state in ("draft", "billed"):
            for period in before.filtered(lambda it: it.service_to >= self.date_from):
                period.service_to = self.date_from - timedelta(days=1)
        elif subscription.period_id == self and last and before[-1:].service_to < last:
            before[-1:].service_to = last
        before._plan_releases()

    # === BILLING AGAIN === #

    def action_bill_again(self):
        """Open a draft with the same lines for a period whose invoice was cancelled, until the last day served.

        :raises UserError: when the period has an invoice, or nothing of it was served
        """
        self.ensure_one()
        self.subscription_id._check_may_bill()
        cancelled = self.move_id or self.move_ids.filtered(lambda move: move.state == "cancel")[:1]
        if self.state != "missing" or not cancelled:
            raise UserError(
                self.env._(
                    "Only a period whose invoice was cancelled can be billed again. Cancel the invoice first; a "
                    "credited invoice stays credited, make a new one by hand when it is needed."
                )
            )
        # sudo: the accountant and the administrator may; the period itself is written by the module only
        period_sudo, cancelled_sudo = self.sudo(), cancelled.sudo()
        period_sudo._check_held(cancelled_sudo)
        shares = {line: period_sudo._prepare_served_vals(line) for line in cancelled_sudo.invoice_line_ids}
        copy_sudo = cancelled_sudo.with_context(include_business_fields=True).copy({"invoice_date": False})
        old_lines_sudo = cancelled_sudo.invoice_line_ids.sorted("id")
        for old, new in zip(old_lines_sudo, copy_sudo.invoice_line_ids.sorted("id"), strict=True):
            usage = period_sudo.usage_ids.filtered(lambda it, old=old: it.invoice_line_id == old)
            usage.invoice_line_id = new
            if shares[old]:
                new.write(shares[old])
        period_sudo.move_id = copy_sudo
        period_sudo._follow_documents(copy_sudo)
        copy_sudo.message_post(body=self.env._("Billed again instead of %s.", cancelled.display_name))
        return copy_sudo.sudo(False).get_formview_action()

    def _is_credit_line(self, line):
        """Return whether a line of an invoice of this period gives back what another invoice billed."""
        origin = line.practice_origin_id
        return bool(origin) and origin.move_id.practice_period_id != self

    def _check_held(self, cancelled):
        """Refuse to credit a second time what was given back since the invoice was cancelled.

        :raises UserError: naming the period that holds less by now
        """
        credits = cancelled.invoice_line_ids.filtered(self._is_credit_line)
        for period, lines in credits.grouped("practice_period_id").items():
            rounding = period.currency_id.rounding
            held = {charge.line: charge for charge in period._get_charges()}
            of_origin = {(line.practice_origin_id or line).id: held[line.id] for line in lines.browse(held)}
            for line in lines.filtered(lambda it: it._practice_get_net() < 0):
                charge = of_origin.get(line.practice_origin_id.id)
                unused = unused_amount(charge, line.practice_date_from, rounding) if charge else 0.0
                if -line._practice_get_net() > max(unused, 0.0):
                    raise UserError(
                        self.env._(
                            "%(invoice)s gave back %(amount)s for unused days of %(period)s, of which only %(unused)s "
                            "is left by now. Make the invoice by hand, or change the plan again.",
                            invoice=cancelled.display_name,
                            amount=format_amount(self.env, -line._practice_get_net(), period.currency_id),
                            period=period.display_name,
                            unused=format_amount(self.env, max(unused, 0.0), period.currency_id),
                        )
                    )

    def _prepare_served_vals(self, line):
        """Return what differs on the repeated line, because the period was not served to its end."""
        period, first, last = line.practice_period_id, line.practice_date_from, line.practice_date_to
        if not period or period.is_membership or not last or last <= period.service_to or self._is_credit_line(line):
            return {}
        price = line.quantity * line.price_unit * (1 - line.discount / 100)
        unused_from = max(first, period.service_to + timedelta(days=1))
        unused = share_by_days(price, first, last, unused_from, rounding=period.currency_id.rounding)
        me = self.with_context(lang=line.move_id.partner_id.lang or self.env.lang)
        served = format_date(me.env, period.service_to)
        return {
            "name": line.name + "\n" + me.env._("Until %s only, the last day that was served.", served),
            "quantity": 1,
            "discount": 0,
            "price_unit": period.currency_id.round(price - unused),
            "practice_date_to": max(first, period.service_to),
        }
