from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date


class PracticeSubscription(models.Model):
    """What billing does: the period, its invoice, and what follows from it, for many subscriptions of one company."""

    _inherit = "practice.subscription"

    @api.model
    def _bill(self, invoices, facts):
        """Post these :class:`~.bill.NextInvoice` of one company: the period, its invoice, and what follows from it.

        :return: the posted invoices, in the order of ``invoices``
        """
        periods = self._make_periods_sudo(invoices, facts)
        vals_list = [
            invoice.subscription._prepare_invoice_vals(invoice, facts, period)
            for invoice, period in zip(invoices, periods, strict=True)
        ]
        # Before posting: what is released depends on the days that were served.
        self._advance(invoices, periods)
        moves_sudo = self.env["account.move"].sudo().with_company(facts.company)  # sudo: the run, or who may bill
        notes = [invoice.subscription._get_origin_note(invoice) for invoice in invoices]
        moves_sudo = moves_sudo._practice_bill(vals_list, notes)
        for invoice, period, move in zip(invoices, periods, moves_sudo, strict=True):
            period.move_id = move
            self._mark_usage_billed(invoice, period, move)
        moves_sudo._practice_send()
        return moves_sudo.sudo(self.env.su)

    @api.model
    def _make_periods_sudo(self, invoices, facts):
        """Create the periods and their licences; the additions are licences of the period before."""
        periods_sudo = self.env["practice.subscription.period"].sudo()  # sudo: written by the module only
        periods_sudo = periods_sudo.create(
            [invoice.subscription._prepare_period_vals(invoice, facts) for invoice in invoices]
        )
        licences = []
        for invoice, period in zip(invoices, periods_sudo, strict=True):
            before = invoice.subscription.period_id
            licences += [self._prepare_licence_vals(licence, before, period) for licence in invoice.bill.additions]
            licences += [self._prepare_licence_vals(licence, period, period) for licence in invoice.bill.licences]
        self.env["practice.subscription.licence"].sudo().create(licences)  # sudo: as above
        return periods_sudo

    def _prepare_period_vals(self, invoice, facts):
        rules, redemption, plan = invoice.period, invoice.redemption, invoice.plan
        lasts = redemption and redemption.duration != "once"
        # What waits for the days of the period; a membership's money waits for visits instead.
        deferred = rules and not plan.package_id and plan.deferred_account_id
        position = facts.get_position(self._get_invoice_partner())
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
            "price_date": invoice.price_date,
            "price_standard": rules.tariff.prices["standard"] if rules else 0.0,
            "price_student": rules.tariff.prices["student"] if rules else 0.0,
            "discount_rate": invoice.bill.discount_rate,
            "recurring_rate": invoice.bill.discount_rate if lasts else 0.0,
            "redemption_id": redemption.id if redemption else False,
            "deferred_account_id": position.map_account(deferred).id if deferred else False,
            "income_account_id": position.map_account(plan._get_income_account()).id if deferred else False,
        }

    @api.model
    def _prepare_licence_vals(self, licence, period, billed_with):
        return {
            "period_id": period.id,
            "billed_period_id": billed_with.id,
            "seat_id": licence.seat,
            "practitioner_id": licence.person,
            "kind": licence.kind,
            "date_from": licence.date_from,
            "price": licence.price,
            "discount_rate": licence.discount_rate or 0.0,
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
                    subscription.period_id.sudo().service_to = invoice.until  # sudo: written by the module only
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
    def _mark_usage_billed(self, invoice, period, move):
        """Point each usage at the line that billed it; what is free or included at the period only."""
        if not invoice.usages:
            return
        usages_sudo = self.env["practice.subscription.usage"].sudo()  # sudo: written by the module only
        of_usage = {
            line.usage: move_line
            for (_section, line), move_line in zip(
                self._get_ordered_lines(invoice), move.invoice_line_ids.sorted("id"), strict=True
            )
            if line and line.usage
        }
        for rules in invoice.usages:
            billed_sudo = usages_sudo.browse(rules.ids)
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
        usages_sudo = self.env["practice.subscription.usage"].sudo()  # sudo: written by the module only
        for rules in invoice.usages:
            closed_sudo = usages_sudo.browse(rules.ids)
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
