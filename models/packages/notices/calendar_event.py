from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

from ....tools.notices import Change, pair_moved


class Told(NamedTuple):
    """What a patient is to be told: the change of their appointment, which may have been made anew in its series."""

    event: models.BaseModel
    former: models.BaseModel
    patient: models.BaseModel
    change: Change

    def get_ways(self, waiting):
        """Return who is told and how: who is written to about the patient, and who would have been told what waits.

        :return: ``[(contact, channel)]``
        """
        ways = dict.fromkeys(self.event._practice_get_ways(self.patient))
        for event, patient, *way in waiting:
            if patient == self.patient and event in (self.event, self.former):
                ways[tuple(way)] = None
        return list(ways)


class CalendarEvent(models.Model):
    """Patients are told of their appointments by the practice's own messages.

    Practitioners and other participants get the invitations of Odoo's calendar.
    """

    _inherit = "calendar.event"

    practice_notice_ids = fields.One2many(
        "practice.appointment.notice",
        "event_id",
        string="Messages to the Patient",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
    )

    # === WHAT HAPPENED === #

    def _practice_tell_changes(self, before, moved):
        result = super()._practice_tell_changes(before, moved)
        mute = self._practice_is_mute()
        if mute and not self.practice_notice_ids:
            return result  # nobody is told, and nothing waits to be told
        notices_sudo = self.env["practice.appointment.notice"].sudo()  # sudo: written by the module only
        actors = [self.env.user.partner_id.id, self.env.context.get("practice_answered_by")]
        notices_sudo._follow(self._practice_get_told(before, moved), mute, actors)
        return result

    @api.model
    def _practice_is_mute(self):
        """Return whether nobody is to be e-mailed about what happens to events: as Odoo's calendar sees it."""
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # sudo: whether this server sends any
        return bool(self.env.context.get("no_mail_to_attendees") or parameters_sudo.get_param("calendar.block_mail"))

    def _practice_get_told(self, before, moved):
        """Return what changed for the patients of these appointments: a list of :class:`Told`."""
        nobody, patients = self.browse(), self.env["res.partner"]
        told, gone, new = [], {}, {}
        for event in self:
            (was_id, was), (is_id, now) = before[event] or (None, None), event._practice_get_expected() or (None, None)
            if was_id and was_id == is_id:
                told.append(Told(event, nobody, patients.browse(is_id), Change(was, now)))
                continue
            if was_id:
                gone.setdefault(was_id, {})[event] = was
            if is_id:
                new.setdefault(is_id, {})[event] = now
        for patient_id in gone.keys() | new.keys():
            left, right = gone.get(patient_id, {}), new.get(patient_id, {})
            both = pair_moved(left, right) if moved else [*((it, None) for it in left), *((None, it) for it in right)]
            for former, event in both:
                change = Change(left.get(former), right.get(event))
                told.append(Told(event or former, former or nobody, patients.browse(patient_id), change))
        return told

    def _practice_filter_kept(self):
        """Keep what a patient was told of, so that it can be seen what they know."""
        told_sudo = self._practice_hidden_sudo().filtered(
            lambda event: any(notice.state == "sent" for notice in event.practice_notice_ids)
        )
        return super()._practice_filter_kept() | told_sudo.with_env(self.env)

    def _practice_get_ways(self, patient, channels=None):
        """Return who is told about ``patient``, and how: ``[(contact, channel)]``.

        That is the first of ``channels`` over which somebody can be reached. Over none: the patient, so that the notice
        says why nobody was told.

        :param tuple channels: by default those in which the type tells what happens to its appointments
        """
        for channel in channels or self.practice_appointment_type_id._get_channels():
            if channel == "email":
                people = patient._practice_get_mail_recipients()
            else:
                people = patient._practice_get_sms_recipients(self._practice_get_company())
            if people:
                break
        return [(partner, channel) for partner in people or patient]

    # === SENDING AGAIN === #

    def action_practice_send_again(self):
        """Tell the patients of these appointments what is true now, whatever they were told before.

        :raises UserError: when one has begun, or is no appointment of a patient
        """
        self.check_access("write")
        if not all(self.mapped("patient_id")):
            raise UserError(self.env._("Choose appointments of patients: there is nobody to write to."))
        for event in self:
            event._practice_send_again(event._practice_get_ways(event.patient_id))

    def _practice_send_again(self, ways):
        """Tell that this appointment takes place, or does not, in the next minute.

        :param ways: who is told, and how: of ``(contact, channel)``
        """
        notices_sudo = self.env["practice.appointment.notice"].sudo()  # sudo: written by the module only
        notices_sudo._check_can_be_told(self)
        events_sudo = self.sudo()  # sudo: as above
        waiting_sudo = events_sudo.practice_notice_ids.filtered(
            lambda it: it.state == "waiting" and it.kind != "reminder" and (it.partner_id, it.channel) in ways
        )
        waiting_sudo.unlink()
        vals_list = [
            notices_sudo._prepare_vals(
                event, event.patient_id, partner, event._practice_get_kind(), event.start, channel=channel
            )
            for event in events_sudo
            for partner, channel in ways
        ]
        notices_sudo._note([{**vals, "state": "waiting", "reason": False} for vals in vals_list])

    def _practice_get_kind(self):
        """Return the notice that says what is true of this appointment."""
        return "confirmation" if self._practice_get_expected() else "cancelled"
