from datetime import timedelta
from functools import partial

from odoo import api, models
from odoo.tools import format_date

from ....tools.pricing import CHARGED_SECTIONS, line_licences


class PracticeSubscription(models.Model):
    """What billing does: the period, its invoice, and what follows from it, for many subscriptions of one company."""

    _inherit = "practice.subscription"

    @api.model
    def _bill(self, invoices, facts):
        """Post these :class:`~.bill.NextInvoice` of one company: the period, its invoice, and what follows from it.

        :return: the posted invoices, in the order of ``invoices``
        """
        periods, before = self._make_periods_sudo(invoices, facts), [it.subscription.period_id for it in invoices]
        vals_list = [
            invoice.subscription._prepare_invoice_vals(invoice, facts, period)
            for invoice, period in zip(invoices, periods, strict=True)
        ]
        # Before posting: what is released depends on the days that were served.
        self._advance(invoices, periods)
        moves_sudo = self.env["account.move"].sudo().with_company(facts.company)  # sudo: the run, or who may bill
        notes = [invoice.subscription._get_origin_note(invoice) for invoice in invoices]
        if any(line.origin for invoice in invoices for line in invoice.bill.lines):
            # What is given back goes to the accounts of the sale, in use or not.
            moves_sudo = moves_sudo.with_context(skip_account_deprecation_check=True)
        moves_sudo = moves_sudo._practice_bill(vals_list, notes, partial(self._note_billed, invoices, periods, before))
        for period, move in zip(periods, moves_sudo, strict=True):
            period.move_id = move
        moves_sudo._practice_send()
        return moves_sudo.sudo(self.env.su)

    @api.model
    def _note_billed(self, invoices, periods, before, moves_sudo):
        """Note which seats and which usage these documents charge.

        :param list before: the period before of each of ``invoices``
        """
        licences = []
        for invoice, period, old, move in zip(invoices, periods, before, moves_sudo, strict=True):
            move_lines = self._get_move_lines(invoice, move)
            licences += self._prepare_licences(invoice, period, old, move_lines)
            self._mark_usage_billed(invoice, period, move_lines)
        self.env["practice.subscription.licence"].sudo().create(licences)  # sudo: written by the module only

    @api.model
    def _make_periods_sudo(self, invoices, facts):
        """Create the periods."""
        periods_sudo = self.env["practice.subscription.period"].sudo()  # sudo: written by the module only
        return periods_sudo.create([invoice.subscription._prepare_period_vals(invoice, facts) for invoice in invoices])

    def _prepare_period_vals(self, invoice, facts):
        rules, redemption, plan = invoice.period, invoice.redemption, invoice.plan
        lasts = redemption and redemption.duration != "once"
        # What waits for the days of the period; a membership's money waits for visits instead.
        deferred = rules and not plan.package_id and plan.deferred_account_id
        position = facts.get_position(facts.get_partner(self))
        if deferred:
            deferred = position.map_account(deferred)
            plan._check_mapped_accounts(deferred, position)
        return {
            "subscription_id": self.id,
            "number": self.next_number,
            "kind": invoice.kind,
            "plan_id": plan.id,
            "interval": invoice.interval,
            "date_from": invoice.date_from,
            "date_to": invoice.date_to,
            "service_to": invoice.date_to,
            "base_from": rules.base_from if rules else invoice.date_from,
            "is_membership": bool(rules) and not rules.tariff.by_days,
            "price_date": invoice.price_date,
            "price_standard": rules.tariff.prices["standard"] if rules else 0.0,
            "price_student": rules.tariff.prices["student"] if rules else 0.0,
            "discount_rate": invoice.bill.discount_rate,
            "recurring_rate": invoice.bill.discount_rate if lasts else 0.0,
            "redemption_id": redemption.id if redemption else False,
            "deferred_account_id": deferred.id if deferred else False,
            "income_account_id": position.map_account(plan._get_income_account()).id if deferred else False,
        }

    @api.model
    def _get_move_lines(self, invoice, move):
        """Return ``{line of the bill: invoice line}`` of a document that was made from it."""
        ordered = self._get_ordered_lines(invoice)
        move_lines = move.invoice_line_ids.sorted("id")
        return {id(line): it for (_section, line), it in zip(ordered, move_lines, strict=True) if line}

    @api.model
    def _prepare_licences(self, invoice, period, before, move_lines):
        """Return the values of the licences that an invoice charges; additions are of the period before."""
        discounts = {line.plan: line for line in invoice.bill.lines if line.section == "discount"}
        vals_list = []
        for line in invoice.bill.lines:
            if line.section not in CHARGED_SECTIONS:
                continue
            of_period, discount = before if line.section == "addition" else period, discounts.get(line.plan)
            billed = {
                "billed_period_id": period.id,
                "invoice_line_id": move_lines[id(line)].id,
                "discount_line_id": discount and not line.inline and move_lines[id(discount)].id,
            }
            vals_list += [
                {**self._prepare_licence_vals(licence, of_period), **billed}
                for licence in line_licences([line], invoice.bill.discount_rate)
            ]
        return vals_list

    @api.model
    def _prepare_licence_vals(self, licence, period):
        return {
            "period_id": period.id,
            "company_id": period.company_id.id,  # of the period anyway; complete rows are inserted together
            "seat_id": licence.seat,
            "practitioner_id": licence.person,
            "kind": licence.kind,
            "date_from": licence.date_from,
            "price": licence.price,
            "discount_rate": licence.discount_rate,
            "is_paid_for": True,
        }

    def _advance(self, invoices, periods):
        """Move each subscription on to what comes after its invoice."""
        for invoice, period in zip(invoices, periods, strict=True):
            subscription = invoice.subscription
            vals = {"next_number": subscription.next_number + 1}
            if subscription.error:
                vals |= {"error": False, "retry_date": False}
                subscription.activity_unlink(["practice_billing.mail_activity_type_billing"])
            if invoice.period:
                if invoice.kind == "change":
                    left = subscription._get_paid_periods(invoice.date_from) | subscription.period_id
                    (left - period).sudo().service_to = invoice.until  # sudo: written by the module only
                vals |= {
                    "next_invoice_date": invoice.date_to + timedelta(days=1),
                    "period_id": period.id,
                }
                if subscription.plan_id != invoice.plan or subscription.interval != invoice.interval:
                    vals |= {"plan_id": invoice.plan.id, "interval": invoice.interval, "anchor_date": invoice.anchor}
                if subscription.pending_plan_id or subscription.pending_interval:
                    vals |= {"pending_plan_id": False, "pending_interval": False}
            elif subscription._has_ended():
                vals |= subscription._prepare_end_vals()
            subscription.sudo().write(vals)  # sudo: the run, or who may bill

    @api.model
    def _mark_usage_billed(self, invoice, period, move_lines):
        """Point each usage at the line that billed it; what is free or included at the period only."""
        if not invoice.usages:
            return
        of_usage = {line.usage: move_lines[id(line)] for line in invoice.bill.lines if line.usage}
        for rules, billed_sudo in invoice.subscription._get_usage_of_rules_sudo(invoice):
            billed_sudo.write(
                {
                    "period_id": period.id,
                    "service_period_id": billed_sudo[0].use_period_id.id,
                    "invoice_line_id": of_usage[rules].id if rules in of_usage else False,
                }
            )

    def _close_usage(self, invoice):
        """Count usage that costs nothing to the last period, when no invoice is to follow that could hold it."""
        self.ensure_one()
        for _rules, closed_sudo in self._get_usage_of_rules_sudo(invoice):
            closed_sudo.write({"period_id": self.period_id.id, "service_period_id": closed_sudo[0].use_period_id.id})

    def _get_origin_note(self, invoice):
        """Return the line in the invoice's chatter that says where it came from."""
        self.ensure_one()
        return self.env._(
            "Made from subscription %(subscription)s (%(plan)s) for %(first)s – %(last)s.",
            subscription=self._get_html_link(title=self.name),
            plan=invoice.plan.name,
            first=format_date(self.env, invoice.date_from),
            last=format_date(self.env, invoice.date_to),
        )
