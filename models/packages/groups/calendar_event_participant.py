from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...common.carried import carried
from ..appointments.calendar_event import NOT_CANCELLED
from ..appointments.calendar_event_settling import PLANNED_NOW
from ..appointments.placing import PLACING, Placing
from ..appointments.touched import TOUCHED
from .calendar_event import SHARED_FIELDS

#: Of whoever takes part, nobody writes these: they follow the group.
FOLLOWED_FIELDS = {*SHARED_FIELDS, "duration", "recurrency", "practice_places"}


class CalendarEvent(models.Model):
    """How patients join a group, move to another one, and what their visits are made of."""

    _inherit = "calendar.event"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = self._practice_add_defaults(vals_list)
        if not self._practice_is_settling() and any("practice_participant_ids" in vals for vals in vals_list):
            self._practice_check_written({"practice_participant_ids": True})
        if not any(vals.get("practice_group_id") or vals.get("practice_patient_ids") for vals in vals_list):
            return super().create(vals_list)
        outermost = not self._practice_is_settling()
        # Whoever joins a series that is being planned comes to all of it, or to nothing.
        with self.with_context(practice_planned=PLANNED_NOW)._practice_settling() as settling:
            ids = [vals["patient_id"] for vals in vals_list if vals.get("patient_id")]
            patients_sudo = self.env["res.partner"].sudo().browse(ids)  # sudo: who is invited
            vals_list = [settling._practice_complete_participant_vals(vals, patients_sudo) for vals in vals_list]
            if len(ids) == len(vals_list):
                # Odoo would write the patient into the description of each visit.
                settling = settling.with_context(skip_contact_description=True)
            self.flush_model(["attendance"])  # who left a group can join it again: the database has to know
            events = super(CalendarEvent, settling).create(vals_list)
            for event in events.filtered("recurrence_id"):
                (event.recurrence_id.calendar_event_ids - event)._practice_join(event.practice_patient_ids)
        events = events.with_env(self.env)
        if outermost:
            with carried(self.env, Placing) as placing:
                events.with_context(**{PLACING: placing})._practice_place()
        return events

    def _practice_get_placed(self):
        """Return also the visits of those who take part."""
        placed = super()._practice_get_placed()
        return placed | placed._practice_hidden_sudo().practice_participant_ids.with_env(self.env)

    def write(self, vals):
        if self._practice_is_settling():
            return super().write(vals)
        if "practice_group_id" in vals:
            with self._practice_settling() as settling:
                moving = self.with_env(settling.env)
                result = super(CalendarEvent, moving).write(moving._practice_prepare_move_vals(vals))
            if not self.env.su:
                self._practice_check_conflicts()
            return result
        if FOLLOWED_FIELDS & vals.keys():
            self._practice_check_not_following()
        if "practice_patient_ids" not in vals:
            return super().write(vals)
        before = self.practice_participant_ids
        result = super().write(vals)
        if not self.env.su:
            (self.practice_participant_ids - before)._practice_check_conflicts()
        return result

    def _practice_check_not_following(self):
        """Refuse to change alone what follows a group.

        :raises UserError: naming the patient and the group
        """
        following = self._practice_hidden_sudo().filtered("practice_group_id")
        if following:
            raise UserError(
                self.env._(
                    "The visit of %(patient)s belongs to a group appointment, %(group)s: change that one, or let the "
                    "patient take part in another one.",
                    patient=following[0].patient_id.name,
                    group=following[0].practice_group_id.name,
                )
            )

    def unlink(self):
        """Cancel the visits of the participants before their group goes; the practice cancels, so it is never late."""
        hidden_sudo = self._practice_hidden_sudo()
        groups = hidden_sudo.filtered("practice_places").with_env(self.env)
        joined = hidden_sudo.practice_group_id.with_env(self.env)
        if not groups and not joined:
            return super().unlink()
        with self._practice_settling() as settling:
            settling._practice_touch(joined)  # they count who is left
            # Of a series that is made anew the participants come to what replaces it.
            if not settling.env.context[TOUCHED].moved:
                visits = groups.with_env(settling.env).practice_participant_ids
                visits._practice_filter_planned().write({"attendance": "cancelled"})
                (visits - self).unlink()
            return super(CalendarEvent, self.with_env(settling.env)).unlink()

    def _practice_find_restore_problem(self):
        """Say in a patient's words when the place is gone, or the group does not take place."""
        problem = super()._practice_find_restore_problem()
        gone = self.filtered("practice_group_id").filtered(
            lambda visit: not visit.practice_group_id._practice_has_place()
        )
        if problem or not gone:
            return problem
        return self.env._(
            "The place was given to somebody else meanwhile: %s. Please choose another time, or call the practice.",
            ", ".join(visit._practice_describe_start() for visit in gone),
        )

    def _practice_has_place(self):
        """Return whether this group takes place and has a place that is free."""
        self.ensure_one()
        return self.attendance == "planned" and self.practice_places_taken < self.practice_places

    def _practice_filter_kept(self):
        """Keep a group whose participants are kept."""
        groups_sudo = self._practice_hidden_sudo().filtered("practice_places")
        kept_sudo = groups_sudo.filtered(lambda group: group.practice_participant_ids.exists())
        return super()._practice_filter_kept() | kept_sudo.with_env(self.env)

    # === JOINING === #

    def _practice_join(self, patients, **vals):
        """Plan the visits of ``patients`` in these groups; each takes their credits.

        :param vals: what else is true of the visits
        :return: the visits
        :raises UserError: when one is full or does not take place, somebody takes part already, or credits are missing;
            then nobody joins any of them
        """
        return self.create(
            [
                {**vals, "practice_group_id": group.id, "patient_id": patient.id}
                for group in self
                for patient in patients
            ]
        )

    def action_practice_join_following(self):
        """Let whoever takes part come to all later appointments of the series too, as far as there are any.

        :raises UserError: when one is full, or credits do not cover all of them
        """
        self.ensure_one()
        self.check_access("write")
        group = self.practice_group_id
        later = Domain("recurrence_id", "=", group.recurrence_id.id or -1) & Domain("start", ">", group.start)
        there = Domain("patient_id", "=", self.patient_id.id) & Domain("attendance", "in", NOT_CANCELLED)
        later &= Domain("practice_participant_ids", "not any", there)
        groups = self.search(later & Domain("attendance", "=", "planned"), order="start")
        if not groups:
            raise UserError(
                self.env._("There is no later appointment of this series without %s.", self.patient_id.name)
            )
        groups._practice_join(self.patient_id, practice_payer_id=self.practice_payer_id.id)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(patient)s takes part until %(last)s. Appointments added: %(count)s.",
                    patient=self.patient_id.name,
                    count=len(groups),
                    last=groups[-1]._practice_describe_start(),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _practice_prepare_move_vals(self, vals):
        """Return ``vals`` of visits that move to another group with what that one says.

        :raises UserError: when they belong to none, or the other one does not take place
        """
        if not (vals["practice_group_id"] and all(self._practice_hidden_sudo().mapped("practice_group_id"))):
            raise UserError(
                self.env._("Only who takes part in a group appointment can move to another one. Plan a new visit.")
            )
        group = self.browse(vals["practice_group_id"])
        group.check_access("read")
        self._practice_touch(self._practice_hidden_sudo().practice_group_id | group)
        return {**vals, **group._practice_prepare_shared_vals()}

    # === WHAT A VISIT IS MADE OF === #

    @api.model
    def _practice_complete_participant_vals(self, vals, patients):
        """Return ``vals`` of a visit with what its group says, whatever the caller says.

        :param patients: of all that is created, with all rights
        """
        if not vals.get("practice_group_id"):
            return vals
        group = self.browse(vals["practice_group_id"])
        group.check_access("read")
        group._practice_check_not_there(vals.get("patient_id"))
        self._practice_touch(group)
        patient = patients.browse(vals.get("patient_id") or ()).with_prefetch(patients.ids)
        people = self._practice_get_invited(vals, patient)
        return {
            **{name: value for name, value in vals.items() if name not in FOLLOWED_FIELDS | {"attendee_ids"}},
            **group._practice_prepare_shared_vals(),
            "recurrency": False,
            "recurrence_id": False,
            "partner_ids": [Command.set(people.ids)],
            **self._practice_prepare_attendees(vals, people),
            # sudo: what was said when the group was planned
            "practice_overrule_reason": vals.get("practice_overrule_reason") or group.sudo().practice_overrule_reason,
        }

    def _practice_check_not_there(self, patient_id):
        """Check that nobody joins this group twice.

        :raises UserError: naming the patient
        """
        visits_sudo = self._practice_hidden_sudo().practice_participant_ids._practice_filter_taking_part()
        there_sudo = visits_sudo.filtered(lambda visit: visit.patient_id.id == patient_id)
        if there_sudo:
            raise UserError(
                self.env._(
                    "%(patient)s takes part already in %(group)s on %(start)s.",
                    patient=there_sudo.patient_id.name,
                    group=there_sudo.name,
                    start=there_sudo._practice_describe_start(),
                )
            )

    @api.model
    def _practice_get_invited(self, vals, patient):
        """Return who is invited to a visit: the patient, and who was named that represents them."""
        named = [it for command in vals.get("partner_ids") or () for it in self._practice_read_ids(command)]
        return patient | patient.practice_representative_ids.filtered(lambda it: it.id in named)

    @api.model
    def _practice_read_ids(self, command):
        """Return the ids that a command for participants adds."""
        if isinstance(command, int):
            return [command]
        return command[2] if command[0] == Command.SET else [command[1]]

    @api.model
    def _practice_prepare_attendees(self, vals, people):
        """Return the answers of ``people``, who are the only ones invited: those that the caller gives, or none yet."""
        attendees = [it for it in vals.get("attendee_ids") or () if it[0] == Command.CREATE]
        kept = [it for it in attendees if it[2].get("partner_id") in people.ids]
        return {"attendee_ids": kept or [Command.create({"partner_id": partner.id}) for partner in people]}

    def _practice_prepare_shared_vals(self):
        """Return what visits in this group share with it.

        :raises UserError: when it is no group, or does not take place
        """
        self.ensure_one()
        group_sudo = self._practice_hidden_sudo()
        if (
            not group_sudo.practice_places
            or not group_sudo.active
            or group_sudo.attendance not in ("planned", "attended")
        ):
            raise UserError(
                self.env._("%s is no group appointment that takes place: choose another one.", group_sudo.name)
            )
        return self._convert_to_write({name: group_sudo[name] for name in group_sudo._practice_get_shared_fields()})

    def _practice_get_shared_fields(self):
        """Return the names of what participants share with this group; a day-long one has days, others have moments."""
        self.ensure_one()
        others = ("start", "stop") if self.allday else ("start_date", "stop_date")
        return [name for name in SHARED_FIELDS if name not in others]

    @api.model
    def _practice_prepare_appointment_vals(self, vals, types, remade=False):
        vals = super()._practice_prepare_appointment_vals(vals, types, remade)
        type_id, group_id = vals.get("practice_appointment_type_id"), vals.get("practice_group_id")
        if not type_id:
            return vals
        vals = {**vals, "practice_places_taken": 0, "practice_cancelled_with_group": False}
        appointment_type_sudo, _promised = types[type_id]
        if group_id:
            # Who of several pays for all is decided once all have joined.
            # sudo: what the group was planned with
            pays = not self.browse(group_id).sudo().practice_one_pays
            return {**vals, **self._practice_prepare_price_vals(pays, vals)}
        places = vals.get("practice_places") or appointment_type_sudo._get_group_places()
        if not places or (remade and not vals.get("practice_places")):
            return {**vals, "practice_places": 0, "practice_one_pays": False}
        if vals.get("patient_id"):
            raise UserError(
                self.env._(
                    "%s is for several patients: plan the appointment without a patient, and add the participants.",
                    appointment_type_sudo.name,
                )
            )
        one_pays = vals.get("practice_one_pays") if remade else appointment_type_sudo.one_pays
        organizer = self.env["res.users"].browse(vals.get("user_id") or self.env.uid)
        return {
            **vals,
            "partner_ids": vals.get("partner_ids") or [Command.set(organizer.partner_id.ids)],
            **self._practice_prepare_price_vals(False, vals),
            "practice_places": places,
            "practice_one_pays": one_pays,
        }

    @api.model
    def _practice_prepare_price_vals(self, pays, vals):
        """Return what an appointment takes: what its type says, or nothing."""
        names = ("practice_credits", "practice_package_id")
        return {name: vals[name] for name in names} if pays else {"practice_credits": 0, "practice_package_id": False}

    def _practice_complete_appointment_vals(self, vals):
        vals = super()._practice_complete_appointment_vals(vals)
        if not vals.get("practice_appointment_type_id"):
            return vals
        # sudo: as in super
        appointment_type_sudo = (
            self.env["practice.appointment.type"].sudo().browse(vals["practice_appointment_type_id"])
        )
        free = self._practice_filter_free()
        usual = self._practice_hidden_sudo().filtered(lambda it: not it.practice_places and not it.practice_group_id)
        if appointment_type_sudo._get_group_places() and usual:
            raise UserError(
                self.env._(
                    "%s is for several patients: cancel this appointment, and plan a new one with participants.",
                    appointment_type_sudo.name,
                )
            )
        return {**vals, "practice_credits": 0, "practice_package_id": False} if free else vals

    def _practice_get_given(self):
        """A participant takes no time of who gives the group."""
        return None if self.practice_group_id or self.practice_places else super()._practice_get_given()

    def _practice_filter_free(self):
        """Return those of these appointments that take no credits whatever their type says: groups, and the visits of
        those for whom another participant pays."""
        return self._practice_hidden_sudo().filtered(
            lambda it: it.practice_places or (it.practice_group_id.practice_one_pays and not it.practice_package_id)
        )
