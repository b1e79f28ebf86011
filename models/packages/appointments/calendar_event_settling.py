from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ...common.carried import carried, get_carried
from .calendar_event import CANCELLED
from .placing import PLACING, Placing
from .touched import TOUCHED, UNSETTLED, Touched

#: In the cache of a transaction: how often events were deleted in it.
UNLINKS = "practice_event_unlinks"


class Given(NamedTuple):
    """A usual visit that is planned: what, by whom, from when on."""

    appointment_type: models.BaseModel
    practitioner: models.BaseModel
    start: datetime


#: What the type says and the module keeps; people write none of it, over no door.
KEPT_FIELDS = (
    *("practice_credits", "practice_package_id", "practice_late_policy", "practice_cancel_hours"),
    *("credit_error", "credit_retry_date", "credit_state", "credit_move_ids"),
)

#: Fields of which a change can move credits.
RELEVANT_FIELDS = {
    "practice_appointment_type_id",
    "patient_id",
    "practice_payer_id",
    "practice_credits",
    "attendance",
    "credit_waived",
    "active",
    "start",
    "start_date",
    "allday",
    "partner_ids",
    "attendee_ids",
    "recurrency",
}

#: In the context: Odoo itself asks everybody again, because a series was moved. An object, as above.
ASKED_AGAIN = object()

#: In the context: what is created inside of an operation is planned now, not made anew by Odoo. An object, as above.
PLANNED_NOW = object()


