from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang

from ..tools.credits import counters_after

#: Order of rows of the same day: credits come before visits spend them, and expire after the last visit.
FIRST, VISIT, LAST = range(3)


class ReportCreditStatement(models.AbstractModel):
    """Statement of credits: what a patient has, and what happened to each credit, in the patient's language.

    It is meant to be handed to the patient. So it has no money but what the patient has paid, no reasons that staff
    noted, only numbers of what others share with the patient, and of visits that others paid with the patient's
    credits no more than who and when.
    """

    _name = "report.practice_billing.report_credit_statement"
    _description = "Statement of Credits"

    @api.model
    def _get_report_values(self, docids, data=None):
        partners = self.env["res.partner"].browse(docids)
        lots = self.env["practice.credit.lot"].search(self._get_lot_domain(partners), order="date desc, id desc")
        statements = []
        for partner in partners:
            own = lots.filtered(lambda lot, partner=partner: lot.partner_id == partner)
            shared = lots.filtered(lambda lot, partner=partner: partner in lot.beneficiary_ids) - own
            # Each company writes on its own paper; a patient without credits gets a statement that says so.
            for company in (own + shared).company_id or self.env.company:
                of_company = Domain("company_id", "=", company.id)
                statements.append(
                    self._prepare_statement(
                        partner, company, own.filtered_domain(of_company), shared.filtered_domain(of_company)
                    )
                )
        return {"doc_ids": docids, "doc_model": "res.partner", "docs": partners, "statements": statements}

    @api.model
    def _get_lot_domain(self, partners):
        """Return the credits of these patients and those shared with them; not those whose sale was undone."""
        mine = Domain("partner_id", "in", partners.ids) | Domain("beneficiary_ids", "in", partners.ids)
        return mine & Domain("credits_total", ">", 0)

    # === STATEMENTS === #

    @api.model
    def _prepare_statement(self, partner, company, own, shared):
        """Return what the template prints for one patient and company, in the patient's language."""
        lang = partner.lang or self.env.lang
        translated = self.with_context(lang=lang)
        partner, own, shared = (records.with_context(lang=lang) for records in (partner, own, shared))
        return {
            "partner": partner,
            "company": company.with_context(lang=lang),
            "lang": lang,
            "date": format_date(translated.env, company._practice_day()),
            "lots": [translated._prepare_lot(lot) for lot in own],
            "shared": [translated._prepare_shared_lot(lot) for lot in shared],
        }

    @api.model
    def _prepare_lot(self, lot):
        return {
            "lot": lot,
            "facts": self._prepare_facts(lot),
            "expiry": self._describe_expiry(lot),
            "rows": self._prepare_rows(lot),
        }

    @api.model
    def _prepare_shared_lot(self, lot):
        return {"lot": lot, "expiry": self._describe_expiry(lot)}

    @api.model
    def _prepare_facts(self, lot):
        """Return where the credits come from, as pairs of label and value."""
        date = format_date(self.env, lot.date)
        if lot.origin != "invoice":
            origin = dict(lot._fields["origin"]._description_selection(self.env))[lot.origin]
            return [(self.env._("Received"), date), (self.env._("Origin"), lot.reference or origin)]
        facts = [(self.env._("Bought"), date), (self.env._("Invoice"), lot.reference)]
        if lot.payer_id == lot.partner_id and lot.invoice_line_id:
            line = lot.invoice_line_id
            facts.append((self.env._("Price"), formatLang(self.env, line.price_total, currency_obj=line.currency_id)))
        return [*facts, (self.env._("Payment"), self._describe_payment(lot))]

    @api.model
    def _describe_payment(self, lot):
        match lot.invoice_id.payment_state:
            case "paid" | "in_payment":
                return self.env._("Paid")
            case "reversed":
                return self.env._("Credited")
            case "partial":
                return self.env._("Partly paid")
        return self.env._("Waiting for payment")

    @api.model
    def _describe_expiry(self, lot):
        return format_date(self.env, lot.expiry_date) if lot.expiry_date else self.env._("No expiry")

    # === HISTORY === #

    @api.model
    def _prepare_rows(self, lot):
        """Return the history of a lot by date, one row per appointment, with the credits left after each.

        ``left`` counts available credits: a planned appointment has its credit already.
        """
        moves = lot.move_ids.sorted("id")
        rows = [
            self._prepare_visit_row(lot, event, of_event)
            for event, of_event in moves.grouped("event_id").items()
            if event
        ]
        rows += [self._prepare_move_row(lot, move) for move in moves if not move.event_id and move.credits]
        left = 0
        for row in sorted(rows, key=lambda row: row["key"]):
            left += row["change"]
            row["left"] = left
        return sorted(rows, key=lambda row: row["key"])

    @api.model
    def _get_change(self, moves):
        return counters_after((move.kind, move.credits) for move in moves)["available"]

    @api.model
    def _prepare_visit_row(self, lot, event, moves):
        # sudo: an appointment is printed for whoever may print the credits it took, also when its type is of another
        # company; nothing but its type and time is shown.
        event = event.sudo()
        change = self._get_change(moves)
        patient = moves[-1:].partner_id
        is_own = patient == lot.partner_id
        return {
            "key": (max(event._get_visit_day(), lot.date), VISIT, event.id),
            "date": self._format_moment(event),
            "what": event.practice_appointment_type_id.name if is_own else patient.name,
            "outcome": self._describe_outcome(event, moves, change),
            "change": change,
        }

    @api.model
    def _format_moment(self, event):
        """Return the day of an appointment, and its hour in the practice's time zone unless it takes the whole day."""
        if event.allday:
            return format_date(self.env, event._get_visit_day(), date_format="EEE d MMM y")
        tz = event.practice_appointment_type_id.company_id.practice_tz
        return format_datetime(self.env, event.start, tz=tz, dt_format="EEE d MMM y, HH:mm")

    @api.model
    def _describe_outcome(self, event, moves, change):
        """Return in words what became of the credits that ``event`` took from one lot."""
        if not change:
            match event.attendance:
                case "cancelled":
                    return self.env._("Cancelled, credits given back")
                case "late_cancelled":
                    return self.env._("Cancelled late, credits given back")
                case "no_show":
                    return self.env._("Missed, credits given back")
            return self.env._("Credits given back")
        position = counters_after((move.kind, move.credits) for move in moves)
        if position["lost"]:
            if event.attendance == "no_show":
                return self.env._("Missed, credits lost")
            return self.env._("Cancelled late, credits lost")
        return self.env._("Attended") if position["used"] else self.env._("Planned")

    @api.model
    def _prepare_move_row(self, lot, move):
        return {
            "key": (max(move.date, lot.date), FIRST if move.kind == "grant" else LAST, move.id),
            "date": format_date(self.env, move.date, date_format="EEE d MMM y"),
            "what": "",
            "outcome": self._describe_move(lot, move),
            "change": self._get_change(move),
        }

    @api.model
    def _describe_move(self, lot, move):
        """Return in words what happened to credits without an appointment."""
        undone = move.credits < 0
        match move.kind:
            case "grant" if undone:
                return self.env._("Withdrawn")
            case "grant" if lot.origin == "invoice":
                return self.env._("Bought")
            case "grant":
                return self.env._("Received")
            case "expire" if undone:
                return self.env._("Valid again")
            case "expire":
                return self.env._("Expired")
            case "refund" if undone:
                return self.env._("Refund withdrawn")
            case "refund":
                return self.env._("Refunded, %s", move.invoice_line_id.move_id.name or "").rstrip(", ")
        return dict(move._fields["kind"]._description_selection(self.env))[move.kind]


class ReportCreditStatementLot(models.AbstractModel):
    """The same statement for chosen credits only, addressed to their owner."""

    _name = "report.practice_billing.report_credit_statement_lot"
    _description = "Statement of Chosen Credits"
    _inherit = ["report.practice_billing.report_credit_statement"]

    @api.model
    def _get_report_values(self, docids, data=None):
        lots = self.env["practice.credit.lot"].browse(docids)
        statements = [
            self._prepare_statement(partner, company, of_owner, lots.browse())
            for (partner, company), of_owner in lots.grouped(lambda lot: (lot.partner_id, lot.company_id)).items()
        ]
        return {"doc_ids": docids, "doc_model": "practice.credit.lot", "docs": lots, "statements": statements}
