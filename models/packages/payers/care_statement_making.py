from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date

from ....tools.credits import round_money
from ....tools.payers import Stated, Visit, bundle, settle
from ..appointments.turns import take_turn

SEQUENCE = "practice.care.statement"


class PracticeCareStatement(models.Model):
    """Making statements: what took place and was not stated, and what was stated and is not so.

    A visit is stated when the patient was there and credits paid it; its price is what was really paid for them, with
    the tax of their sale. All arrangements are looked at together, in a number of queries that depends on neither them
    nor the visits.
    """

    _inherit = "practice.care.statement"

    @api.model
    def _make(self, last_days):
        """Make the statements of arrangements; once, however often it is asked.

        :param dict last_days: ``{arrangement: last day of its visits}``, with the rights of the system
        :return: the new statements
        :raises UserError: when an arrangement wants a number that is not known
        """
        arrangements = self.env["practice.payer.arrangement"].union(*last_days)
        arrangements.flush_recordset()
        # Of two who make statements at once, Odoo repeats one, who finds then what the other one made.
        take_turn(arrangements, "turn")
        found = self._find_lines(last_days)
        documents = [
            (arrangement, lines)
            for arrangement in arrangements
            for lines in bundle(found[arrangement.id], per_visit=not arrangement._is_per_month())
        ]
        self._check_numbers(documents)
        turns = self._count_turns(arrangements) if documents else {}
        return self.create([self._prepare_vals(*it, turns) for it in documents])

    # === WHAT IS TO BE STATED === #

    @api.model
    def _find_lines(self, last_days):
        """Return ``{id of the arrangement: [line]}`` of what is to be stated or taken back."""
        self.env.flush_all()
        visits, covered, stated = defaultdict(list), defaultdict(set), defaultdict(list)
        for row in self._query(self._select_visits(last_days)):
            visit = self._to_visit(row, last_days)
            visits[row["arrangement_id"]].append(visit)
            if row["is_covered"]:
                covered[row["arrangement_id"]].add(visit.event)
        for row in self._query(self._select_stated(last_days)):
            stated[row["arrangement_id"]].append(Stated(row["id"], self._to_visit(row, last_days), row["share"]))
        return {
            it.id: settle(
                visits[it.id], covered[it.id], stated[it.id], it.percentage, it.amount, it.currency_id.rounding
            )
            for it in last_days
        }

    @api.model
    def _query(self, query):
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _to_visit(self, row, last_days):
        rounding = next(iter(last_days)).browse(row["arrangement_id"]).currency_id.rounding
        names = ("event_id", "day", "appointment_type_id", "user_id")
        return Visit(*(row[name] for name in names), round_money(row["price"], rounding))

    @api.model
    def _select_stated(self, last_days):
        """Return the query of the lines that arrangements have issued and nothing took back."""
        return SQL(
            """
            SELECT line.id, line.arrangement_id, line.event_id, line.date AS day, line.appointment_type_id,
                   line.user_id, line.price, line.share::float AS share
              FROM practice_care_statement_line line
             WHERE line.arrangement_id = ANY(%s) AND line.takes_back_id IS NULL
               AND NOT EXISTS (SELECT FROM practice_care_statement_line back WHERE back.takes_back_id = line.id)
            """,
            [arrangement.id for arrangement in last_days],
        )

    @api.model
    def _select_visits(self, last_days):
        """Return the query of the visits that arrangements hold for, or have stated.

        What another arrangement of the same payer states stays there: contacts that are merged can have had one each.
        """
        return SQL(
            """
            WITH live AS (
                SELECT line.arrangement_id, line.event_id, statement.patient_id, statement.payer_id,
                       statement.company_id
                  FROM practice_care_statement_line line
                  JOIN practice_care_statement statement ON statement.id = line.statement_id
                 WHERE line.takes_back_id IS NULL
                   AND statement.patient_id = ANY(%(patients)s)
                   AND NOT EXISTS (SELECT FROM practice_care_statement_line back WHERE back.takes_back_id = line.id)
            ), visit AS (%(visits)s)
            SELECT visit.*
              FROM visit
             WHERE EXISTS (SELECT FROM live
                            WHERE live.arrangement_id = visit.arrangement_id AND live.event_id = visit.event_id)
                OR (visit.is_covered AND NOT EXISTS (
                        SELECT FROM live
                         WHERE live.event_id = visit.event_id AND live.patient_id = visit.patient_id
                           AND live.payer_id = visit.payer_id AND live.company_id = visit.company_id))
            """,
            patients=[arrangement.patient_id.id for arrangement in last_days],
            visits=self._select_attended(last_days),
        )

    @api.model
    def _select_attended(self, last_days):
        """Return the query of all visits of the patients of arrangements that took place and that credits paid."""
        return SQL(
            """
            SELECT arrangement.id AS arrangement_id, arrangement.patient_id, arrangement.payer_id,
                   arrangement.company_id, event.id AS event_id, event.user_id,
                   event.practice_appointment_type_id AS appointment_type_id, %(day)s AS day,
                   SUM(%(paid)s * COALESCE(tax.factor, 1)) AS price,
                   arrangement.active
                   AND %(day)s BETWEEN arrangement.date_from
                                   AND LEAST(COALESCE(arrangement.date_to, asked.last), asked.last)
                   AND (NOT EXISTS (SELECT FROM %(types)s type WHERE type.%(of)s = arrangement.id)
                        OR EXISTS (SELECT FROM %(types)s type
                                    WHERE type.%(of)s = arrangement.id
                                      AND type.%(is)s = event.practice_appointment_type_id)) AS is_covered
              FROM UNNEST(%(ids)s, %(days)s::date[]) AS asked(id, last)
              JOIN practice_payer_arrangement arrangement ON arrangement.id = asked.id
              JOIN res_company company ON company.id = arrangement.company_id
              JOIN calendar_event event ON event.patient_id = arrangement.patient_id AND event.attendance = 'attended'
              JOIN practice_credit_move credit ON credit.event_id = event.id AND credit.kind = 'use'
                                              AND credit.company_id = arrangement.company_id
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
         LEFT JOIN account_move_line line ON line.id = lot.invoice_line_id
         LEFT JOIN LATERAL (%(tax)s) tax ON TRUE
             WHERE event.practice_appointment_type_id IS NOT NULL
          GROUP BY arrangement.id, event.id, asked.last, company.practice_tz
            HAVING SUM(credit.credits) > 0
            """,
            ids=[arrangement.id for arrangement in last_days],
            days=list(last_days.values()),
            day=self.env["calendar.event"]._practice_get_visit_day_sql(SQL("COALESCE(company.practice_tz, 'UTC')")),
            paid=self.env["practice.credit.move"]._get_paid_sql(),
            tax=self._select_tax(),
            **self._get_types_table(),
        )

    @api.model
    def _select_tax(self):
        """Return the query of what 1.00 of the price of credits was with the tax of the invoice that sold them; an
        invoice goes along with credits that another patient gave."""
        return SQL(
            """
            SELECT SUM(sold.price_total) / NULLIF(SUM(sold.price_subtotal), 0) AS factor
              FROM account_move_line sold
             WHERE sold.move_id = lot.invoice_id AND sold.practice_package_id = lot.package_id
            """
        )

    @api.model
    def _get_types_table(self):
        field = self.env["practice.payer.arrangement"]._fields["appointment_type_ids"]
        names = {"types": field.relation, "of": field.column1, "is": field.column2}
        return {name: SQL.identifier(value) for name, value in names.items()}

    @api.model
    def _count_turns(self, arrangements):
        """Return ``{(arrangement id, event id): how often the visit was taken back}``."""
        groups = self.env["practice.care.statement.line"]._read_group(
            [("arrangement_id", "in", arrangements.ids), ("takes_back_id", "!=", False)],
            ["arrangement_id", "event_id"],
            ["__count"],
        )
        return {(arrangement.id, event.id): count for arrangement, event, count in groups}

    # === ISSUING === #

    @api.model
    def _check_numbers(self, documents):
        """Refuse to issue what an insurer sends back: without the patient's number, or the practitioner's.

        :raises UserError: naming who lacks it
        """
        lacking = []
        for arrangement, lines in documents:
            if arrangement.needs_numbers:
                lacking += self._find_lacking(arrangement, [it.visit for it in lines if it.takes_back is None])
        if lacking:
            hint = self.env._("Numbers are entered on the contact, page Payers. An arrangement can do without them.")
            raise UserError("\n".join([*dict.fromkeys(lacking), hint]))

    @api.model
    def _find_lacking(self, arrangement, visits):
        """Return in sentences which numbers are not known."""
        lacking, patient = [], arrangement.patient_id
        if not patient.practice_insurance_number:
            lacking.append(self.env._("The insurance number of %s is missing.", patient.name))
        for visit in visits:
            practitioner = self.env["res.users"].browse(visit.practitioner).partner_id
            if not practitioner:
                day = format_date(self.env, visit.day)
                lacking.append(
                    self.env._("%(patient)s, %(day)s: nobody is named as practitioner.", patient=patient.name, day=day)
                )
            elif not practitioner.practice_registration_number:
                lacking.append(self.env._("The registration number of %s is missing.", practitioner.name))
        return lacking

    @api.model
    def _prepare_vals(self, arrangement, lines, turns):
        """Return the values of one statement: everything that is printed, as it is now."""
        patient = arrangement.patient_id.with_context(lang=arrangement.patient_id.lang)
        address = patient._display_address(without_company=True)
        company, days = arrangement.company_id, [line.visit.day for line in lines]
        return {
            "name": self._take_number(company),
            "company_id": company.id,
            "arrangement_id": arrangement.id,
            "patient_id": patient.id,
            "payer_id": arrangement.payer_id.id,
            "date": company._practice_day(),
            "date_from": min(days),
            "date_to": max(days),
            "patient_name": patient.name,
            "patient_address": "\n".join(filter(None, map(str.strip, address.splitlines()))),
            "insurance_number": patient.practice_insurance_number,
            "payer_name": arrangement.payer_id.name,
            "reference": arrangement.reference,
            "price": company.currency_id.round(sum(line.visit.price for line in lines)),
            "share": company.currency_id.round(sum(line.share for line in lines)),
            "line_ids": [Command.create(self._prepare_line(arrangement, line, lines, turns)) for line in lines],
        }

    @api.model
    def _prepare_line(self, arrangement, line, lines, turns):
        """Return the values of ``line``, one of ``lines`` of a statement."""
        visit, lang = line.visit, arrangement.patient_id.lang
        vals = {
            "arrangement_id": arrangement.id,
            "event_id": visit.event,
            "date": visit.day,
            "appointment_type_id": visit.appointment_type,
            "user_id": visit.practitioner,
            "price": visit.price,
            "share": line.share,
            "takes_back_id": line.takes_back,
            "is_correction": line.takes_back is not None,
        }
        if line.takes_back:
            # It says what it takes back, as that was issued.
            told = self.env["practice.care.statement.line"].browse(line.takes_back)
            names = ("type_name", "practitioner_name", "registration_number", "turn")
            return {**vals, **{name: told[name] for name in names}}
        practitioner = self.env["res.users"].browse(visit.practitioner).partner_id
        appointment_type = self.env["practice.appointment.type"].browse(visit.appointment_type)
        taken_back_now = any(it.takes_back and it.visit.event == visit.event for it in lines)
        return {
            **vals,
            "type_name": appointment_type.with_context(lang=lang).name,
            "practitioner_name": practitioner.name,
            "registration_number": practitioner.practice_registration_number,
            "turn": turns.get((arrangement.id, visit.event), 0) + taken_back_now,
        }

    @api.model
    def _take_number(self, company):
        """Return the next number of a company; there are no gaps, so of two at once Odoo repeats one."""
        return self._get_sequence(company).next_by_id()

    @api.model
    def _get_sequence(self, company):
        """Return the sequence of the numbers of a company, which is made with its first statement."""
        sequences = self.env["ir.sequence"]
        sequence = sequences.search([("code", "=", SEQUENCE), ("company_id", "=", company.id)], limit=1)
        if not sequence:
            pattern = self.env.ref("practice_billing.sequence_care_statement")
            # Of two who make it at once, Odoo repeats one.
            self.env.cr.execute(SQL("UPDATE ir_sequence SET write_date = write_date WHERE id = %s", pattern.id))
            sequence = pattern.copy({"code": SEQUENCE, "company_id": company.id, "name": pattern.name})
        return sequence
