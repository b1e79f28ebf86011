from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

#: The system parameter that switches the copying off.
SWITCH = "practice_billing.release_copy"


class PracticeRevenueRelease(models.Model):
    """Lines per customer that PostgreSQL copies from one that Odoo made, checked and posted; the entries are the same.

    A day of a large practice has hundreds of customers, and Odoo makes some hundreds of lines a second. The copies
    differ in customer, amount and label only, and add up to the line that they replace, in the same transaction.
    """

    _inherit = "practice.revenue.release"

    @api.model
    def _make_posted_entries(self, vals_list, lines_list):
        if not self._may_copy_lines():
            return super()._make_posted_entries(vals_list, lines_list)
        entries = self._make_entries(vals_list, [[line.whole() for line in lines] for lines in lines_list])
        parts = dict(zip(entries, lines_list, strict=True))
        # What follows from each line at posting: its analytic items, and the hash of a journal that is sealed.
        early = entries.filtered(
            lambda it: it.restrict_mode_hash_table or any(it.line_ids.mapped("analytic_distribution"))
        )
        self._split_by_customer(early, parts)
        entries._post(soft=False)
        self._split_by_customer(entries - early, parts)
        return entries

    @api.model
    def _may_copy_lines(self):
        """Return whether copies may be made: not when customers have analytic accounts of their own."""
        # sudo: whether there is one; they belong to the accountants
        models_sudo = self.env["account.analytic.distribution.model"].sudo()
        of_customers = Domain("partner_id", "!=", False) | Domain("partner_category_id", "!=", False)
        switch_on = self.env["ir.config_parameter"]._practice_is_on(SWITCH)
        return switch_on and not models_sudo.search_count(of_customers, limit=1)

    @api.model
    def _split_by_customer(self, entries, parts):
        """Replace each line that stands for several customers by one line for each of them.

        :param dict parts: the :class:`ReleaseLine` of each entry, in the order of its lines
        """
        rows = [
            (made.id, customer.id or None, amount, label, number)
            for entry in entries
            for made, line in zip(entry.line_ids.sorted("id"), parts[entry], strict=True)
            if len(line.parts) > 1
            for number, (customer, amount, label) in enumerate(line.parts)
        ]
        if not rows:
            return
        move_line = self.env["account.move.line"]
        move_line.flush_model()
        self._copy_rows(move_line, rows)
        replaced = {line_id for line_id, *_part in rows}
        self.env.cr.execute(SQL("DELETE FROM account_move_line WHERE id IN %s", tuple(replaced)))
        move_line.invalidate_model()
        entries.invalidate_recordset(["line_ids", "invoice_line_ids"])

    @api.model
    def _copy_rows(self, move_line, rows):
        """Insert a copy of a line for each ``(line, customer, amount, label, number)``, in their order."""
        amount = SQL("part.amount")
        changed = {
            "partner_id": SQL("part.partner_id"),
            "name": SQL("part.label"),
            "debit": SQL("GREATEST(part.amount, 0)"),
            "credit": SQL("GREATEST(-part.amount, 0)"),
            **dict.fromkeys(("balance", "amount_currency", "price_subtotal", "price_total"), amount),
        }
        columns = [
            name for name, field in move_line._fields.items() if field.store and field.column_type and name != "id"
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_move_line (%s)
                SELECT %s
                  FROM account_move_line line
                  JOIN (VALUES %s) AS part (line_id, partner_id, amount, label, number) ON part.line_id = line.id
                 ORDER BY line.id, part.number
                """,
                SQL(", ").join(SQL.identifier(name) for name in columns),
                SQL(", ").join(changed.get(name) or SQL.identifier("line", name) for name in columns),
                SQL(", ").join(SQL("(%s, %s::integer, %s::numeric, %s, %s)", *row) for row in rows),
            )
        )
