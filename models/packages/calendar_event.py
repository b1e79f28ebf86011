import logging
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools.credits import wanted_position
from ...tools.dates import free_until
from .credit_lot_appointment import POSITIONS

_logger = logging.getLogger(__name__)

#: Appointments that one batch of the closing run marks.
CLOSE_BATCH = 500

#: Context key: what the outermost create or write has to settle once Odoo has finished with the series.
TOUCHED = "practice_touched_events"

#: Credit state of an appointment for each position that its credits can have.
POSITION_STATES = {"reserved": "reserved", "used": "used", "forfeited": "forfeited"}

#: Marks of an appointment that does not take place.
CANCELLED = ("cancelled", "late_cancelled")

#: Fields of which a change can move credits.
RELEVANT_FIELDS = {
    "practice_appointment_type_id",
    "patient_id",
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


class CalendarEvent(models.Model):
    """An appointment is a calendar event with an appointment type.

    The event holds no rule about credits. It notices what Odoo did to it (create, move, archive, delete, decline,
    rewrite a series) and asks ``practice.credit.lot`` to settle, once, after Odoo has finished.
    """

    _inherit = "calendar.event"

    practice_appointment_type_id = fields.Many2one(
        "practice.appointment.type",
        string="Appointment Type",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        tracking=True,
    )
    patient_id = fields.Many2one(
        "res.partner",
        string="Patient",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
    )
    practice_credits = fields.Integer(
        string="Credits",
        groups="practice_billing.group_user",
        help="Whole credits that this appointment takes, as its type said when it was planned.",
    )
    attendance = fields.Selection(
        [
            ("planned", "Planned"),
            ("attended", "Attended"),
            ("no_show", "No-Show"),
            ("late_cancelled", "Cancelled Late"),
            ("cancelled", "Cancelled"),
        ],
        groups="practice_billing.group_user",
        copy=False,
        tracking=True,
    )
    credit_waived = fields.Boolean(
        string="Credits Given Back", groups="practice_billing.group_user", copy=False, readonly=True
    )
    credit_error = fields.Char(
        string="Credits Need Attention",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="Why the appointment could not be closed by itself.",
    )
    credit_retry_date = fields.Date(groups="practice_billing.group_user", copy=False, readonly=True)
    credit_move_ids = fields.One2many("practice.credit.move", "event_id", groups="practice_billing.group_user")
    credit_state = fields.Selection(
        [("reserved", "Reserved"), ("used", "Used"), ("forfeited", "Lost"), ("returned", "Given Back")],
        string="Credit State",
        compute="_compute_credit_state",
        store=True,
        groups="practice_billing.group_user",
        help="Where the credits of this appointment are.",
    )
    credit_unpaid = fields.Boolean(
        string="Unpaid Credits",
        compute="_compute_credit_unpaid",
        search="_search_credit_unpaid",
        groups="practice_billing.group_user",
        help="The appointment was planned with credits whose payment was undone since.",
    )
    credit_needed = fields.Boolean(compute="_compute_credit_balance", groups="practice_billing.group_user")
    credit_short = fields.Boolean(compute="_compute_credit_balance", groups="practice_billing.group_user")
    credit_balance = fields.Char(
        string="Balance", compute="_compute_credit_balance", groups="practice_billing.group_user"
    )
    cancel_free_until = fields.Datetime(compute="_compute_cancel_free_until", groups="practice_billing.group_user")

    _practice_credits_not_negative = models.Constraint(
        "CHECK (practice_credits >= 0)", "An appointment cannot take fewer than 0 credits."
    )
    # What the closing run searches.
    _to_close_idx = models.Index("(stop) WHERE attendance = 'planned' AND active")

    # === COMPUTE METHODS === #

    @api.depends("credit_move_ids.kind", "credit_move_ids.credits")
    def _compute_credit_state(self):
        held = self.env["practice.credit.lot"]._get_held(self)
        for event in self:
            positions = {position for here in held[event].values() for position in POSITION_STATES if here[position]}
            state = next((POSITION_STATES[position] for position in POSITION_STATES if position in positions), False)
            event.credit_state = state or ("returned" if held[event] else False)

    # Not stored: a stored field would make every booking look at all movements of its lot.
    def _compute_credit_unpaid(self):
        held = self.env["practice.credit.lot"]._get_held(self)
        for event in self:
            event.credit_unpaid = any(lot.state == "pending" and here["reserved"] for lot, here in held[event].items())

    def _search_credit_unpaid(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: only staff of the practice can read the field, and the lots are those of their events.
        moves = self.env["practice.credit.move"].sudo()
        groups = moves._read_group(
            [("lot_id.state", "=", "pending"), ("event_id.credit_state", "=", "reserved")],
            ["event_id", "lot_id", "kind"],
            ["credits:sum"],
        )
        reserved = defaultdict(int)
        for event, lot, kind, credits in groups:
            reserved[event.id, lot.id] += POSITIONS[kind].get("reserved", 0) * credits
        return [("id", "in", [event_id for (event_id, _lot_id), credits in reserved.items() if credits > 0])]

    @api.depends("practice_appointment_type_id", "patient_id", "credit_state", "start")
    def _compute_credit_balance(self):
        for event in self:
            package = event.practice_appointment_type_id.package_id
            event.credit_needed = bool(package)
            event.credit_short, event.credit_balance = False, False
            if package and event.patient_id and event.start:
                event.credit_short, event.credit_balance = self.env["practice.credit.lot"]._describe_balance(event)

    @api.depends("start", "practice_appointment_type_id")
    def _compute_cancel_free_until(self):
        for event in self:
            event.cancel_free_until = event.start and free_until(
                event.start, event.practice_appointment_type_id.cancel_hours
            )

    @api.depends("patient_id", "practice_appointment_type_id")
    def _compute_display_name(self):
        super()._compute_display_name()
        if not self.env.user.has_group("practice_billing.group_user"):
            return
        for event in self.filtered("patient_id"):
            event.display_name = f"{event.patient_id.name} · {event.display_name}"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("practice_appointment_type_id", "patient_id")
    def _check_patient(self):
        for event in self.sudo():  # sudo: the field is hidden from employees outside the practice
            if event.practice_appointment_type_id.package_id and not event.patient_id:
                raise ValidationError(
                    self.env._(
                        "An appointment of type %s takes credits: choose the patient.",
                        event.practice_appointment_type_id.name,
                    )
                )

    @api.constrains("practice_credits")
    def _check_practice_credits(self):
        # Before the credits are settled; the database would only refuse once everything is written.
        if any(event.practice_credits < 0 for event in self.sudo()):  # sudo: hidden field
            raise ValidationError(self.env._("An appointment cannot take fewer than 0 credits."))

    @api.constrains("attendance", "start")
    def _check_attendance(self):
        for event in self.sudo():  # sudo: the field is hidden from employees outside the practice
            if event.attendance in ("attended", "no_show") and event._get_visit_day() > event._get_today():
                raise ValidationError(
                    self.env._("%s has not taken place yet: it can be cancelled, not attended or missed.", event.name)
                )

    @api.onchange("practice_appointment_type_id")
    def _onchange_practice_appointment_type_id(self):
        if appointment_type := self.practice_appointment_type_id:
            self.name = appointment_type.name
            self.duration = appointment_type.duration
            self.stop = self.start + timedelta(hours=appointment_type.duration)

    @api.onchange("patient_id")
    def _onchange_patient_id(self):
        self.partner_ids += self.patient_id - self.partner_ids

    @api.onchange("user_id")
    def _onchange_user_id(self):
        """Invite the practitioner of an appointment in place of the one before, or of whoever plans it."""
        if not self.practice_appointment_type_id or not self.user_id:
            return
        invited = self.partner_ids._origin
        before = self._origin.user_id.partner_id or invited.filtered(lambda partner: not partner.partner_share)
        self.partner_ids = invited - (before - self.patient_id._origin) | self.user_id._origin.partner_id

    # === ACTIONS === #

    def action_mark_attended(self):
        self.write({"attendance": "attended"})

    def action_mark_no_show(self):
        self.write({"attendance": "no_show"})

    def action_mark_planned(self):
        """Undo a mark: the appointment is planned again, its credits reserved."""
        self.write({"attendance": "planned", "active": True})

    def action_cancel_appointment(self):
        """Open the dialog that shows what cancelling costs; a past visit is corrected at once."""
        self.ensure_one()
        if self.attendance != "planned":
            self.write({"attendance": "cancelled"})
            return True
        return self._open_wizard("practice.appointment.cancel", self.env._("Cancel Appointment"), event_id=self.id)

    def action_unlink_event(self, attendee_id=None, recurrence=False):
        """Deleting an appointment in a calendar cancels it, and says first what that costs the patient."""
        staff = self.env.user.has_group("practice_billing.group_user")
        if len(self) != 1 or not staff or self.attendance != "planned":
            return super().action_unlink_event(attendee_id, recurrence)
        scope = {"next": "future_events", "all": "all_events"}.get(recurrence, "self_only")
        return self._open_wizard(
            "practice.appointment.cancel", self.env._("Cancel Appointment"), event_id=self.id, scope=scope
        )

    def action_give_back(self):
        return self._open_wizard("practice.credit.give.back", self.env._("Give Credits Back"), event_ids=self.ids)

    def action_sell_package(self):
        self.ensure_one()
        package = self.practice_appointment_type_id.package_id
        return self._open_wizard(
            "practice.package.sale", self.env._("Sell Package"), partner_id=self.patient_id.id, package_id=package.id
        )

    def _open_wizard(self, model, name, **defaults):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {f"default_{field}": value for field, value in defaults.items()},
        }

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not any(vals.get("practice_appointment_type_id") for vals in vals_list):
            return super().create(vals_list)
        with self._settling() as settling:
            vals_list = [settling._prepare_appointment_vals(vals) for vals in vals_list]
            events = super(CalendarEvent, settling).create(vals_list)
            settling._touch(events, new=True)
        return events.with_env(self.env)

    def write(self, vals):
        if not self._may_move_credits(vals):
            return super().write(vals)
        moves_series = vals.get("recurrence_update") in ("all_events", "future_events") and "active" not in vals
        with self._settling(moved=moves_series) as settling:
            settling._touch(self)
            return super(CalendarEvent, settling).write(settling._complete_appointment_vals(vals))

    def unlink(self):
        """Cancel appointments before they go. One whose credits have a history is archived instead, because the
        books refer to it."""
        appointments = self.filtered(lambda event: event.sudo().practice_appointment_type_id)  # sudo: hidden field
        if not appointments:
            return super().unlink()
        with self._settling() as settling:
            settling._touch(appointments)
            kept = appointments.filtered(lambda event: event.sudo().credit_move_ids)  # sudo: hidden field
            if kept:
                kept.with_env(settling.env).write({"active": False})
            return super(CalendarEvent, (self - kept).with_env(settling.env)).unlink()

    def _may_move_credits(self, vals):
        """Return whether writing ``vals`` can change where credits of appointments belong."""
        if not vals.keys() & (RELEVANT_FIELDS | self._get_recurrent_fields()):
            return False
        # sudo: the field is hidden from employees outside the practice
        return bool(vals.get("practice_appointment_type_id") or self.sudo().practice_appointment_type_id)

    @api.model
    def _prepare_appointment_vals(self, vals):
        """Fill in what an appointment type says and the caller did not: title, length, credits, the patient invited."""
        # sudo: whoever plans an appointment may use its type.
        appointment_type = self.env["practice.appointment.type"].sudo().browse(vals.get("practice_appointment_type_id"))
        if not appointment_type:
            return vals
        # Forms send empty values for what nobody filled in.
        vals = {**vals, "name": vals.get("name") or appointment_type.name}
        vals["attendance"] = vals.get("attendance") or "planned"
        vals["practice_credits"] = vals.get("practice_credits") or appointment_type.package_credits
        if vals.get("start") and not vals.get("stop") and not vals.get("duration") and not vals.get("allday"):
            start = fields.Datetime.to_datetime(vals["start"])
            vals["stop"] = start + timedelta(hours=appointment_type.duration)
        if patient_id := vals.get("patient_id"):
            organizer = self.env["res.users"].browse(vals.get("user_id") or self.env.uid)
            invited = vals.get("partner_ids") or [Command.set(organizer.partner_id.ids)]
            vals["partner_ids"] = self._invite(invited, patient_id)
        return vals

    @api.model
    def _invite(self, commands, patient_id):
        """Return the commands for attendees with the patient among them, once."""
        if commands and isinstance(commands[0], int):
            commands = [Command.set(commands)]
        there = {
            partner_id
            for command in commands
            for partner_id in (command[2] if command[0] == Command.SET else [command[1]])
        }
        return commands if patient_id in there else [*commands, Command.link(patient_id)]

    def _complete_appointment_vals(self, vals):
        """Return ``vals`` with what follows from them: credits of a new type, the new patient invited."""
        vals = dict(vals)
        if type_id := vals.get("practice_appointment_type_id"):
            appointment_type = self.env["practice.appointment.type"].sudo().browse(type_id)  # sudo: as in create
            vals.setdefault("practice_credits", appointment_type.package_credits)
            if not any(self.sudo().mapped("attendance")):  # sudo: hidden field
                vals.setdefault("attendance", False)
        if vals.get("attendance") is False and vals.get("practice_appointment_type_id", True):
            vals["attendance"] = "planned"
        if vals.get("attendance") == "planned":
            vals["credit_waived"] = False
        if "attendance" in vals:
            vals.update(credit_error=False, credit_retry_date=False)
        if "patient_id" in vals and "partner_ids" not in vals:
            gone = self.sudo().patient_id  # sudo: hidden field
            vals["partner_ids"] = [Command.unlink(patient.id) for patient in gone if patient.id != vals["patient_id"]]
            if vals["patient_id"]:
                vals["partner_ids"].append(Command.link(vals["patient_id"]))
        return vals

    # === NOTICING WHAT HAPPENED === #

    @contextmanager
    def _settling(self, moved=False):
        """Settle the credits of touched appointments once, when the outermost create, write or unlink has finished.

        Odoo archives and re-creates the events of a series in nested calls; looking only afterwards makes that one
        change, and an appointment that was merely re-created costs its patient nothing.

        :param bool moved: what disappears here was moved, not cancelled, so that no cancellation policy applies
        """
        if self.env.context.get(TOUCHED) is not None:
            yield self
            return
        touched = {}
        yield self.with_context(**{TOUCHED: touched})
        if moved:
            self._keep_history(touched)
        # sudo: whoever may change the appointment may have its credits settled; they are hidden from outsiders.
        events = self.sudo().browse(event.id for event in touched).exists()
        changed = events.filtered(lambda event: event._get_credit_facts() != touched[event])
        for event in changed:
            event._follow_calendar(touched[event], moved)
        if changed:
            self.env["practice.credit.lot"]._settle(changed, reason=self.env.context.get("practice_reason", False))

    def _keep_history(self, touched):
        """Put back what a rewritten series had that was marked already, instead of what Odoo re-created in its place.

        Odoo archives a series that changes and creates it again, the past included; the patient would pay a second
        time for a visit that took place.
        """
        events = self.sudo().browse(event.id for event in touched).exists()  # sudo: as in _settling
        follow = events.with_context(**{TOUCHED: {}})  # settled by whoever called this
        marked = follow.filtered(lambda event: not event.active and self._was_marked(touched[event]))
        created = follow.filtered(lambda event: event.active and touched[event] is None)
        for event in marked:
            double = min(created, key=lambda new, event=event: abs(new.start - event.start), default=None)
            if double:
                created -= double
                double.unlink()
            event.active = True

    @api.model
    def _was_marked(self, before):
        return bool(before and before["attendance"] not in (False, "planned") and not before["archived"])

    def _touch(self, events, new=False):
        """Remember what is true of ``events`` before the first change of this operation."""
        touched = self.env.context[TOUCHED]
        for event in events.sudo():  # sudo: the fields are hidden from employees outside the practice
            if new:
                # Odoo may have written on it already, while it created the rest of the series.
                touched[event] = None
            elif event not in touched:
                touched[event] = event._get_credit_facts()

    def _get_credit_facts(self):
        """Return everything about this appointment that decides where its credits belong."""
        return {
            "type": self.practice_appointment_type_id.id,
            "patient": self.patient_id.id,
            "credits": self.practice_credits,
            "attendance": self.attendance,
            "waived": self.credit_waived,
            "archived": not self.active,
            "called_off": self._is_called_off(),
            "day": self.attendance == "planned" and self._get_visit_day(),
        }

    def _is_called_off(self):
        """Return whether the calendar says that this appointment does not take place: archived, or declined."""
        declined = self.attendee_ids.filtered(lambda attendee: attendee.state == "declined").partner_id
        return not self.active or self.patient_id in declined

    def _follow_calendar(self, before, moved):
        """Mark an appointment that was archived or declined as cancelled, late or in time; a restored one as planned."""
        called_off = self._is_called_off()
        follow = self.with_context(**{TOUCHED: {}})  # settled by whoever called this
        if called_off and self.attendance == "planned":
            follow.attendance = "late_cancelled" if self._is_late() and not moved else "cancelled"
        elif not called_off and self.attendance in CANCELLED and before and before["called_off"]:
            follow.attendance = "planned"

    # === BUSINESS METHODS === #

    def _get_visit_day(self):
        """Return the day of the appointment in the practice's time zone; of a day-long one its first day."""
        self.ensure_one()
        if self.allday:
            # Odoo keeps the days of day-long events without a time zone.
            return self.start_date or self.start.date()
        return self._get_practice()._practice_day(self.start)

    def _get_today(self):
        return self._get_practice()._practice_day()

    def _get_practice(self):
        """Return the company whose days count; one that lost its type is told by the user's."""
        return self.practice_appointment_type_id.company_id or self.env.company

    def _is_late(self):
        """Return whether cancelling now is no longer free."""
        self.ensure_one()
        return fields.Datetime.now() > self.cancel_free_until

    def _would_be_late(self):
        """Return whether cancelling now would cost the patient credits."""
        self.ensure_one()
        forfeits = self.practice_appointment_type_id.late_policy == "forfeit"
        return forfeits and self.credit_state == "reserved" and self._is_late()

    def _notify_cancelled(self):
        """Queue an e-mail to the participants that the appointment does not take place, with Odoo's own template."""
        template = self.env.ref("calendar.calendar_template_delete_event", raise_if_not_found=False)
        if not template:
            return
        for event in self:
            recipients = event.partner_ids.filtered("email") - self.env.user.partner_id
            if recipients:
                template.send_mail(event.id, email_values={"recipient_ids": [Command.set(recipients.ids)]})

    def _get_wanted_credits(self):
        """Return where the credits of this appointment belong (see ``wanted_position``), and how many they are."""
        self.ensure_one()
        appointment_type = self.practice_appointment_type_id
        if not appointment_type.package_id or not self.patient_id:
            return None, 0
        position = wanted_position(self.attendance, policy=appointment_type.late_policy, waived=self.credit_waived)
        return position, self.practice_credits if position else 0

    @api.model
    def _get_to_close_domain(self):
        """Return the appointments that have ended and that nobody marked."""
        today = fields.Date.context_today(self)
        return (
            Domain("practice_appointment_type_id.company_id.practice_auto_attend", "=", True)
            & Domain("attendance", "=", "planned")
            & Domain("stop", "<", fields.Datetime.now())
            & (Domain("credit_retry_date", "=", False) | Domain("credit_retry_date", "<=", today))
        )

    @api.model
    def _cron_close_appointments(self):
        """Mark appointments that have ended as attended, in batches; one that fails is set aside until tomorrow."""
        cron = self.env["ir.cron"]
        domain = self._get_to_close_domain()
        quiet = self.with_context(tracking_disable=True)
        while events := quiet.search(domain, limit=CLOSE_BATCH, order="stop, id").try_lock_for_update():
            events._close()
            if not cron._commit_progress(len(events), remaining=self.search_count(domain)):
                break

    def _close(self):
        """Mark these appointments as attended: together, or one by one when one of them fails."""
        try:
            with self.env.cr.savepoint():
                self.write({"attendance": "attended"})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as batch_error:  # noqa: BLE001 - one bad appointment may not stop the others
            if len(self) == 1:
                self._set_aside(batch_error)
            else:
                for event in self:
                    event._close()

    def _set_aside(self, error):
        """Keep ``error`` on this appointment and try it again tomorrow."""
        _logger.warning("Appointment %s could not be closed: %s", self.id, error)
        tomorrow = fields.Date.context_today(self) + timedelta(days=1)
        self.write({"credit_error": str(error), "credit_retry_date": tomorrow})

    # === OTHER PEOPLE'S CALENDARS === #

    def _check_private_event_conditions(self):
        # An appointment belongs to the practice: its staff sees it in every calendar, and nobody else does (the
        # record rules keep others away).
        if self.sudo().practice_appointment_type_id and self.env.user.has_group("practice_billing.group_user"):
            return False
        return super()._check_private_event_conditions()

    def _get_default_privacy_domain(self):
        # The same, for totals and groups.
        domain = super()._get_default_privacy_domain()
        if self.env.user.has_group("practice_billing.group_user"):
            domain = Domain(domain) | Domain("practice_appointment_type_id", "!=", False)
        return domain

    @api.depends("practice_appointment_type_id")
    def _compute_user_can_edit(self):
        super()._compute_user_can_edit()
        if self.env.user.has_group("practice_billing.group_user"):
            self.filtered("practice_appointment_type_id").user_can_edit = True