class CalendarEvent(models.Model):
    """Notice what Odoo does to appointments, and have their credits settled.

    An appointment can be created, moved, archived, deleted, declined, or rewritten as part of a series; all of it ends
    in one question to ``practice.credit.lot``, asked once Odoo has finished.
    """

    _inherit = "calendar.event"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = self._practice_add_defaults(vals_list)
        if not any(vals.get("practice_appointment_type_id") for vals in vals_list):
            return super().create(vals_list)
        outermost = not self._practice_is_settling()
        remade = not outermost and self.env.context.get("practice_planned") is not PLANNED_NOW
        types = self._practice_read_types(vals_list)
        with self._practice_settling() as settling:
            vals_list = [settling._practice_prepare_appointment_vals(vals, types, remade) for vals in vals_list]
            vals_list = [settling._practice_foresee_credit_state(vals) for vals in vals_list]
            patient_ids = [vals["patient_id"] for vals in vals_list if vals.get("patient_id")]
            events = super(CalendarEvent, settling.with_context(practice_patient_ids=patient_ids)).create(vals_list)
            settling._practice_touch(events, new=True)
        events = events.with_env(self.env)
        if outermost:
            with carried(self.env, Placing) as placing:
                events.with_context(**{PLACING: placing})._practice_place()
        return events

    @api.model
    def _practice_foresee_credit_state(self, vals):
        """Return ``vals`` with the credit state that settling leads to, so that no second statement has to write it.

        It is computed from the movements all the same, and written when it is another one.
        """
        takes = vals.get("practice_package_id") and vals.get("practice_credits") and vals.get("patient_id")
        return {**vals, "credit_state": "reserved"} if takes and vals["attendance"] == "planned" else vals

    def _practice_place(self):
        """Do what is done for new appointments once they are there. A hook."""

    def _practice_get_placed(self):
        """Return all that was planned together with these new appointments: them, and their series. A hook."""
        return self | self.recurrence_id.calendar_event_ids

    def _practice_get_rewritten(self, vals):
        """Return the events that writing ``vals`` on these has changed: of a series that Odoo rewrites, all of it."""
        rewrites = vals.keys() & {"recurrence_update", "recurrency"}
        return (self | self.recurrence_id.calendar_event_ids).exists() if rewrites else self

    def write(self, vals):
        self._practice_check_written(vals)
        if not self._practice_may_move_credits(vals):
            return super().write(vals)
        moves_series = vals.get("recurrence_update") in ("all_events", "future_events") and "active" not in vals
        with self._practice_settling(moved=moves_series) as settling:
            settling._practice_touch(self)
            if vals.get("attendance") == "planned":
                settling._practice_forget_declined()
            return super(CalendarEvent, settling).write(settling._practice_complete_appointment_vals(vals))

    def unlink(self):
        """Cancel appointments before they go. One whose credits have a history is archived instead, because the
        books refer to it."""
        appointments = self._practice_get_appointments()
        if not appointments:
            self._practice_count_unlink()
            return super().unlink()
        with self._practice_settling() as settling:
            settling._practice_touch(appointments)
            kept = appointments._practice_filter_kept()
            if kept:
                kept.with_env(settling.env).write({"active": False})
            (self - kept)._practice_count_unlink()
            return super(CalendarEvent, (self - kept).with_env(settling.env)).unlink()

    def _practice_count_unlink(self):
        if self:
            self.env.cr.cache[UNLINKS] = self.env.cr.cache.get(UNLINKS, 0) + 1

    def _practice_filter_kept(self):
        """Return those of these appointments that are archived when they are deleted. A hook."""
        return self._practice_hidden_sudo().filtered("credit_move_ids").with_env(self.env)

    def _practice_check_written(self, vals):
        """Demand of whoever writes what the dialogs demand.

        :raises AccessError: when people write what only the module writes
        :raises UserError: when credits are given back without a reason, or before they are used or lost
        """
        if self._practice_is_settling():
            return
        kept = [name for name in self._practice_get_kept_fields() if name in vals]
        if kept and not self.env.su:
            labels = ", ".join(field["string"] for field in self.fields_get(kept, ["string"]).values())
            raise AccessError(
                self.env._("%s: this follows from the appointment type, nobody writes it. Choose another type.", labels)
            )
        if vals.get("credit_waived"):
            self._practice_check_given_back()
        if vals.get("attendance") == "cancelled" and not self.env.su and not self.env.context.get("practice_reason"):
            self._practice_check_cancelled_in_time()

    def _practice_check_cancelled_in_time(self):
        """Refuse to cancel what costs credits, or has cost some already, without saying why they are given back."""
        if spent := self.filtered(lambda event: event._practice_get_spent_credits()):
            raise UserError(
                self.env._(
                    "%s: its credits are used or lost. Use the button Cancel Appointment, which asks why they go back.",
                    spent[0].name,
                )
            )
        late = self.filtered(lambda event: event.attendance == "planned" and event._practice_get_cancel_cost())
        if late:
            raise UserError(
                self.env._(
                    "%(appointment)s: cancelling was free until %(until)s. Use the button Cancel Appointment, which "
                    "says what it costs and asks why credits are given back all the same.",
                    appointment=late[0].name,
                    until=format_datetime(self.env, late[0].cancel_free_until, dt_format="short"),
                )
            )

    def _practice_check_given_back(self):
        if not self.env.context.get("practice_reason"):
            raise UserError(self.env._("Say why the credits are given back."))
        planned_sudo = self._practice_hidden_sudo().filtered(lambda event: event.attendance == "planned")
        if planned_sudo:
            raise UserError(
                self.env._(
                    "%s has not taken place: its credits are reserved, not used. Cancel it to give them back.",
                    planned_sudo[0].name,
                )
            )

    def _practice_is_settling(self):
        """Return whether this happens inside of another operation, which settles when it has finished."""
        return get_carried(self.env, TOUCHED, Touched) is not None

    @api.model
    def _practice_get_kept_fields(self):
        """Return the names of what only the module writes. A hook."""
        return KEPT_FIELDS

    def _practice_may_move_credits(self, vals):
        """Return whether writing ``vals`` can change where credits of appointments belong."""
        if not vals.keys() & (RELEVANT_FIELDS | self._get_recurrent_fields()):
            return False
        return bool(vals.get("practice_appointment_type_id") or self._practice_get_appointments())

    # === NOTICING WHAT HAPPENED === #

    @contextmanager
    def _practice_settling(self, moved=False):
        """Settle the credits of touched appointments once, when the outermost create, write or unlink has finished.

        Odoo archives and re-creates the events of a series in nested calls; looking only afterwards makes that one
        change, and an appointment that was merely re-created costs its patient nothing.

        :param bool moved: what disappears here was moved, not cancelled, so that no cancellation policy applies
        """
        if self._practice_is_settling():
            yield self
            return
        with carried(self.env, Touched) as touched:
            touched.moved, touched.unlinks = moved, self.env.cr.cache.get(UNLINKS)
            yield self.with_context(**{TOUCHED: touched})
            self._practice_settle(touched)

    def _practice_settle(self, touched):
        """Settle what an operation has touched, and tell those who have to know."""
        moved = touched.moved
        if moved:
            self._practice_keep_history(touched)
        events_sudo = self._practice_get_touched_sudo(touched)
        changed = events_sudo._practice_filter_changed(touched)
        changed._practice_follow_calendars(touched, moved)
        if events_sudo.with_context(**{TOUCHED: touched})._practice_take_along(touched, moved):
            events_sudo = self._practice_get_touched_sudo(touched)
            changed = events_sudo._practice_filter_changed(touched)
        if changed:
            anew = changed.filtered(
                lambda event: (
                    touched[event]
                    and touched[event]["payer"] != event.practice_payer_id.id
                    and not event._practice_is_cancelled()
                )
            )
            reason = self.env.context.get("practice_reason", False)
            self.env["practice.credit.lot"]._settle(changed, reason=reason, anew=anew)
        told = events_sudo.filtered(lambda event: event._practice_get_expected() != touched.expected[event])
        if told:
            told._practice_tell_changes(touched.expected, moved)

    def _practice_get_touched_sudo(self, touched):
        """Return the touched events that are there still; the database is asked when any were deleted meanwhile."""
        # sudo: whoever may change the appointment may have its credits settled; they are hidden from outsiders.
        events_sudo = self.sudo().browse(event.id for event in touched)
        return events_sudo if self.env.cr.cache.get(UNLINKS) == touched.unlinks else events_sudo.exists()

    def _practice_filter_changed(self, touched):
        """Return those of these events whose credits may belong elsewhere now."""
        return self.filtered(
            lambda event: touched[event] is None or event._practice_get_credit_facts() != touched[event]
        )

    def _practice_take_along(self, touched, moved):
        """Change what follows from the change of these events, with all rights, before credits are settled. A hook.

        :param Touched touched: the events of this operation, which :meth:`_practice_touch` adds to
        :param bool moved: a series was moved
        :return: whether others were touched
        """
        return False

    def _practice_keep_history(self, touched):
        """Put back what a rewritten series had that was marked already, instead of what Odoo re-created in its place.

        Odoo archives a series that changes and creates it again, the past included; the patient would pay a second
        time for a visit that took place.
        """
        events_sudo = self.sudo().browse(event.id for event in touched).exists()  # sudo: as in _practice_settling
        follow = events_sudo.with_context(**{TOUCHED: UNSETTLED})  # settled by whoever called this
        marked = follow.filtered(lambda event: not event.active and self._practice_was_marked(touched[event]))
        created = follow.filtered(lambda event: event.active and touched[event] is None)
        for event in marked:
            double = min(created, key=lambda new, event=event: abs(new.start - event.start), default=None)
            if double:
                created -= double
                double.unlink()
            event.active = True

    @api.model
    def _practice_was_marked(self, before):
        return bool(before and before["attendance"] not in (False, "planned") and not before["archived"])

    def _practice_touch(self, events, new=False):
        """Remember what is true of ``events`` before the first change of this operation."""
        touched = self.env.context[TOUCHED]
        if touched is UNSETTLED:
            return
        # sudo: the fields are hidden from employees outside the practice. Nothing of other events, which the user may
        # have found together with these, is fetched with them (see _practice_hidden_sudo).
        for event in events.sudo().with_prefetch(events._ids):
            if new:
                # Odoo may have written on it already, while it created the rest of the series.
                touched[event] = touched.expected[event] = touched.given[event] = None
            elif event not in touched:
                touched[event] = event._practice_get_credit_facts()
                touched.expected[event] = event._practice_get_expected()
                touched.given[event] = event._practice_get_given()

    def _practice_get_credit_facts(self):
        """Return everything about this appointment that decides where its credits belong."""
        return {
            "type": self.practice_appointment_type_id.id,
            "package": self._practice_get_package().id,
            "patient": self.patient_id.id,
            "payer": self.practice_payer_id.id,
            "credits": self.practice_credits,
            "attendance": self.attendance,
            "waived": self.credit_waived,
            "archived": not self.active,
            "called_off": self._practice_is_called_off(),
            "day": self.attendance == "planned" and self._practice_get_visit_day(),
        }

    def _practice_get_expected(self):
        """Return who is expected at this appointment and when: ``(patient id, start)``.

        ``None`` when it does not take place, has no patient or has begun.
        """
        self.ensure_one()
        if self.attendance != "planned" or not self.active or self.start <= fields.Datetime.now():
            return None
        return (self.patient_id.id, self.start) if self.patient_id and self.practice_appointment_type_id else None

    def _practice_get_given(self):
        """Return what is planned as :class:`Given`; ``None`` when it does not take place. A hook."""
        self.ensure_one()
        if self.attendance != "planned" or not self.active or not self.user_id or self.allday:
            return None
        return Given(self.practice_appointment_type_id, self.user_id, self.start)

    def _practice_tell_changes(self, before, moved):
        """Tell patients that these appointments, with all rights, were planned, moved or cancelled. A hook.

        :param dict before: ``{event: what _practice_get_expected said}`` before the operation, of these and others
        :param bool moved: a series was moved: what disappeared was made again at another time
        """

    def _practice_forget_declined(self):
        """Ask those again who declined for the patient: the appointment is planned whatever they said."""
        for event in self.sudo():  # sudo: who the patient is
            declined = event._practice_get_speakers().filtered(lambda it: it.state == "declined")
            declined.with_context(practice_answers=ASKED_AGAIN).write({"state": "needsAction"})

    def _reset_attendees_status(self):
        return super(CalendarEvent, self.with_context(practice_answers=ASKED_AGAIN))._reset_attendees_status()

    def _practice_is_called_off(self):
        """Return whether the calendar says that this appointment does not take place: archived, or declined."""
        return not self.active or self._practice_is_declined()

    def _practice_is_declined(self, also=()):
        """Return whether the patient has declined.

        A patient without e-mail is invited through those who represent them, and declines when all of them do.

        :param also: attendees who are about to decline
        """
        declined = self.attendee_ids.filtered(lambda attendee: attendee.state == "declined" or attendee in also)
        if not declined:
            return False
        if self.patient_id in declined.partner_id:
            return True
        representatives = self._practice_get_speakers().filtered(lambda it: it.partner_id != self.patient_id)
        return bool(representatives) and representatives <= declined

    def _practice_get_speakers(self):
        """Return the attendees whose answers are the patient's: their own or, of a patient without e-mail, those of who
        represents them."""
        patient = self.patient_id
        if not self.env.context.get("prefetch_fields", True):
            # Only events are read field by field: of a patient more is asked later.
            patient = patient.with_context(prefetch_fields=True)
        people = patient if patient.email else patient | patient.practice_representative_ids
        return self.attendee_ids.filtered(lambda attendee: patient and attendee.partner_id in people)

    def _practice_follow_calendars(self, touched, moved):
        # What is planned and no calendar calls off stays as it is.
        declined = self.attendee_ids.filtered(lambda attendee: attendee.state == "declined").event_id
        for event in self:
            if not event.active or event.attendance != "planned" or event in declined:
                event._practice_follow_calendar(touched[event], moved)

    def _practice_follow_calendar(self, before, moved):
        """Mark an archived or declined appointment as cancelled, late or in time; a restored one as planned."""
        called_off = self._practice_is_called_off()
        if called_off and self.attendance == "planned":
            attendance = "late_cancelled" if self._practice_is_late() and not moved else "cancelled"
        elif not called_off and self.attendance in CANCELLED and before and before["called_off"]:
            attendance = "planned"
        else:
            return
        self.with_context(**{TOUCHED: UNSETTLED}).attendance = attendance  # settled by whoever called this
