from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ...collecting.account_move import UNPAID
from ..billing.invoice_batch import BATCH_KEY


class AccountMove(models.Model):
    """What customers have open in their favour pays the invoices of subscriptions before anybody charges them.

    It is looked for when an invoice is posted and before each attempt to charge it. What fits is what Odoo itself would
    propose on the invoice: posted, of the same customer, company, account and currency. At no other time, because
    somebody may have taken a payment off an invoice on purpose.
    """

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        # sudo: whoever posts it; the batch of a billing run does not hold what is entered here
        posted.sudo().with_context(**{BATCH_KEY: None})._practice_use_open_credit()
        return posted

    def _practice_make_due_attempt(self):
        self._practice_use_open_credit()
        return super()._practice_make_due_attempt()

    # === USING IT === #

    def _practice_use_open_credit(self):
        """Reconcile these invoices, the one due first before the others, with what their customers have open.

        What goes wrong is noted on the invoice, which is then as open as it was.
        """
        invoices = self.filtered(
            lambda move: (
                move.practice_subscription_id
                and move.move_type == "out_invoice"
                and move.state == "posted"
                and move.payment_state in UNPAID
                and move.practice_collection not in ("charging", "collecting")
                and move.company_id.practice_use_open_credit
            )
        )
        if not invoices:
            return
        lines = self.env["account.move.line"]
        lines.flush_model()  # what posting changed of them is written at once, not first what the search asks for
        domain = self._practice_get_open_credit_domain(
            invoices.commercial_partner_id, invoices.company_id, invoices.currency_id
        )
        found = lines.search(domain, order="date, id").grouped(
            lambda line: (line.partner_id, line.company_id, line.currency_id)
        )
        for invoice in invoices.sorted(lambda move: (move.invoice_date_due, move.id)) if found else ():
            credit = found.get((invoice.commercial_partner_id, invoice.company_id, invoice.currency_id), lines)
            # Who pays at this moment pays what was open when the page was opened.
            if credit and not invoice._practice_is_being_paid():
                invoice._practice_try(
                    partial(type(self)._practice_reconcile_credit, credit=credit),
                    set_aside=type(self)._practice_note_unused_credit,
                )

    @api.model
    def _practice_get_open_credit_domain(self, partners, companies, currencies):
        """Return the journal items that are open in favour of ``partners``, commercial ones.

        Not what goes back to them: a credit note whose money is being returned.
        """
        going_back = Domain("move_id.practice_refund_method", "in", ("provider", "payment"))
        return (
            Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("partner_id", "in", partners.ids)
            & Domain("company_id", "in", companies.ids)
            & Domain("currency_id", "in", currencies.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("balance", "<", 0)
            & ~going_back
        )

    def _practice_reconcile_credit(self, credit):
        """Pay this invoice with the journal items ``credit``, as far as they go."""
        self.ensure_one()
        due = self._practice_get_receivable_lines().filtered(lambda line: not line.reconciled)
        usable = credit.filtered(lambda line: not line.reconciled and line.account_id in due.account_id)
        before = self.amount_residual
        if not usable:
            return
        (due + usable).reconcile()
        used = before - self.amount_residual
        self._message_log(
            body=self.env._(
                "%(amount)s that was open in favour of %(customer)s pays this invoice: %(documents)s",
                amount=format_amount(self.env, used, self.currency_id),
                customer=self.commercial_partner_id.display_name,
                documents=", ".join((due.matched_credit_ids.credit_move_id & usable).move_id.mapped("display_name")),
            )
        )

    def _practice_note_unused_credit(self, reason):
        self._message_log(body=self.env._("The open credit of the customer could not be used: %s", reason))

    # === TELLING === #

    def _notify_by_email_prepare_rendering_context(self, message, *args, **kwargs):
        """Say in the heading of e-mails what of the invoice is paid already, below its amount."""
        context = super()._notify_by_email_prepare_rendering_context(message, *args, **kwargs)
        move_sudo = self.sudo()  # sudo: whoever writes about the invoice
        if move_sudo.practice_subscription_id and move_sudo.payment_state == "partial":
            words = self.env._(
                "Of this, %(paid)s is paid already; %(left)s is left.",
                paid=format_amount(self.env, self.amount_total - self.amount_residual, self.currency_id),
                left=format_amount(self.env, self.amount_residual, self.currency_id),
            )
            context["subtitles"] = [*context.get("subtitles", ()), words]
        return context
