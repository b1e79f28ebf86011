import json
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, groupby

from ....tools.pay import Draft, Movement, RuleBook, Share, Stated, earliest_draft, settle

#: A late cancellation may be booked that long before the day of its visit.
LONGEST_AHEAD = timedelta(days=366)


class PracticePayStatement(models.Model):
    """Making statements: what was not stated yet, by the rules of the day of each visit.

    All drafts of a company are worked out together, in a number of queries that depends on neither the practitioners
    nor the visits.
    """

    _inherit = "practice.pay.statement"

    @api.model
    def _make(self, company, month):
        """Make the statements of a month, one for each practitioner who has something to state; once, however often it
        is asked.

        :param date month: its first day
        :return: the statements of the month, those that were there before too
        :raises AccessError: when the user may not, or does not work for the company
        :raises UserError: when the month has not begun, or no rule says what to pay
        """
        self._check_may_pay()
        if not self.env.su and company not in self.env.user.company_ids:
            raise AccessError(self.env._("You do not work for %s.", company.sudo().name))  # sudo: the name only
        if month > company._practice_day():
            raise UserError(self.env._("%s has not begun yet: choose another month.", self._format_month(month)))
        if not self.env["practice.pay.rule"].search_count([("company_id", "=", company.id)], limit=1):
            raise UserError(self.env._("No rule says what practitioners of %s get. Make a pay rule.", company.name))
        self._refresh(company, month)
        return self.search([("company_id", "=", company.id), ("month", "=", month)])

    @api.model
    def _refresh(self, company, month=None):
        """Work the drafts of a company out anew.

        What happened until the end of a draft's month, and stands on no confirmed statement, is on the earliest draft
        of its practitioner that can take it.

        :param date month: for which drafts are made where they are missing
        """
        # sudo: whoever may do what makes statements of visits; nobody writes these records by hand
        statements_sudo = self.sudo()
        drafts_sudo = statements_sudo.search([("company_id", "=", company.id), ("state", "=", "draft")])
        if not drafts_sudo and not month:
            return
        self._queue(company)
        drafts_sudo._clear()
        ends = [*drafts_sudo.mapped("date_to"), *([self._get_month_end(month)] if month else [])]
        lines = statements_sudo._find_lines(company, max(ends))
        if month:
            drafts_sudo |= statements_sudo._create_missing(company, month, drafts_sudo, lines)
        drafts_sudo._write_lines(lines)

    @api.model
    def _queue(self, company):
        """Have others wait who make or confirm statements of the company at the same time.

        Rows that are updated make PostgreSQL refuse the later one of two transactions, and Odoo repeat it. Rules are
        what every statement depends on.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE practice_pay_rule SET company_id = company_id WHERE company_id = %s", company.id)
        )

    @api.model
    def _count_unstated(self, company, month):
        """Return how many visits of a month stand on no statement: no rule pays them, nobody gave them, or the
        statement of the month was confirmed before."""
        self.env.flush_all()
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*)
                  FROM (SELECT FROM practice_credit_move credit
                         WHERE credit.company_id = %(company)s AND credit.kind = 'use'
                           AND credit.date BETWEEN %(first)s AND %(last)s
                           AND NOT EXISTS (SELECT FROM practice_pay_line line WHERE line.move_id = credit.id)
                      GROUP BY credit.event_id
                        HAVING SUM(credit.credits) > 0) visit
                """,
                company=company.id,
                first=month,
                last=self._get_month_end(month),
            )
        )
        return count

    # === WHAT IS TO BE STATED === #

    @api.model
    def _find_lines(self, company, last):
        """Return ``[(line, what is known of its movement)]`` of all that stands on no confirmed statement."""
        # sudo: by which rules is asked for everybody
        rules_sudo = self.env["practice.pay.rule"].sudo().search([("company_id", "=", company.id)])
        if not rules_sudo:
            return []
        book, rounding = RuleBook(rule._to_rule() for rule in rules_sudo), company.currency_id.rounding
        self.env.flush_all()
        self.env.cr.execute(self._select_movements(company, min(rules_sudo.mapped("date_from")), last))
        facts = self.env.cr.dictfetchall()
        lines = []
        for _key, rows in groupby(facts, key=lambda row: (row["event_id"], row["lot_id"], row["kind"])):
            of_key = {row["id"]: row for row in rows}
            movements = [self._to_movement(row) for row in of_key.values()]
            lines += [(line, of_key[line.movement.id]) for line in settle(movements, book, rounding)]
        return lines

    @api.model
    def _to_movement(self, row):
        stated = None
        if row["line_id"]:
            names = ("rule_id", "stated_type_id", "basis", "percentage", "basis_amount", "amount")
            stated = Stated(row["line_id"], row["stated_user_id"], Share(*(row[name] for name in names)))
        return Movement(
            **{name: row[name] for name in ("id", "kind", "credits", "day", "paid", "rated")},
            practitioner=row["user_id"],
            appointment_type=row["type_id"],
            stated=stated,
        )

    @api.model
    def _select_movements(self, company, first, last):
        """Return the query of all movements of each appointment, lot and kind about which something is to be stated."""
        return SQL(
            """
            WITH stated AS (
                SELECT line.* FROM practice_pay_line line
                 WHERE line.company_id = %(company)s AND line.takes_back_id IS NULL
                   AND NOT EXISTS (SELECT FROM practice_pay_line back WHERE back.takes_back_id = line.id)
            ), fact AS (%(facts)s), key AS (
                SELECT DISTINCT event_id, lot_id, kind FROM fact
                 WHERE CASE WHEN line_id IS NOT NULL THEN user_id IS DISTINCT FROM stated_user_id
                            ELSE user_id IS NOT NULL AND (credits < 0 OR EXISTS (
                                SELECT FROM practice_pay_rule rule
                                 WHERE rule.company_id = %(company)s
                                   AND COALESCE(rule.user_id, fact.user_id) = fact.user_id
                                   AND COALESCE(rule.appointment_type_id, fact.type_id) = fact.type_id
                                   AND fact.day BETWEEN rule.date_from AND COALESCE(rule.date_to, 'infinity')
                            )) END
            )
            SELECT fact.*, (SELECT COUNT(*) FROM practice_pay_line back
                             WHERE back.move_id = fact.id AND back.takes_back_id IS NOT NULL) AS turn
              FROM fact JOIN key USING (event_id, lot_id, kind)
          ORDER BY event_id, lot_id, kind, id
            """,
            company=company.id,
            facts=self._select_facts(company, first, last),
        )

    @api.model
    def _select_facts(self, company, first, last):
        return SQL(
            """
            SELECT credit.id, credit.company_id, credit.event_id, credit.lot_id, credit.kind, credit.credits,
                   credit.date, event.user_id, event.practice_appointment_type_id AS type_id,
                   %(day)s AS day,
                   credit.credits * COALESCE(lot.internal_rate, 0) AS rated,
                   %(paid)s AS paid,
                   stated.id AS line_id, stated.user_id AS stated_user_id, stated.rule_id, stated.basis,
                   stated.percentage, stated.basis_amount, stated.amount,
                   stated.appointment_type_id AS stated_type_id
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
              JOIN calendar_event event ON event.id = credit.event_id
         LEFT JOIN account_move_line line ON line.id = lot.invoice_line_id
         LEFT JOIN stated ON stated.move_id = credit.id
             WHERE credit.company_id = %(company)s AND credit.kind IN ('use', 'forfeit')
               AND event.practice_appointment_type_id IS NOT NULL
               AND credit.date BETWEEN %(first)s AND %(last)s
            """,
            paid=self.env["practice.credit.move"]._get_paid_sql(),
            day=self.env["calendar.event"]._practice_get_visit_day_sql(SQL("%s", company.practice_tz or "UTC")),
            company=company.id,
            first=first - LONGEST_AHEAD,
            last=last,
        )

    # === WHERE IT STANDS === #

    @api.model
    def _create_missing(self, company, month, drafts, lines):
        """Create the statements of ``month`` of the practitioners with lines until its end that no draft until then
        takes; one of a later month is left with what is later."""
        last = self._get_month_end(month)
        open_drafts = drafts.filtered(lambda it: it.date_to <= last)._get_open()
        practitioners = dict.fromkeys(
            line.practitioner
            for line, row in lines
            if row["date"] <= last and not earliest_draft(open_drafts.get(line.practitioner, ()), row["date"])
        )
        # A confirmed statement of the month takes nothing more: that of the next month does.
        there = self.search([("company_id", "=", company.id), ("month", "=", month)]).user_id
        return self.create(
            [
                {"company_id": company.id, "user_id": practitioner, "month": month}
                for practitioner in practitioners
                if practitioner not in there._ids
            ]
        )

    def _get_open(self):
        """Return ``{practitioner: [Draft]}`` of these statements, by ids."""
        return {
            user.id: [Draft(statement.date_to, statement.id) for statement in of_user]
            for user, of_user in self.grouped("user_id").items()
        }

    def _clear(self):
        """Remove the lines of these drafts."""
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM practice_pay_line WHERE statement_id = ANY(%s)", self.ids))
        self.env.invalidate_all(flush=False)

    def _write_lines(self, lines):
        """Write lines on the earliest of these drafts that can take them, and the sums of the drafts."""
        open_drafts, months = self._get_open(), {statement.id: statement.month for statement in self}
        rows = []
        for line, row in lines:
            statement_id = earliest_draft(open_drafts.get(line.practitioner, ()), row["date"])
            if statement_id:
                place = {"statement_id": statement_id, "month": months[statement_id]}
                rows.append({**place, **self._prepare_line(line, row)})
        self._insert(rows)
        self.env.cr.execute(
            SQL(
                """
                UPDATE practice_pay_statement statement
                   SET credits = total.credits, basis_amount = total.basis_amount, amount = total.amount
                  FROM (SELECT draft.id, COALESCE(SUM(line.credits), 0) AS credits,
                               COALESCE(SUM(line.basis_amount), 0) AS basis_amount,
                               COALESCE(SUM(line.amount), 0) AS amount
                          FROM practice_pay_statement draft
                     LEFT JOIN practice_pay_line line ON line.statement_id = draft.id
                         WHERE draft.id = ANY(%s)
                      GROUP BY draft.id) total
                 WHERE statement.id = total.id
                """,
                self.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    @api.model
    def _prepare_line(self, line, row):
        """Return the values of what is to be stated, but for the statement."""
        share, sign = line.share, -1 if line.takes_back else 1
        return {
            "company_id": row["company_id"],
            "user_id": line.practitioner,
            "move_id": row["id"],
            "date": str(row["day"]),
            "appointment_type_id": share.appointment_type,
            "kind": row["kind"],
            "is_correction": bool(line.takes_back) or row["credits"] < 0,
            "credits": sign * row["credits"],
            "rule_id": share.rule,
            "basis": share.basis,
            "basis_amount": share.basis_amount,
            "percentage": share.percentage,
            "amount": share.amount,
            "turn": row["turn"] + (bool(row["line_id"]) and not line.takes_back),
            "takes_back_id": line.takes_back,
        }

    @api.model
    def _insert(self, rows):
        """Write the values of many lines in one query: a month has tens of thousands."""
        if not rows:
            return
        self.env.flush_all()
        columns = SQL(", ").join(SQL.identifier(name) for name in rows[0])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO practice_pay_line (%(columns)s, create_uid, create_date, write_uid, write_date)
                SELECT %(columns)s, %(uid)s, NOW() AT TIME ZONE 'UTC', %(uid)s, NOW() AT TIME ZONE 'UTC'
                  FROM jsonb_populate_recordset(NULL::practice_pay_line, %(rows)s::jsonb)
                """,
                columns=columns,
                uid=self.env.uid,
                rows=json.dumps(rows, default=str),
            )
        )
