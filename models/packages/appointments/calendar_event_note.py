from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .placing import get_placing

#: Marks of a visit at which a note was read, or will be: what was written before it is not shown after it.
READ_AT = ("planned", "attended")


class CalendarEvent(models.Model):
    """What staff wants to remember until the patient comes again. For staff only, over every door."""

    _inherit = "calendar.event"

    practice_next_note = fields.Text(
        string="For the Next Visit",
        groups="practice_billing.group_user",
        copy=False,
        help="Only the practice sees it: at the patient's next visit. It is never mailed.",
    )
    practice_note = fields.Text(
        string="Note from Before",
        compute="_compute_practice_note",
        groups="practice_billing.group_user",
        help="What was noted for this visit at the one before.",
    )

    # What the notes of patients are searched by.
    _practice_noted_idx = models.Index("(patient_id) WHERE practice_next_note IS NOT NULL")

    @api.model
    def _practice_get_questions(self, people):
        noted = SQL(
            "EXISTS (SELECT FROM calendar_event WHERE patient_id = ANY(%s) AND practice_next_note IS NOT NULL)",
            people.ids,
            to_flush=[self._fields[name] for name in ("patient_id", "practice_next_note")],
        )
        return {**super()._practice_get_questions(people), "noted": noted}

    def _practice_place(self):
        result = super()._practice_place()
        placed_sudo = self._practice_hidden_sudo()
        if get_placing(self.env).rules_out("noted", placed_sudo.patient_id):
            placed_sudo.practice_note = False  # kept for the form that shows it when it was saved
        return result

    @api.depends("patient_id", "start", "practice_appointment_type_id", "attendance")
    def _compute_practice_note(self):
        notes = self._practice_get_notes()
        for event in self:
            event.practice_note = "\n".join(notes.get(event, ())) or False

    def _practice_get_notes(self):
        """Return ``{appointment: [note]}``: what was noted for each since the last visit before it.

        That is one that took place or is planned, of the same patient and practice; what was noted at a visit that was
        missed or cancelled waits for the next one.
        """
        asked = self.filtered(lambda event: event.patient_id and event.start and event.practice_appointment_type_id)
        if not asked:
            return {}
        events, last = self.with_context(active_test=False), max(asked.mapped("start"))
        # Hardly anybody has a note, so only of those who have it is asked whether the user may read it.
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM calendar_event
                    WHERE patient_id = ANY(%s) AND practice_next_note IS NOT NULL AND start < %s ORDER BY start, id""",
                asked.patient_id._origin.ids,
                last,
                to_flush=[self._fields[name] for name in ("patient_id", "practice_next_note", "start")],
            )
        )
        noted = events.browse(id_ for [id_] in rows)._filtered_access("read")
        if not noted:
            return {}
        read = events.search_fetch(
            Domain("patient_id", "in", noted.patient_id.ids)
            & Domain("start", ">=", noted[0].start)
            & Domain("start", "<", last)
            & Domain("attendance", "in", READ_AT),
            ["start", "patient_id", "practice_appointment_type_id"],
            order="start, id",
        )
        found = defaultdict(list)
        for event in asked:
            before = event._practice_filter_before(read)[-1:]
            for other in event._practice_filter_before(noted):
                if not before or other.start >= before.start:
                    found[event].append(other.practice_next_note)
        return found

    def _practice_filter_before(self, events):
        """Return those of ``events`` of the same patient and practice that begin before this one."""
        company, patient = self._practice_get_company(), self.patient_id._origin
        return events.filtered(
            lambda other: (
                other.patient_id == patient
                and other.start < self.start
                and other != self._origin
                and other._practice_get_company() == company
            )
        )
