from collections import defaultdict
from dataclasses import dataclass, replace

from odoo import api, models
from odoo.fields import Command

from ...tools.dates import first_open_day


@dataclass(frozen=True)
class ReleaseLine:
    """What of an entry is booked on one account for one reason, and whose it is.

    :param dict vals: values of the journal item, but for customer and amount
    :param tuple parts: ``(customer, amount)``, a debit positive, in ``currency``; at least one
    :param currency: the company's
    """

    vals: dict
    parts: tuple
    currency: object

    def prepare_vals_list(self):
        """Return the values of a journal item for each customer."""
        return [{**self.vals, "partner_id": customer.id, "balance": amount} for customer, amount in self.parts]

    def whole(self):
        """Return this line with all its amount in one part, which is nobody's when there are several customers."""
        [customer, first], *others = self.parts
        if not others:
            return self
        total = self.currency.round(first + sum(amount for _customer, amount in others))
        return replace(self, parts=((customer.browse(), total),))


class PracticeRevenueRelease(models.Model):
    """How releases become a journal entry: one per company, day and journal, two lines per package and customer."""

    _inherit = "practice.revenue.release"

    def _post_due(self):
        """Post the due releases of this recordset.

        :return: the posted entries. Releases that another worker holds or has posted are left out.
        :raises UserError: when a company has no journal for it
        """
        locked_sudo = self.sudo().try_lock_for_update()  # sudo: the run
        releases_sudo = locked_sudo.filtered(lambda release: release.state == "due")
        vals_list, lines_list, booked = [], [], []
        for (journal, day), of_entry in releases_sudo._group_by_entry().items():
            if lines := of_entry._prepare_lines():
                vals_list.append(of_entry._prepare_entry_vals(journal, day))
                lines_list.append(lines)
                booked.append(of_entry)
            else:
                # Everything took itself back: there is nothing to book and nothing left to do.
                of_entry.state = "posted"
        entries = self._make_entries(vals_list, lines_list)
        entries._post(soft=False)
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
            "ref": self.env._("Revenue release"),
        }

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
        """Return the :class:`ReleaseLine` of one entry for these releases of one company: two for each key."""
        currency = self.company_id.currency_id
        amounts = defaultdict(lambda: defaultdict(float))
        for release in self:
            amounts[release._line_key()][release.partner_id] += release.amount
        lines = []
        for key, by_customer in amounts.items():
            parts = [(customer, currency.round(amount)) for customer, amount in by_customer.items()]
            parts = [(customer, amount) for customer, amount in parts if amount]
            if not parts:
                continue
            for sign, vals in zip((1, -1), self._prepare_line_vals(key), strict=True):
                signed = tuple((customer, sign * amount) for customer, amount in parts)
                lines.append(ReleaseLine(vals, signed, currency))
        return lines

    def _line_key(self):
        """Return what releases have in common that are booked together. Halves that know more add to it."""
        self.ensure_one()
        return (self.name, self.deferred_account_id, self.income_account_id)

    @api.model
    def _prepare_line_vals(self, key):
        """Return the two lines of a key: the balance post, which is debited, and revenue, which is credited."""
        name, deferred_account, income_account = key[:3]
        return [{"name": name, "account_id": deferred_account.id}, {"name": name, "account_id": income_account.id}]
