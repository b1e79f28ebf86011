from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .placing import PLACING, take_placing
from .touched import TOUCHED, UNSETTLED

#: Appointments that are named at most, of those that collide.
MOST_LINES = 10

#: Fields of which a change can make an appointment collide with something else.
PLACING_FIELDS = {
    *("practice_appointment_type_id", "patient_id", "user_id", "practice_room_id", "attendance", "active"),
    *("start", "stop", "start_date", "stop_date", "allday", "duration", "recurrency", "recurrence_update"),
}


class CalendarEvent(models.Model):
    """An appointment at a time at which somebody is busy is planned on purpose only: with a reason, which is kept."""

    _inherit = "calendar.event"

    practice_overrule_reason = fields.Char(
        string="Planned All the Same",
        groups="practice_billing.group_user",
        copy=False,
        tracking=True,
        help="Why the appointment is planned although somebody is busy then, or does not work.",
    )
    practice_conflict = fields.Text(
        compute="_compute_practice_conflict",
        groups="practice_billing.group_user",
        help="What else is at this time.",
    )
    practice_asks_reason = fields.Boolean(
        compute="_compute_practice_conflict",
        groups="practice_billing.group_user",
        help="Saving it needs a reason: it is new, or moved, into a conflict.",
    )

    @api.depends(
        lambda self: [
            *("practice_appointment_type_id", "patient_id", "user_id", "practice_room_id", "attendance"),
            *("start", "stop", "allday", "start_date", "stop_date", "recurrency"),
            *sorted(self._get_recurrent_fields()),
        ]
    )
    def _compute_practice_conflict(self):
        placed = self.filtered(lambda event: event.practice_appointment_type_id and event.start and event.stop)
        visits = {event: event._practice_foresee_visits() for event in placed}
        conflicts = self.browse().union(*visits.values())._practice_find_conflicts()
        self.practice_conflict = self.practice_asks_reason = False
        for event in self if conflicts else ():
            lines = event._practice_describe_conflicts(visits.get(event, event), conflicts)
            event.practice_conflict = "\n".join(lines) or False
            event.practice_asks_reason = bool(lines) and event._practice_is_placed_anew()

    def _practice_foresee_visits(self):
        """Return this appointment, or all of the series that it is about to become."""
        self.ensure_one()
        starts = self._practice_get_starts()
        if len(starts) == 1:
            return self
        length = self.stop - self.start
        placing = ("practice_appointment_type_id", "patient_id", "user_id", "practice_room_id", "attendance", "allday")
        vals = self._convert_to_write({name: self[name] for name in placing})
        return self.union(*(self.new({**vals, "start": start, "stop": start + length}) for start in starts))

    def _practice_describe_conflicts(self, visits, conflicts):
        """Return in sentences what is in the way of this appointment; of a series each begins with its day."""
        if visits == self:
            return conflicts.get(self, [])
        colliding = [event for event in visits.sorted("start") if conflicts.get(event)][:MOST_LINES]
        return [f"{event._practice_describe_start()}: {' '.join(conflicts[event])}" for event in colliding]

    def _practice_is_placed_anew(self):
        """Return whether a form has something else of this appointment than the database that can collide.

        What came too close since it was planned is shown, and keeps nobody from marking or cancelling it.
        """
        self.ensure_one()
        saved = self._origin
        moments = ("start", "stop", "allday", "start_date", "stop_date", "attendance")
        people = ("practice_appointment_type_id", "patient_id", "user_id", "practice_room_id")
        moved = any(self[name] != saved[name] for name in moments)
        return not saved or moved or any(self[name]._origin != saved[name] for name in people)

    @api.onchange("start", "stop", "user_id", "patient_id", "practice_room_id")
    def _onchange_practice_overrule_reason(self):
        """A reason is for one time and these people."""
        self.practice_overrule_reason = False

    # === CRUD METHODS === #

    def _practice_place(self):
        result = super()._practice_place()
        if not self.env.su:
            placed = self._practice_get_placed()
            said_sudo = placed._practice_hidden_sudo().filtered("practice_overrule_reason")
            reasons = {event.recurrence_id.id: event.practice_overrule_reason for event in said_sudo}
            placed._practice_check_conflicts(reasons)
        return result

    def write(self, vals):
        if self.env.su or self._practice_is_settling() or not vals.keys() & PLACING_FIELDS:
            return super().write(vals)
        placed = self._practice_get_appointments() or vals.get("practice_appointment_type_id")
        if not placed or not self._practice_is_staff():
            return super().write(vals)
        # Whoever moves it says it anew.
        result = super().write({"practice_overrule_reason": False, **vals})
        events = self._practice_get_rewritten(vals)
        moves_series = vals.get("recurrence_update") in ("all_events", "future_events") or vals.get("recurrency")
        reason = moves_series and vals.get("practice_overrule_reason")
        events._practice_check_conflicts(dict.fromkeys(events.recurrence_id.ids, reason))
        return result

    def _practice_check_conflicts(self, reasons=None):
        """Refuse appointments at a time at which somebody is busy or does not work, unless it was said why.

        :param dict reasons: ``{id of a series: why}``: what was said of a series holds for those of it that collide
        :raises UserError: naming each of the others
        """
        placed = self._practice_get_appointments()._practice_hidden_sudo()
        asked = placed.filtered(lambda event: event.active and not event.practice_overrule_reason)
        if not asked:
            return
        # Of two who plan at once, one looks again and finds what the other one planned.
        people = asked._practice_get_needed_people()
        with take_placing(self.env) as placing:
            placing.wait_for_turn(people, self._practice_get_questions(people))
            asked = asked.with_context(**{PLACING: placing})
            # Looked for anew, and kept for the form that shows it when it was saved.
            asked.invalidate_recordset(["practice_conflict", "practice_asks_reason"], flush=False)
            conflicted = asked.filtered("practice_conflict")
            placing.take_turn(self.env)
        for series_id, events in conflicted.grouped(lambda event: event.recurrence_id.id).items():
            if series_id and (reason := (reasons or {}).get(series_id)):
                # Part of what is happening to the series.
                events.with_context(**{TOUCHED: UNSETTLED}).practice_overrule_reason = reason
                conflicted -= events
        if conflicted:
            lines = [
                f"{event._practice_describe_start()}: {event.practice_conflict.replace(chr(10), ' ')}"
                for event in conflicted
            ]
            raise UserError(
                self.env._(
                    "%s\nChoose another time, or open the appointment and say why it is planned all the same.",
                    "\n".join(lines[:MOST_LINES]),
                )
            )

    @api.model
    def _practice_get_questions(self, people):
        """Return what else is asked of ``people`` for whom appointments are planned: ``{name: SQL condition}``. A hook.

        See :meth:`.placing.Placing.rules_out`.
        """
        return {}

    # === WHAT IS IN THE WAY === #

    def _practice_filter_coming(self):
        """Return those of these appointments that are planned and not over, saved or still in a form."""
        now = fields.Datetime.now()
        return self.filtered(lambda event: event.attendance in (False, "planned") and event.stop and event.stop > now)

    def _practice_find_conflicts(self):
        """Return ``{appointment: [sentences]}`` of those to come that collide with something."""
        coming = self._practice_filter_coming()
        return coming._practice_collect_conflicts() if coming else {}

    def _practice_collect_conflicts(self):
        """Return ``{appointment: [sentences]}`` of those at whose time somebody is busy. A hook; all are to come."""
        conflicts = defaultdict(list)
        for event, people in self._practice_find_busy_people().items():
            for person, gap in people.items():
                conflicts[event].append(self._practice_describe_busy(person, gap))
        return conflicts

    @api.model
    def _practice_describe_busy(self, person, gap):
        if not gap:
            return self.env._("%s has something else at this time.", person.name)
        return self.env._(
            "%(person)s has something else too close to it: %(minutes)s minutes stay free in between.",
            person=person.name,
            minutes=gap // timedelta(minutes=1),
        )
