import uuid
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.subscriptions.agreement.subscription import BILLED
from ..models.subscriptions.billing.invoice_facts import InvoiceFacts
from ..models.subscriptions.catalog.plan import INTERVALS

#: How far a forecast looks.
MONTHS = 12


class PracticeSubscriptionForecast(models.TransientModel):
    """The invoices of the next 12 months, from the function that makes them, as everything is today.

    What is known already is in it: seats that begin or end, prices that change, another plan that was chosen, discount
    codes, the end of a subscription, trials that will be billed. Usage that was recorded is on the next invoice; what
    will be used nobody knows. Who is suspended is not billed, and has none.
    """

    _name = "practice.subscription.forecast"
    _description = "Invoice to Come"
    _order = "date, id"
    _rec_name = "subscription_id"

    batch = fields.Char(index=True, help="What was worked out at one time.")
    subscription_id = fields.Many2one("practice.subscription", required=True, ondelete="cascade")
    organisation_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    plan_id = fields.Many2one("practice.plan", ondelete="cascade")
    interval = fields.Selection(INTERVALS, string="Billing")
    company_id = fields.Many2one("res.company", ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Invoice Date", help="A day of the company; what is late is of today.")
    date_from = fields.Date(string="From", help="First day of the period.")
    date_to = fields.Date(string="Until", help="Last day of the period.")
    seats = fields.Integer(help="Practitioners that the invoice pays for in its period.", aggregator="avg")
    amount = fields.Monetary(
        help="Without tax, in the company's currency; plans in other currencies are converted at today's rate."
    )
    problem = fields.Text(readonly=True, help="Why the invoice could not be made as everything is today.")

    # === ACTIONS === #

    @api.model
    def action_open(self):
        """Work out the forecast of the companies at work and show it."""
        return self._show(self.env["practice.subscription"].search([("company_id", "in", self.env.companies.ids)]))

    @api.model
    def _show(self, subscriptions):
        """Return the action that shows the invoices to come of ``subscriptions``."""
        batch = self._make(subscriptions)
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_forecast_action")
        return {**action, "domain": list(Domain("batch", "=", batch))}

    def action_open_source(self):
        self.ensure_one()
        return self.subscription_id.get_formview_action()

    # === MAKING === #

    @api.model
    def _make(self, subscriptions):
        """Make the rows of ``subscriptions``, those of the user; return the batch that they are found by."""
        batch, vals_list = uuid.uuid4().hex, []
        subscriptions.check_access("read")
        # sudo: seats and redemptions of what the user may see
        for company_sudo, of_company_sudo in subscriptions.sudo().grouped("company_id").items():
            facts = InvoiceFacts(company_sudo, company_sudo._practice_day())
            vals_list += of_company_sudo.with_company(company_sudo)._prepare_forecast(facts)
        self.create([{**vals, "batch": batch} for vals in vals_list])
        return batch


class PracticeSubscription(models.Model):
    """The invoices to come of a subscription."""

    _inherit = "practice.subscription"

    def action_open_forecast(self):
        return self.env["practice.subscription.forecast"]._show(self)

    def _prepare_forecast(self, facts):
        """Return the values of the invoices that these subscriptions of one company get in the next 12 months."""
        until = facts.day + relativedelta(months=MONTHS) - timedelta(days=1)
        vals_list = [
            vals
            for subscription in self.filtered(lambda it: it.state in BILLED)
            for vals in subscription._prepare_forecast_rows(facts, until)
        ]
        trials = self.filtered(lambda it: it.state == "trial" and it.activate_after_trial)
        if trials:
            # They begin, and that is taken back: the invoices are then those of any other subscription.
            with self.env.cr.savepoint() as savepoint:
                for trial in trials.with_context(tracking_disable=True):
                    trial._enter_after_trial()
                    vals_list += trial._prepare_forecast_rows(facts, until)
                savepoint.rollback()
            self.env.invalidate_all()
        return vals_list

    def _prepare_forecast_rows(self, facts, until):
        """Return the values of the invoices of this subscription for periods that begin until ``until``."""
        self.ensure_one()
        rows, known, last = [], {}, self.next_invoice_date - timedelta(days=1)
        shared = {
            "subscription_id": self.id,
            "organisation_id": self.organisation_id.id,
            "company_id": facts.company.id,
        }
        try:
            for invoice in self._make_invoices_until(until):
                rows += [{**shared, **self._prepare_forecast_vals(invoice, facts, known)}]
                last = invoice.date_to
        except UserError as error:
            day = max(last + timedelta(days=1), facts.day)
            rows += [{**shared, "plan_id": self.plan_id.id, "date": day, "problem": str(error)}]
        return rows

    def _prepare_forecast_vals(self, invoice, facts, known):
        """Return the values of one invoice.

        :param dict known: what invoices of the same lines come to; it is added to
        """
        lines = tuple((line.section, line.kind, line.quantity, line.price_unit) for line in invoice.bill.lines)
        if lines not in known:
            known[lines] = self._get_preview(invoice)["untaxed"]
        return {
            "plan_id": invoice.plan.id,
            "interval": invoice.interval,
            "date": max(invoice.date_from, facts.day),
            "date_from": invoice.date_from,
            "date_to": invoice.date_to,
            "seats": len(invoice.bill.licences),
            "amount": facts.convert(known[lines], invoice.plan.currency_id),
        }
