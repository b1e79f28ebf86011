from collections import defaultdict
from datetime import timedelta

import pytz

from odoo import fields, models
from odoo.tools.mail import plaintext2html

from ....tools.dates import naive_utc
from ....tools.imports import fold, parse_minutes, parse_moment
from ....tools.slots import span_of_days, week_of
from .data_import_run import QUIET, Ready


class PracticeDataImport(models.Model):
    """Appointments to come: planned by the rules of the form, with the credits that the patient has.

    Nobody is told of them: patients know. Reminders go out as for all others.
    """

    _inherit = "practice.data.import"

    def _import_appointments(self, sheet, rows, outcome):
        """Import rows of appointments that no earlier import knows."""
        patients = self._find_patients(sheet, rows, outcome)
        types, givers = self._find_named("practice.appointment.type"), self._find_practitioners()
        ready = []
        for row in rows:
            appointment_type = self._pick_type(row, sheet, outcome, types)
            giver = appointment_type and self._pick_giver(row, sheet, outcome, appointment_type, givers)
            span = self._judge_span(row, sheet, outcome, appointment_type)
            if row.number not in outcome.refused:
                vals = {
                    "practice_appointment_type_id": appointment_type.id,
                    "name": appointment_type.name,
                    "patient_id": patients[row.number].id,
                    "user_id": giver.id,
                    "start": span[0],
                    "stop": span[1],
                }
                ready.append(Ready(row, self._get_reference(row), vals))
        for together in self._part(ready):
            self._make_safely(self._judge_places(sheet, together, outcome), self._make_appointments, outcome)

    def _make_appointments(self, ready):
        """Plan the appointments of rows; return them. Notes are for the practice: the patient's calendar has none."""
        events = self.env["calendar.event"].with_context(**QUIET).create([it.vals for it in ready])
        notes = {
            event.id: plaintext2html(it.row.text("note"))
            for it, event in zip(ready, events, strict=True)
            if "note" in it.row.cells
        }
        if notes:
            events.browse(notes)._message_log_batch(bodies=notes)
        return events

    # === WHAT A ROW SAYS === #

    def _pick_type(self, row, sheet, outcome, types):
        appointment_type = self._pick(row, sheet, outcome, "type", types)
        if appointment_type and appointment_type.places > 1:
            message = self.env._(
                "%s is for several patients. Plan it in the calendar and add the participants there.",
                appointment_type.name,
            )
            self._refuse(row, sheet, outcome, "type", message)
        return appointment_type

    def _find_practitioners(self):
        """Return ``{login, e-mail address or name: users}`` of who can give appointments, as :func:`fold` compares."""
        found = defaultdict(self.env["res.users"].browse)
        domain = [("share", "=", False), ("company_ids", "in", self.company_id.ids)]
        for user in self.env["res.users"].search(domain):
            for text in {user.login, user.email, user.name} - {False}:
                found[fold(text)] |= user
        return found

    def _pick_giver(self, row, sheet, outcome, appointment_type, givers):
        """Return who gives the appointment of a row: who it names, else the only one who gives the type."""
        of_type = appointment_type.practitioner_ids
        if "practitioner" not in row.cells:
            if len(of_type) == 1:
                return of_type
            message = self.env._("Several people, or nobody, give %s: write who.", appointment_type.name)
            self._refuse(row, sheet, outcome, "practitioner", message)
            return None
        found = givers.get(fold(row.text("practitioner")), self.env["res.users"])
        if len(found) == 1:
            return found
        if found:
            message = self.env._("%s people have this name. Write the login.", len(found))
        else:
            message = self.env._("Nobody in %s has this login, e-mail address or name.", self.company_id.name)
        self._refuse(row, sheet, outcome, "practitioner", message)
        return None

    def _judge_span(self, row, sheet, outcome, appointment_type):
        """Return when the appointment of a row begins and ends, in naive UTC; the file has the practice's clock."""
        local = self._parse(row, sheet, outcome, "start", parse_moment, "time")
        minutes = self._parse(row, sheet, outcome, "duration", parse_minutes)
        if not local or not appointment_type:
            return None
        try:
            start = naive_utc(pytz.timezone(self.company_id.practice_tz).localize(local, is_dst=None))
        except pytz.NonExistentTimeError:
            message = self.env._("The clocks change in this night, and skip this time: write another one.")
            self._refuse(row, sheet, outcome, "start", message)
            return None
        except pytz.AmbiguousTimeError:
            start = naive_utc(pytz.timezone(self.company_id.practice_tz).localize(local))
        if start <= fields.Datetime.now():
            message = self.env._("This is over, or has begun: only appointments to come are imported.")
            self._refuse(row, sheet, outcome, "start", message)
            return None
        return start, start + timedelta(hours=minutes / 60 if minutes else appointment_type.duration)

    # === WHETHER IT FITS === #

    def _part(self, ready):
        """Return rows in parts that are planned one after the other: appointments of one part are not in one another's
        way, whoever and whatever they need, so that each is judged against those before it."""
        parts, taken = [], []
        for it in ready:
            needs = self._get_needs(it.vals)
            number = next(
                (
                    number
                    for number, busy in enumerate(taken)
                    if not any(
                        start < until and since < stop
                        for need, (since, until) in needs.items()
                        for start, stop in busy[need]
                    )
                ),
                len(parts),
            )
            if number == len(parts):
                parts.append([])
                taken.append(defaultdict(list))
            parts[number].append(it)
            for need, span in needs.items():
                taken[number][need].append(span)
        return parts

    def _get_needs(self, vals):
        """Return what an appointment needs for itself, and from when until when: ``{what: (start, stop)}``.

        That is its people, any room of its type, and the week of a patient whose visits are counted.
        """
        appointment_type = self.env["practice.appointment.type"].browse(vals["practice_appointment_type_id"])
        margin = timedelta(minutes=appointment_type.buffer_before + appointment_type.buffer_after)
        span = vals["start"] - margin, vals["stop"] + margin
        giver = self.env["res.users"].browse(vals["user_id"]).partner_id
        needs = {
            vals["patient_id"]: span,
            giver.id: span,
            **{f"room {it.id}": span for it in appointment_type.room_ids},
        }
        if appointment_type.package_id.weekly_visits:
            monday, sunday = week_of(self.company_id._practice_day(vals["start"]))
            needs[f"week of {vals['patient_id']}"] = span_of_days(monday, sunday, self.company_id.practice_tz)
        return needs

    def _judge_places(self, sheet, ready, outcome):
        """Return those of these rows whose appointment fits: everybody is free, and there are credits for it.

        Creating them asks the same again; asked before, many that do not fit cost no more than one.
        """
        if not ready:
            return []
        events = {it.row.number: self.env["calendar.event"].new(it.vals) for it in ready}
        union = self.env["calendar.event"].union(*events.values())
        conflicts = union._practice_find_conflicts()
        for it in ready:
            if said := conflicts.get(events[it.row.number]):
                self._refuse(it.row, sheet, outcome, "start", " ".join(said))
        fitting = [it for it in ready if not conflicts.get(events[it.row.number])]
        requests = [
            (event, event.practice_appointment_type_id.package_credits)
            for it in fitting
            if (event := events[it.row.number]) and event.practice_appointment_type_id.package_id
        ]
        _chosen, missing = self.env["practice.credit.lot"]._allocate(requests)
        for it in fitting:
            if number := missing.get(events[it.row.number]):
                self._refuse(it.row, sheet, outcome, "patient", self._describe_short(events[it.row.number], number))
        return [it for it in fitting if events[it.row.number] not in missing]

    def _describe_short(self, event, missing):
        return self.env._(
            "%(patient)s lacks credits of %(package)s for that day: %(missing)s. Import their open credits first, or "
            "sell a package.",
            patient=event.patient_id.name,
            package=event.practice_appointment_type_id.package_id.name,
            missing=missing,
        )
