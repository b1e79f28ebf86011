from urllib.parse import urlencode

import vobject

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...common.words import count_credits
from ..appointments.placing import get_placing


class CalendarEvent(models.Model):
    """What patients see of appointments on the portal, and what they may do."""

    _inherit = "calendar.event"

    def _practice_collect_conflicts(self):
        """Name those too whose own working hours are known and do not hold the appointment."""
        conflicts = super()._practice_collect_conflicts()
        if get_placing(self.env).rules_out("own_hours", self.user_id._origin.partner_id):
            return conflicts
        for appointment_type, events in self.grouped("practice_appointment_type_id").items():
            timed = events.filtered(lambda event: event.user_id and not event.allday and not event.practice_group_id)
            for event in appointment_type._origin._practice_filter_outside_hours(timed):
                words = self.env._("%s does not work at this time.", event.user_id.name)
                conflicts[event].append(words)
        return conflicts

    @api.model
    def _practice_get_questions(self, people):
        resources = self.env["resource.resource"]._fields
        own_hours = SQL(
            """EXISTS (SELECT FROM resource_resource resource JOIN res_users ON res_users.id = resource.user_id
                        WHERE res_users.partner_id = ANY(%s) AND resource.calendar_id IS NOT NULL)""",
            people.ids,
            to_flush=[resources["user_id"], resources["calendar_id"], self.env["res.users"]._fields["partner_id"]],
        )
        return {**super()._practice_get_questions(people), "own_hours": own_hours}

    @api.model
    def _practice_get_portal_domain(self, patients, *, coming=None):
        """Return the appointments of ``patients``; ``coming`` ones, past ones (also cancelled), or all."""
        domain = Domain("practice_appointment_type_id", "!=", False) & Domain("patient_id", "in", patients.ids)
        domain &= Domain("active", "in", (True, False))
        planned = Domain("attendance", "=", "planned") & Domain("stop", ">", fields.Datetime.now())
        if coming is None:
            return domain
        return domain & (planned if coming else ~planned)

    def _practice_prepare_portal_values(self):
        """Return what the portal shows of these appointments, in the order given: nothing that staff noted."""
        sessions = self.env["practice.credit.lot"]._get_sessions(self)
        labels = dict(self._fields["attendance"]._description_selection(self.env))
        return [event._practice_prepare_portal_value(sessions.get(event), labels) for event in self]

    def _practice_prepare_portal_value(self, session, labels):
        self.ensure_one()
        practice = self._practice_get_company()
        lot, number = session or (None, 0)
        return {
            "id": self.id,
            "type": self.practice_appointment_type_id.name,
            "type_id": self.practice_appointment_type_id.id,
            "patient": self.patient_id.name,
            "patient_id": self.patient_id.id,
            "practitioner": self.user_id.name,
            "when": self._practice_describe_start(),
            "until": self._practice_describe_moment(self.stop, "HH:mm"),
            "tz": practice.practice_tz,
            "place": self._practice_get_place(),
            "route_url": self._practice_get_route_url(),
            "session": lot and self.env._("session %(number)s of %(total)s", number=number, total=lot._count_kept()),
            "state": self.attendance,
            "label": labels[self.attendance],
            "can_cancel": self._practice_can_be_cancelled_by_patient(),
            "can_move": self._practice_can_be_moved_by_patient(),
            "credits": self.practice_credits,
            "takes_credits": self.credit_state == "reserved",
            # Whole credits: what cancelling costs now, and what it costs once it is late.
            "cancel_cost": self._practice_get_cancel_cost(),
            "late_cost": self._practice_get_late_cost() if self.credit_state == "reserved" else 0,
            # … and what came back and was lost, once it is cancelled.
            **self._practice_prepare_given_back(),
            "free_until": self._practice_describe_moment(self.cancel_free_until, "EEEE d MMMM, HH:mm"),
        }

    def _practice_prepare_given_back(self):
        """Return in words how many credits this appointment has given back, and how many it has lost."""
        lost = self._practice_get_late_cost() if self.credit_state == "forfeited" else 0
        back = self.practice_credits - lost if self.credit_state in ("returned", "forfeited") else 0
        return {
            "came_back": back and count_credits(self.env, back),
            "lost": lost and count_credits(self.env, lost),
        }

    def _practice_cancel_by_patient(self, known_cost, attendee=None):
        """Cancel this appointment with the policy of this moment, and tell the practice.

        :param int known_cost: the whole credits that the patient was told it costs
        :param attendee: whose invitation is declined: the appointment stays in the calendar, so that the patient can
            undo it; by default it leaves the calendar
        :return: whether it was cancelled; not when it costs more by now
        :raises UserError: when it can no longer be cancelled
        """
        self.ensure_one()
        self._practice_check_declinable()
        if self._practice_get_cancel_cost() > known_cost:
            return False
        if attendee:
            self._practice_notify_cancelled()
            attendee.with_context(practice_answered_by=attendee.partner_id.id).do_decline()
        else:
            self._practice_cancel_planned()
        return True

    def _practice_get_portal_ics(self, cancelled=False):
        """Return these appointments as one iCalendar file: what, when, where; no notes, nobody's names.

        :param bool cancelled: take them out of the calendar of whom the file is for
        """
        calendar = vobject.iCalendar()
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")  # sudo: makes the events unique
        now = fields.Datetime.now().replace(tzinfo=vobject.icalendar.utc)
        for event in self:
            practice = event._practice_get_company()
            entry = calendar.add("vevent")
            entry.add("uid").value = f"{uuid}-{event.id}"
            entry.add("dtstamp").value = now
            # What was moved or cancelled replaces what a calendar has.
            entry.add("sequence").value = str(int(now.timestamp()) // 60)
            entry.add("dtstart").value = event.start.replace(tzinfo=vobject.icalendar.utc)
            entry.add("dtend").value = event.stop.replace(tzinfo=vobject.icalendar.utc)
            entry.add("summary").value = f"{event.practice_appointment_type_id.name}, {practice.name}"
            entry.add("location").value = event._practice_get_place()
            if cancelled or event._practice_is_called_off() or event._practice_is_cancelled():
                entry.add("status").value = "CANCELLED"
        return calendar.serialize().encode()

    def _practice_get_place(self):
        """Return where this appointment is: by default where the practice is."""
        self.ensure_one()
        return self.location or self._practice_get_company()._practice_get_portal_address()

    def _practice_get_route_url(self):
        """Return where a map shows the way to this appointment; nothing when it is a call, or nobody says where."""
        place = self._practice_get_place()
        if not place or "://" in place:
            return ""
        return f"https://www.google.com/maps/dir/?{urlencode({'api': 1, 'destination': place})}"
