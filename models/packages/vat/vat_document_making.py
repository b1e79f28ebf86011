from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import formatLang

from ....tools.vat import sort_visits
from ...common.retry_mixin import Step


class PracticeVatDocument(models.Model):
    """Gathering the visits of a month, customer by customer, and invoicing them.

    The invoice holds what was paid for each visit, VAT inside, on the account on which that VAT waits; an entry of the
    same day settles it from there. So the account comes to 0.00, the VAT to the tax, the base to its grid, and no money
    moves.
    """

    _inherit = "practice.vat.document"

    # === RUN === #

    @api.model
    def _cron_invoice(self):
        """Gather the visits of months that are over, once a month and company, and invoice what is not invoiced yet."""
        releases_sudo = self.env["practice.revenue.release"].sudo()  # sudo: the run works for all companies
        groups = releases_sudo._read_group(releases_sudo._get_not_invoiced_domain(), ["company_id"])
        for [company_sudo] in groups:
            last = company_sudo._practice_day() + relativedelta(day=1, days=-1)
            until = company_sudo.practice_visits_invoiced_until
            if (not until or until < last) and not self._waits_for_releases(company_sudo, last):
                self.sudo()._gather(company_sudo, last)  # sudo: as above
                company_sudo.practice_visits_invoiced_until = last
        self.env["practice.retry.mixin"]._practice_run(
            [Step(self.sudo(), self._get_due_domain(), type(self)._make)]  # sudo: as above
        )

    @api.model
    def _waits_for_releases(self, company, last):
        """Return whether visits until ``last`` will be released by the next run: they belong to the same invoices."""
        releases_sudo = self.env["practice.revenue.release"].sudo()  # sudo: whether there is one
        due = Domain("company_id", "=", company.id) & Domain("state", "=", "due") & Domain("date", "<=", last)
        due &= releases_sudo._get_not_invoiced_domain() & Domain("error", "=", False)
        return bool(releases_sudo.search_count(due, limit=1))

    @api.model
    def _get_due_domain(self):
        """Return the documents that the run makes."""
        return Domain("move_ids", "=", False) & self._practice_get_ready_domain()

    @api.model
    def _invoice_until(self, company, day):
        """Gather and invoice the visits of ``company`` until ``day``, included, and what failed before.

        :return: the documents that were made or failed
        """
        self._gather(company, day)
        documents = self.search([("company_id", "=", company.id), ("move_ids", "=", False)])
        documents._make_or_set_aside()
        return documents

    def _make_or_set_aside(self):
        """Make these documents one by one, each in a savepoint; what fails says why."""
        locked = self.try_lock_for_update(allow_referencing=True)
        for document in locked.filtered(lambda it: not it.move_ids):
            document._practice_try(type(self)._make)

    # === GATHERING === #

    @api.model
    def _gather(self, company, day):
        """Gather what was released with VAT until ``day`` and stands on no document: one a customer, and one for what
        was undone after it was invoiced.

        Each release is written, so that of two runs at once one gets a serialization failure and finds nothing.

        :return: the new documents
        """
        releases = self.env["practice.revenue.release"]
        domain = releases._get_not_invoiced_domain() & Domain("company_id", "=", company.id)
        found = releases.search(domain & Domain("move_id.date", "<=", day), order="date, id")
        gathered = []
        for customer, of_customer in found.grouped("partner_id").items():
            visits = of_customer.grouped(lambda release: release._get_visit_key())
            amounts = {visit: of_visit.mapped("amount") for visit, of_visit in visits.items()}
            invoiced, credited, neither = sort_visits(amounts, rounding=company.currency_id.rounding)
            releases.union(*(visits[visit] for visit in neither)).vat_settled = True
            for kind, chosen in (("out_invoice", invoiced), ("out_refund", credited)):
                if chosen:
                    gathered.append((customer, kind, releases.union(*(visits[visit] for visit in chosen))))
        documents = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True).create(
            [
                {"company_id": company.id, "partner_id": customer.id, "kind": kind, "date": day}
                for customer, kind, _of_kind in gathered
            ]
        )
        for document, (_customer, _kind, of_kind) in zip(documents, gathered, strict=True):
            of_kind.vat_document_id = document
        return documents

    # === MAKING === #

    def _make(self):
        """Invoice and settle these documents; what is made is sent when the company says so.

        :raises UserError: when one cannot be made, with what to do
        """
        for document in self:
            document = document.with_company(document.company_id)
            words = document.with_context(lang=document.partner_id.lang or document.company_id.partner_id.lang)
            moves = self.env["account.move"].with_company(document.company_id)
            moves = moves.with_context(mail_create_nosubscribe=True)
            invoice = moves.create(words._prepare_invoice_vals())
            day = document._get_day(invoice.journal_id)
            invoice.write({**document.company_id._practice_prepare_days(day), "date": day})
            invoice._post(soft=False)
            entry = moves.create(document._prepare_settlement_vals(invoice))
            entry._post(soft=False)
            document._reconcile(invoice, entry)
            if document.company_id.practice_mail_visit_invoices:
                invoice._practice_queue_sending()

    def _get_day(self, journal):
        """Return the day of the invoice: the last one of its visits, or today when that is locked or has not come."""
        today = self.company_id._practice_day()
        locked = self.company_id._get_violated_lock_dates(self.date, True, journal)
        return today if locked else min(self.date, today)

    def _prepare_invoice_vals(self):
        """Return the values of the invoice, or the credit note, in the language of the context, but for its days."""
        invoiced = self._get_corrected_invoices()
        return {
            "move_type": self.kind,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.company_id.currency_id.id,
            "fiscal_position_id": False,
            "invoice_payment_term_id": False,
            "practice_vat_document_id": self.id,
            "reversed_entry_id": invoiced.id if len(invoiced) == 1 else False,
            "ref": ", ".join(invoiced.mapped("name")) or False,
            "narration": self.env._("Settled from credits paid in advance: nothing is to be paid."),
            "invoice_line_ids": [
                Command.create(of_visit._prepare_invoice_line_vals())
                for of_visit in self.release_ids.sorted(lambda it: (it.date, it.id))
                .grouped(lambda release: release._get_visit_key())
                .values()
            ],
        }

    def _get_corrected_invoices(self):
        """Return the invoices that a credit note takes visits back of; none for an invoice."""
        if self.kind == "out_invoice":
            return self.env["account.move"]
        keys = {release._get_visit_key() for release in self.release_ids}
        moves = self.release_ids.credit_move_id
        before = self.env["practice.revenue.release"].search(
            [
                ("credit_move_id.lot_id", "in", moves.lot_id.ids),
                ("vat_document_id.kind", "=", "out_invoice"),
                ("tax_id", "in", self.release_ids.tax_id.ids),
            ]
        )
        return before.filtered(lambda release: release._get_visit_key() in keys).vat_document_id.invoice_id.sorted("id")

    # === SETTLING === #

    def _prepare_settlement_vals(self, invoice):
        """Return the values of the entry that settles ``invoice`` from what was paid in advance.

        It takes from each account the VAT that visits brought there and what the invoice did. A cent by which the VAT
        of the invoice differs from that of its visits is revenue, or taken from it.

        :raises UserError: when it is more than rounding
        """
        currency = self.company_id.currency_id
        by_account = self.release_ids.grouped("tax_account_id")
        balances = {account: -sum(of_account.mapped("tax_amount")) for account, of_account in by_account.items()}
        for line in invoice.invoice_line_ids:
            balances[line.account_id] += line.balance
        due = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        settled = [(account, currency.round(-balance)) for account, balance in balances.items()]
        settled.append((due.account_id[:1], currency.round(-sum(due.mapped("balance")))))
        rest = currency.round(-sum(balance for _account, balance in settled))
        if currency.compare_amounts(abs(rest), currency.rounding * (1 + len(invoice.invoice_line_ids))) > 0:
            raise UserError(
                self.env._(
                    "The VAT of the invoice differs by %(amount)s from that of its visits: the rate of a tax was "
                    "changed after they took place (%(taxes)s). Give the old tax its rate back, and make a new tax for "
                    "the new one.",
                    amount=formatLang(self.env, rest, currency_obj=currency),
                    taxes=", ".join(self.release_ids.tax_id.mapped("name")),
                )
            )
        settled.append((self.release_ids[-1:].income_account_id, rest))
        words = self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)
        name = words.env._("%s, settled from credits paid in advance", invoice.name)
        return {
            "move_type": "entry",
            "journal_id": self.company_id._practice_get_release_journal().id,
            "company_id": self.company_id.id,
            "date": invoice.date,
            "ref": name,
            "practice_vat_document_id": self.id,
            "line_ids": [
                Command.create(
                    {
                        "name": name,
                        "account_id": account.id,
                        "partner_id": invoice.commercial_partner_id.id,
                        "balance": balance,
                        "analytic_distribution": False,
                        "tax_ids": [Command.clear()],
                    }
                )
                for account, balance in settled
                if balance
            ],
        }

    def _reconcile(self, invoice, entry):
        """Match the invoice with its settlement, and with what its visits brought to the account."""
        booked = self.release_ids.move_id.line_ids.filtered(
            lambda line: line.account_id in self.release_ids.tax_account_id and line.partner_id == self.partner_id
        )
        lines = (invoice.line_ids + entry.line_ids + booked).filtered(lambda line: not line.reconciled)
        for account in lines.account_id.filtered("reconcile"):
            lines.filtered(lambda line, account=account: line.account_id == account).reconcile()
