from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Datetime

from ...common.plain_reading import fetch_columns
from .calendar_event import COPIED_FIELDS

#: What planning reads of an appointment type. Each column that is fetched takes time, and there are four times as many.
PLANNED_FIELDS = (
    *("company_id", "package_id", "package_credits", "late_policy", "cancel_hours"),
    *("needs_room", "places", "weekly_visits"),
)


class CalendarEvent(models.Model):
    """What an appointment is made of: what its type promises, what the caller says, and what a copy has too."""

    _inherit = "calendar.event"

    # === DEFAULTS AND COPIES === #

    @api.model
    def default_get(self, fields):
        """Leave out what the user may not write: an outsider's event does not become an appointment by a default.

        An appointment that is planned at a time ends after that time; Odoo's own end follows from now.
        """
        defaults = super().default_get(fields)
        context = self.env.context
        start = context.get("practice_planning") and context.get("default_start")
        if start and "stop" in defaults and not context.get("default_stop"):
            defaults["stop"] = Datetime.to_datetime(start) + timedelta(hours=self.get_default_duration())
        return {
            name: value
            for name, value in defaults.items()
            if name not in self._practice_get_own_fields() or self._has_field_access(self._fields[name], "write")
        }

    def copy_data(self, default=None):
        """Copy what makes an event an appointment, for whoever may see it.

        Odoo makes the events of a series as copies; a series of appointments that lost their patient and credits on
        the way would be worse than one that stays as it is.

        :raises UserError: when somebody outside the practice copies an appointment
        """
        vals_list = super().copy_data(default)
        if not self._practice_get_appointments():
            return vals_list
        if not self.env.su and not self._practice_is_staff():
            raise UserError(
                self.env._(
                    "This is an appointment of a patient: it takes credits, so only the staff of the practice can "
                    "duplicate it or change its series. Please ask them."
                )
            )
        for event, vals in zip(self, vals_list, strict=True):
            if vals is not None:
                kept = event._convert_to_write({name: event[name] for name in self._practice_get_copied_fields()})
                vals.update({name: value for name, value in kept.items() if name not in (default or {})})
        return vals_list

    @api.model
    def _practice_get_copied_fields(self):
        """Return the names of what a copy of an appointment has too. A hook."""
        return COPIED_FIELDS

    @api.model
    def _practice_add_defaults(self, vals_list):
        """Return ``vals_list`` with what the context and users' defaults say of our fields: the rules hold for that
        too, and Odoo would fill it in after them."""
        defaults = self.default_get(self._practice_get_own_fields())
        return [{**defaults, **vals} for vals in vals_list] if defaults else vals_list

    @api.model
    def _practice_get_own_fields(self):
        """Return the names of what this module stores on an event."""
        return [name for name, it in self._fields.items() if it.store and "practice_billing" in it._modules]

    # === WHAT THE TYPE SAYS === #

    @api.model
    def _practice_read_types(self, vals_list):
        """Fetch what planning reads of the types that are planned, and nothing else of them.

        :return: ``{id: (type, what it promises)}``: the type with all rights, its promise as values of an appointment
        """
        type_ids = {vals.get("practice_appointment_type_id") for vals in vals_list} - {None, False}
        types_sudo = self.env["practice.appointment.type"].sudo().browse(type_ids)  # sudo: whoever plans may use them
        fetch_columns(types_sudo, PLANNED_FIELDS)
        return {
            type_sudo.id: (
                type_sudo,
                {"practice_credits": type_sudo.package_credits, **self._practice_prepare_policy_vals(type_sudo)},
            )
            for type_sudo in types_sudo
        }

    @api.model
    def _practice_prepare_appointment_vals(self, vals, types, remade=False):
        """Fill in what an appointment type says and the caller did not: title, length, the patient invited.

        What the type promises holds whatever the caller says.

        :param dict types: of :meth:`_practice_read_types`
        :param bool remade: Odoo makes the occurrences of a series anew, which bring along what was promised
        """
        if not vals.get("practice_appointment_type_id"):
            return vals
        appointment_type_sudo, promised = types[vals["practice_appointment_type_id"]]
        # Forms send empty values for what nobody filled in.
        vals = {**vals, "name": vals.get("name") or appointment_type_sudo.name}
        vals["attendance"] = vals.get("attendance") or "planned"
        if remade and vals.get("practice_late_policy"):
            promised = promised | {name: vals[name] for name in promised if name in vals}
        vals = {**vals, **promised, "credit_error": False, "credit_retry_date": False}
        if not remade and vals.get("credit_waived"):
            self._practice_check_given_back()
        if vals.get("start") and not vals.get("stop") and not vals.get("duration") and not vals.get("allday"):
            start = fields.Datetime.to_datetime(vals["start"])
            vals["stop"] = start + timedelta(hours=appointment_type_sudo.duration)
        if "user_id" not in vals and not remade and len(givers_sudo := appointment_type_sudo.practitioner_ids) == 1:
            vals["user_id"] = givers_sudo.id
        if patient_id := vals.get("patient_id"):
            invited = vals.get("partner_ids")
            if not invited:
                organizer = self.env["res.users"].browse(vals.get("user_id") or self.env.uid)
                invited = [Command.set(organizer.partner_id.ids)]
            vals["partner_ids"] = self._practice_invite(invited, patient_id)
        return vals

    @api.model
    def _practice_prepare_policy_vals(self, appointment_type):
        """Return what is promised to the patient when an appointment of this type is planned now. A policy is never
        empty: without one nothing was promised yet."""
        return {
            "practice_package_id": appointment_type.package_id.id,
            "practice_late_policy": appointment_type.late_policy,
            "practice_cancel_hours": appointment_type.cancel_hours,
        }

    @api.model
    def _practice_invite(self, commands, patient_id):
        """Return the commands for attendees with the patient among them, once."""
        if commands and isinstance(commands[0], int):
            commands = [Command.set(commands)]
        there = {
            partner_id
            for command in commands
            for partner_id in (command[2] if command[0] == Command.SET else [command[1]])
        }
        return commands if patient_id in there else [*commands, Command.link(patient_id)]

    def _practice_complete_appointment_vals(self, vals):
        """Return ``vals`` with what follows from them: credits of a new type, the new patient invited."""
        vals = dict(vals)
        if type_id := vals.get("practice_appointment_type_id"):
            appointment_type_sudo = self.env["practice.appointment.type"].sudo().browse(type_id)  # sudo: as in create
            vals.setdefault("practice_credits", appointment_type_sudo.package_credits)
            vals.update(self._practice_prepare_policy_vals(appointment_type_sudo))
            if not any(self._practice_hidden_sudo().mapped("attendance")):
                vals.setdefault("attendance", False)
        if vals.get("attendance") is False and vals.get("practice_appointment_type_id", True):
            vals["attendance"] = "planned"
        if vals.get("attendance") == "planned":
            vals["credit_waived"] = False
        if "attendance" in vals:
            vals.update(credit_error=False, credit_retry_date=False)
        if "patient_id" in vals:
            vals["partner_ids"] = self._practice_invite_instead(vals.get("partner_ids") or [], vals["patient_id"])
        return vals
