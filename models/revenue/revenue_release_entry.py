from collections import defaultdict

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

from ...tools.dates import first_open_day


class PracticeRevenueRelease(models.Model):
    """How releases become a journal entry: one per company, day and journal, a line per package and customer."""

    _inherit = "practice.revenue.release"

    def _post_due(self):
        """Post the due releases of this recordset.

        :return: the posted entries. Releases that another worker holds or has posted are left out.
        :raises UserError: when a company has no journal for it
        """
        releases = self.sudo().try_lock_for_update().filtered(lambda release: release.state == "due")  # sudo: the run
        vals_list, shares, booked = [], [], []
        for (journal, day), of_entry in releases._group_by_entry().items():
            vals, entry_shares = of_entry._prepare_entry(journal, day)
            if vals["line_ids"]:
                vals_list.append(vals)
                shares.append(entry_shares)
                booked.append(of_entry)
            else:
                # Everything took itself back: there is nothing to book and nothing left to do.
                of_entry.state = "posted"
        # Machine-made entries: nobody follows them, so neither tracking nor followers are worth their time.
        moves = self.env["account.move"].sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True)
        entries = moves.create(vals_list)
        self._split_by_customer(entries, shares)
        entries._post(soft=False)
        for entry, of_entry in zip(entries, booked, strict=True):
            of_entry.write({"state": "posted", "move_id": entry.id})
        return entries.sudo(False)

    def _group_by_entry(self):
        """Return ``{(journal, day): releases}``; the day is the first open one when the release's day is locked."""
        by_entry = defaultdict(self.browse)
        for company, of_company in self.grouped("company_id").items():
            journal = company._get_release_journal()
            for day, of_day in of_company.grouped("date").items():
                by_entry[journal, first_open_day(day, company._get_release_lock(journal, day))] += of_day
        return by_entry

    def _prepare_entry(self, journal, day):
        """Return the values of one entry for these releases of one company, and the shares of its lines.

        Each line carries the total of its key (see :meth:`_line_key`); its share list has one
        ``(customer, amount)`` for each customer in it, in the order of the lines.
        """
        currency = self.company_id.currency_id
        amounts = defaultdict(lambda: defaultdict(float))
        for release in self:
            amounts[release._line_key()][release.partner_id] += release.amount
        lines, shares = [], []
        for key, by_customer in amounts.items():
            parts = [(customer, currency.round(amount)) for customer, amount in by_customer.items()]
            parts = [(customer, amount) for customer, amount in parts if amount]
            if not parts:
                continue
            for sign, vals in zip((1, -1), self._prepare_line_vals(key), strict=True):
                total = currency.round(sum(amount for _customer, amount in parts))
                customer = parts[0][0] if len(parts) == 1 else self.env["res.partner"]
                lines.append({**vals, "partner_id": customer.id, "balance": sign * total})
                shares.append([(customer, sign * amount) for customer, amount in parts])
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "company_id": self.company_id.id,
            "date": day,
            "ref": self.env._("Revenue release"),
            "line_ids": [Command.create(line) for line in lines],
        }, shares

    def _line_key(self):
        """Return what releases have in common that are booked together. Halves that know more add to it."""
        self.ensure_one()
        return (self.name, self.deferred_account_id, self.income_account_id)

    @api.model
    def _prepare_line_vals(self, key):
        """Return the two lines of a key: the balance post, which is debited, and revenue, which is credited."""
        name, deferred_account, income_account = key[:3]
        return [{"name": name, "account_id": deferred_account.id}, {"name": name, "account_id": income_account.id}]

    @api.model
    def _split_by_customer(self, entries, shares):
        """Replace each draft line that stands for several customers by one line for each of them.

        A day of a large practice has hundreds of customers, and Odoo makes some hundreds of lines a second. So Odoo
        makes and checks one line for all of them, and PostgreSQL copies it: the copies differ in customer and
        amount only and add up to what was checked.
        """
        rows = [
            (line.id, customer.id, amount, number)
            for entry, entry_shares in zip(entries, shares, strict=True)
            for line, parts in zip(entry.line_ids.sorted("id"), entry_shares, strict=True)
            if len(parts) > 1
            for number, (customer, amount) in enumerate(parts)
        ]
        if not rows:
            return
        lines = self.env["account.move.line"]
        lines.flush_model()
        amount = SQL("share.amount")
        changed = {
            "partner_id": SQL("share.partner_id"),
            "balance": amount,
            "amount_currency": amount,
            "debit": SQL("GREATEST(share.amount, 0)"),
            "credit": SQL("GREATEST(-share.amount, 0)"),
        }
        changed |= dict.fromkeys(("price_subtotal", "price_total"), amount)
        columns = [name for name, field in lines._fields.items() if field.store and field.column_type and name != "id"]
        share = SQL(
            "(VALUES %s) AS share (line_id, partner_id, amount, number)",
            SQL(", ").join(SQL("(%s, %s, %s::numeric, %s)", *row) for row in rows),
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO account_move_line (%s)"
                " SELECT %s FROM account_move_line line JOIN %s ON share.line_id = line.id",
                SQL(", ").join(SQL.identifier(name) for name in columns),
                SQL(", ").join(changed.get(name) or SQL.identifier("line", name) for name in columns),
                share,
            )
        )
        replaced = {line_id for line_id, *_share in rows}
        self.env.cr.execute(SQL("DELETE FROM account_move_line WHERE id IN %s", tuple(replaced)))
        lines.invalidate_model()
        entries.invalidate_recordset(["line_ids", "invoice_line_ids"])
