from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, format_date

from ....tools.client import notification
from ..agreement.subscription import BILLED
from .invoice_facts import InvoiceFacts
from .subscription_statistics import MANY

#: Subscriptions that one transaction of the run bills.
BATCH_SIZE = 200

#: Subscriptions that a person bills while waiting; more are left to the run in the background.
INTERACTIVE = 200


class PracticeSubscription(models.Model):
    """The billing run: claims what is due, bills it in batches, sets aside what fails, and can be cut anywhere.

    A batch is one transaction: periods, invoices, numbers and the next date are committed together or not at all.
    Several workers share the work, because claimed rows are skipped; the period's number stops whoever is late.
    """

    _inherit = "practice.subscription"

    error = fields.Text(readonly=True, copy=False, help="Why the last billing run could not bill it.")
    retry_date = fields.Date(readonly=True, copy=False, help="A failed invoice is tried again from this day on.")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    is_overdue_to_bill = fields.Boolean(
        compute="_compute_is_overdue_to_bill", search="_search_is_overdue_to_bill", string="Due But Not Billed"
    )
    # What the run searches: company by company, oldest period first.
    _due_idx = models.Index("(company_id, next_invoice_date, id) WHERE state IN ('active', 'past_due')")

    # What the overview counts.
    _failed_idx = models.Index("(company_id) WHERE error IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("period_ids.move_ids")
    def _compute_invoice_count(self):
        # sudo: a number; the button opens what the user may see.
        moves_sudo = self.env["account.move"].sudo()
        groups = moves_sudo._read_group(
            [("practice_subscription_id", "in", self.ids)], ["practice_subscription_id"], ["__count"]
        )
        counts = {subscription.id: count for subscription, count in groups}
        for subscription in self:
            subscription.invoice_count = counts.get(subscription.id, 0)

    @api.depends("state", "next_invoice_date")
    def _compute_is_overdue_to_bill(self):
        for subscription in self:
            day = subscription.next_invoice_date
            subscription.is_overdue_to_bill = bool(
                day and subscription.state in BILLED and day <= subscription.company_id._practice_day()
            )

    def _search_is_overdue_to_bill(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain.OR(
            self._get_due_domain(company, company._practice_day(), retry=True) for company in self.env.companies
        )
        return domain if True in value else ~domain

    # === DUE === #

    @api.model
    def _get_due_domain(self, company, day, retry=False):
        """Return what ``company`` bills on ``day``: due, and not set aside by a failure (unless ``retry``)."""
        domain = Domain("company_id", "=", company.id) & Domain("state", "in", BILLED)
        domain &= Domain("next_invoice_date", "<=", day)
        return domain if retry else domain & self._practice_get_retry_domain(day)

    @api.model
    def _get_all_due_domain(self):
        """Return what is due today in each company, whose day depends on its time zone."""
        # sudo: the run works for all companies
        companies_sudo = self.env["res.company"].sudo().search([])
        return Domain.OR(self._get_due_domain(company, company._practice_day()) for company in companies_sudo)

    @api.model
    def _claim_due_sudo(self, limit):
        """Return up to ``limit`` due subscriptions, oldest period first, whose rows nobody else holds.

        One statement finds and locks them, so it has to be the first one after a commit.
        """
        # sudo: the run works for all companies
        for company in self.env["res.company"].sudo().search([]):
            domain = self._get_due_domain(company, company._practice_day())
            query = self.sudo()._search(domain, order="next_invoice_date, id", limit=limit)
            rows = self.env.execute_query(SQL("%s FOR NO KEY UPDATE SKIP LOCKED", query.select()))
            if rows:
                return self.sudo().browse(row_id for [row_id] in rows)
        return self.sudo().browse()

    # === RUN === #

    @api.model
    def _cron_bill(self, batch_size=BATCH_SIZE):
        """Bill all that is due, missed periods oldest first, committing each batch."""
        cron, conflicts = self.env["ir.cron"], 0
        while True:
            try:
                batch_sudo = self._claim_due_sudo(batch_size)
                if not batch_sudo:
                    break
                if len(batch_sudo) >= MANY:
                    self._ensure_statistics()
                batch_sudo._bill_or_set_aside()
                remaining = self.sudo().search_count(self._get_all_due_domain())  # sudo: the run
                self.env.flush_all()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody changed what was claimed; what they did is visible after the rollback.
                self.env.cr.rollback()
                self.env.invalidate_all()
                conflicts += 1
                if conflicts > 20:
                    raise
                continue
            conflicts = 0
            if not cron._commit_progress(len(batch_sudo), remaining=remaining):
                break
        self.env["account.move"]._practice_send_ready()

    def _bill_or_set_aside(self, day=None):
        """Bill the next period of each of these subscriptions; those that fail keep the reason and wait a day.

        :param date day: the invoice date; today by default
        :return: the posted invoices
        """
        moves, me = self.env["account.move"], type(self)
        for company, of_company in self.grouped("company_id").items():
            facts, invoices = InvoiceFacts(company, day or company._practice_day()), {}
            for subscription in of_company.with_company(company):
                for invoice in subscription._practice_try(partial(me._make_billable, facts=facts), writes=False):
                    if invoice.bill.lines:
                        invoices[subscription] = invoice
                    else:
                        subscription._practice_try(partial(me._end_unbilled, invoice=invoice))
            ready = self.browse().union(*invoices).with_company(company)
            parts = ready._practice_try(partial(me._bill_these, invoices=invoices, facts=facts))
            moves = moves.union(*parts)
        return moves

    def _make_billable(self, facts):
        """Return the next invoice of this subscription; one with lines can be billed.

        :raises UserError: when it cannot
        """
        invoice = self._make_next_invoice()
        if invoice.bill.lines:
            self._check_billable(invoice, facts)
        return invoice

    def _end_unbilled(self, invoice):
        """End a subscription whose last day is over and that has nothing left to bill."""
        self._close_usage(invoice)
        self._enter(**self._prepare_end_vals())

    def _bill_these(self, invoices, facts):
        return self._bill([invoices[subscription] for subscription in self], facts)

    # === WHEN IT FAILS === #

    def _practice_tell(self, reason):
        """Make it an activity on each of these subscriptions, in place of the last one."""
        result = super()._practice_tell(reason)
        self._practice_untell()
        for subscription in self.sudo():  # sudo: the run, or who may bill
            subscription.activity_schedule(
                "practice_billing.mail_activity_type_billing",
                summary=self.env._("Subscription could not be billed"),
                note=reason,
                user_id=subscription._practice_get_responsible().id,
            )
        return result

    def _practice_untell(self):
        result = super()._practice_untell()
        self.sudo().activity_unlink(["practice_billing.mail_activity_type_billing"])  # sudo: as above
        return result

    # === BY HAND === #

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {
            **action,
            "domain": [("practice_subscription_id", "=", self.id)],
            "context": {"create": False, "default_move_type": "out_invoice"},
        }

    def action_bill(self):
        """Bill what is due of these subscriptions now; many are left to the run in the background."""
        self._check_may_bill()
        if len(self) > INTERACTIVE:
            self.filtered("retry_date").sudo().write({"retry_date": False, "error": False})  # sudo: checked above
            self.env.ref("practice_billing.ir_cron_bill").sudo()._trigger()  # sudo: checked above
            message = self.env._("Billed in the background, subscriptions: %s.", len(self))
            return self._follow_billing(notification(message, "info"), self.env["account.move"])
        moves = self._bill_now()
        failed = self.filtered("error")
        if not moves and not failed:
            coming = min(self.filtered("next_invoice_date").mapped("next_invoice_date"), default=None)
            if not coming:
                return notification(self.env._("There is nothing to bill."), "info")
            message = self.env._("Nothing is due; the next invoice is of %s.", format_date(self.env, coming))
            return notification(message, "info")
        message = self.env._("Invoices posted: %s.", len(moves))
        if failed:
            message += " " + self.env._("Failed: %(count)s. %(error)s", count=len(failed), error=failed[0].error)
        return self._follow_billing(notification(message, "danger" if failed else "success", moves), moves)

    def _follow_billing(self, answer, moves):
        """Return what is shown after *Bill Now*: ``answer``, unless a room above shows more.

        :param moves: the invoices that were made at once; none when the run in the background makes them
        """
        return answer

    def _bill_now(self):
        """Bill everything of these subscriptions that is due today, missed periods too, in this transaction.

        :return: the posted invoices
        """
        moves, due_sudo = self.env["account.move"], self._filter_due_sudo()
        while billed := due_sudo.try_lock_for_update(allow_referencing=True)._bill_or_set_aside():
            moves |= billed
            due_sudo = due_sudo._filter_due_sudo().filtered(lambda it: not it.error)
        return moves.sudo(False)

    def _bill_first(self):
        """Bill what is due before something that follows from the paid period.

        :raises UserError: when it cannot be billed
        """
        self.ensure_one()
        due_sudo = self._filter_due_sudo()
        due_sudo._bill_now()
        if due_sudo.error:
            raise UserError(due_sudo.error)

    def _filter_due_sudo(self):
        """Return those of these subscriptions that have a period to bill today."""
        # sudo: asked by those who may bill
        return self.sudo().filtered(
            lambda it: it.state in BILLED and it.next_invoice_date <= it.company_id._practice_day()
        )

    def action_bill_extras(self):
        """Bill additions and usage until today without waiting for the next period."""
        self._check_may_bill()
        moves = self._bill_extras()
        if not moves:
            return notification(self.env._("There are no additions and no usage to bill."), "info")
        return moves.get_formview_action()

    def _bill_extras(self, credit_from=None):
        """Make the invoice of additions and usage until today; see ``_make_extras_invoice``.

        :return: the posted invoice, or none when there is nothing on it
        :raises UserError: when it cannot be billed
        """
        self.ensure_one()
        self_sudo = self.sudo().with_company(self.company_id)  # sudo: asked by those who may bill
        day = self_sudo.company_id._practice_day()
        invoice = self_sudo._make_extras_invoice(min(day, self_sudo.end_date or day), credit_from)
        if not invoice.bill.lines:
            if self_sudo.end_date and self_sudo.end_date <= day:
                self_sudo._close_usage(invoice)
            return self.env["account.move"]
        facts = InvoiceFacts(self_sudo.company_id, day)
        self_sudo._check_billable(invoice, facts)
        return self_sudo._bill([invoice], facts).sudo(False)
