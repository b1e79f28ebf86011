from collections import defaultdict
from dataclasses import dataclass, replace

from odoo import api, models
from odoo.fields import Command
from odoo.tools import format_date, frozendict

from ...tools.dates import first_open_day


@dataclass(frozen=True)
class ReleaseLine:
    """What of an entry is booked on one account for one reason, and whose it is.

    :param dict vals: values of the journal item, but for what differs by customer
    :param tuple parts: ``(customer, amount, label)``, a debit positive, in ``currency``; at least one
    :param currency: the company's
    """

    vals: dict
    parts: tuple
    currency: object

    def prepare_vals_list(self):
        """Return the values of a journal item for each customer."""
        return [
            {**self.vals, "partner_id": customer.id, "balance": amount, "name": label}
            for customer, amount, label in self.parts
        ]

    def whole(self):
        """Return this line with all its amount in one part, which is nobody's when there are several customers."""
        [customer, first, label], *others = self.parts
        if not others:
            return self
        total = self.currency.round(first + sum(amount for _customer, amount, _label in others))
        return replace(self, parts=((customer.browse(), total, label),))


class PracticeRevenueRelease(models.Model):
    """How releases become a journal entry: one per company, day and journal, two lines per package and customer.

    The entry explains itself in the language of the company: its reference names the month, the label of a line says
    what was given, on which days, and how much of it. What differs in an account has lines of its own; what does not is
    told in one label, so that lines stay few.
    """

    _inherit = "practice.revenue.release"

    def _post_due(self):
        """Post the due releases of this recordset.

        :return: the posted entries. Releases that another worker holds or has posted are left out.
        :raises UserError: when a company has no journal for it
        """
        locked_sudo = self.sudo().try_lock_for_update()  # sudo: the run
        due_sudo = locked_sudo.filtered(lambda release: release.state == "due")
        vals_list, lines_list, booked = [], [], []
        for (journal, day), of_entry in due_sudo._group_by_entry().items():
            of_entry = of_entry._in_words_of_company()
            if lines := of_entry._prepare_lines():
                vals_list.append(of_entry._prepare_entry_vals(journal, day))
                lines_list.append(lines)
                booked.append(of_entry)
            else:
                # Everything took itself back: there is nothing to book and nothing left to do.
                of_entry.state = "posted"
        entries = self._make_posted_entries(vals_list, lines_list)
        for entry, of_entry in zip(entries, booked, strict=True):
            of_entry.write({"state": "posted", "move_id": entry.id})
        return entries.sudo(False)

    def _group_by_entry(self):
        """Return ``{(journal, day): releases}``; the day is the first open one when the release's day is locked."""
        by_entry = defaultdict(self.browse)
        for company, of_company in self.grouped("company_id").items():
            journal = company._practice_get_release_journal()
            for day, of_day in of_company.grouped("date").items():
                by_entry[journal, first_open_day(day, company._practice_get_release_lock(journal, day))] += of_day
        return by_entry

    def _prepare_entry_vals(self, journal, day):
        """Return the values of one entry for these releases of one company, but for its lines."""
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "company_id": self.company_id.id,
            "date": day,
            "ref": self.env._("Revenue release, %s", format_date(self.env, day, date_format="LLLL y")),
        }

    def _in_words_of_company(self):
        """Return these releases of one company in the language of that company, whoever posts them."""
        return self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)

    @api.model
    def _make_posted_entries(self, vals_list, lines_list):
        """Return the posted entries, each with its :class:`ReleaseLine`: a journal item for each customer."""
        entries = self._make_entries(vals_list, lines_list)
        entries._post(soft=False)
        return entries

    @api.model
    def _make_entries(self, vals_list, lines_list):
        """Return the drafts of these entries, each with its :class:`ReleaseLine`: a journal item for each customer."""
        # sudo: the run. Nobody follows its entries, so neither tracking nor followers are worth their time.
        moves_sudo = self.env["account.move"].sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True)
        return moves_sudo.create(
            [
                {**vals, "line_ids": [Command.create(item) for line in lines for item in line.prepare_vals_list()]}
                for vals, lines in zip(vals_list, lines_list, strict=True)
            ]
        )

    def _prepare_lines(self):
        """Return the :class:`ReleaseLine` of one entry for these releases of one company."""
        currency = self.company_id.currency_id
        lines = []
        for key, of_key in self.grouped(lambda release: release._line_key()).items():
            shares = [
                (customer, amounts, of_customer._get_line_label())
                for customer, of_customer in of_key.grouped("partner_id").items()
                if any(amounts := of_customer._get_line_amounts())
            ]
            for number, vals in enumerate(self._prepare_line_vals(key)):
                parts = [(customer, amounts[number], label) for customer, amounts, label in shares if amounts[number]]
                if parts:
                    lines.append(ReleaseLine(vals, tuple(parts), currency))
        return lines

    def _get_line_amounts(self):
        """Return what these releases of one key and customer book on each line of :meth:`_prepare_line_vals`, a debit
        positive, in company currency. Halves that know more add to it."""
        amount = self.company_id.currency_id.round(sum(self.mapped("amount")))
        return [amount, -amount]

    def _line_key(self):
        """Return what releases have in common that are booked together. Halves that know more add to it."""
        self.ensure_one()
        analytics = frozendict(self.analytic_distribution or {})
        return (self._get_sold_name(), self.deferred_account_id, self.income_account_id, analytics)

    @api.model
    def _prepare_line_vals(self, key):
        """Return the two lines of a key: the balance post, which is debited, and revenue, which is credited.

        Analytics follow the revenue: nothing on the balance post, what the sale had on the ledger account. Without any
        Odoo proposes those of the ledger account.
        """
        _name, deferred_account, income_account, analytics = key[:4]
        revenue = {"account_id": income_account.id}
        if analytics:
            revenue["analytic_distribution"] = dict(analytics)
        return [{"account_id": deferred_account.id, "analytic_distribution": False}, revenue]

    # === IN WORDS === #

    def _get_line_label(self):
        """Return what these releases of one key and customer are: what was sold, the days, and what happened."""
        what, days = self._describe_what(), self._describe_days()
        if not what:
            return self.env._("%(name)s, %(days)s", name=self[0]._get_sold_name(), days=days)
        return self.env._(
            "%(name)s, %(days)s: %(what)s", name=self[0]._get_sold_name(), days=days, what="; ".join(what)
        )

    def _get_sold_name(self):
        """Return the name of what was sold. A hook: halves that know more say it in the language of the entry."""
        self.ensure_one()
        return self.name

    def _describe_days(self):
        """Return the day of these releases, or the first and the last of their days."""
        spans = [release._get_service_days() for release in self]
        first, last = min(start for start, _end in spans), max(end for _start, end in spans)
        if first == last:
            return format_date(self.env, last)
        return self.env._("%(first)s to %(last)s", first=format_date(self.env, first), last=format_date(self.env, last))

    def _get_service_days(self):
        """Return the first and the last day of the service of this release. A hook."""
        self.ensure_one()
        return self.date, self.date

    def _describe_what(self):
        """Return in words what these releases are for, a part for each kind. A hook: halves that know more say it."""
        return []
