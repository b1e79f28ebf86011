from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context

from .waiting import ON_THE_LIST

#: In the context: the practice itself calls these off, so nothing comes free.
CALLED_OFF = "practice_called_off"


class CalendarEvent(models.Model):
    """Who waits is told of what comes free: a place of a group, or the time of a usual visit."""

    _inherit = "calendar.event"

    practice_waiting_ids = fields.One2many(
        "practice.waiting",
        "group_id",
        string="Waiting List",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
    )
    practice_waiting_count = fields.Integer(
        compute="_compute_practice_waiting_count", groups="practice_billing.group_user"
    )

    def _compute_practice_waiting_count(self):
        groups = self.filtered("practice_places")  # nobody waits for a usual visit: what is planned does not ask
        counts = self.env["practice.waiting"]._count_waiting("group_id", groups) if groups else {}
        for event in self:
            event.practice_waiting_count = counts.get(event, 0)

    # === ACTIONS === #

    def action_practice_open_waiting(self):
        """Open who waits for a place in this group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_waiting_action")
        return {
            **action,
            "domain": [("group_id", "=", self.id)],
            "context": {**self._practice_get_waiting_defaults(), "search_default_on_the_list": 1},
        }

    def action_practice_add_waiting(self):
        """Open a new entry on the waiting list of this group.

        :raises UserError: when nobody can wait for it
        """
        self.ensure_one()
        if not self.practice_places or self.attendance != "planned":
            raise UserError(
                self.env._("%s is no group appointment that is to come: nobody can wait for a place in it.", self.name)
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_waiting_action_add")
        return {**action, "context": self._practice_get_waiting_defaults()}

    def _practice_get_waiting_defaults(self):
        return {
            "default_group_id": self.id,
            "default_appointment_type_id": self.practice_appointment_type_id.id,
        }

    # === WHAT COMES FREE === #

    def _practice_cancel_by_practice(self, reason, *, notify=True):
        """When the practice calls off, nobody else can come instead."""
        called_off = self.with_context(**{CALLED_OFF: True})
        return super(CalendarEvent, called_off)._practice_cancel_by_practice(reason, notify=notify)

    def _practice_may_move_credits(self, vals):
        """Look also when somebody else gives an appointment: the time of who gave it comes free."""
        return super()._practice_may_move_credits(vals) or bool("user_id" in vals and self._practice_get_appointments())

    def _practice_take_along(self, touched, moved):
        result = super()._practice_take_along(touched, moved)
        events_sudo = self._practice_get_touched_sudo(touched) if result else self
        events_sudo = events_sudo.with_context(clean_context(self.env.context))  # defaults are for appointments
        groups_sudo = events_sudo.filtered("practice_places") | events_sudo.practice_group_id
        if groups_sudo:
            groups_sudo._practice_follow_waiting()
        freed = [] if self.env.context.get(CALLED_OFF) else events_sudo._practice_get_freed(touched)
        if freed:
            types_sudo = events_sudo.env["practice.appointment.type"].browse(it["appointment_type_id"] for it in freed)
            waited_for = events_sudo.env["practice.waiting"]._count_waiting("appointment_type_id", types_sudo)
            ids = {it.id for it in waited_for}
            events_sudo._practice_note_free([it for it in freed if it["appointment_type_id"] in ids])
        return result

    @api.model
    def _practice_note_free(self, vals_list):
        if vals_list:
            self.env["practice.waiting.place"]._note_free(vals_list)

    def _practice_get_freed(self, touched):
        """Return what places of usual visits came free by this operation, as values of places.

        :param Touched touched: also those that are deleted by now; these events are there
        """
        now, there = fields.Datetime.now(), set(self)
        freed = []
        planned = {event: before for event, before in touched.given.items() if before and before.start > now}
        for event, before in planned.items():
            if before != (event._practice_get_given() if event in there else None):
                freed.append(
                    {
                        "appointment_type_id": before.appointment_type.id,
                        "practitioner_id": before.practitioner.id,
                        "start": before.start,
                        "stop": before.start + before.appointment_type._get_duration(),
                        "group_id": False,
                    }
                )
        return freed

    def _practice_follow_waiting(self):
        """Let the waiting list follow what became of these groups, with all rights."""
        entries = self.env["practice.waiting"].search(
            Domain("state", "in", ON_THE_LIST)
            & Domain("appointment_type_id", "in", self.practice_appointment_type_id.ids)
        )
        if not entries:
            return
        for entry in entries.filtered("group_id"):
            if entry.group_id in self and entry.patient_id in entry.group_id._practice_get_visits().patient_id:
                entry._take_place()
        called_off = self.filtered(lambda group: group._practice_is_cancelled() or not group.active)
        entries.filtered(lambda entry: entry.group_id in called_off)._leave("cancelled")
        to_come = (self - called_off).filtered(
            lambda group: group.attendance == "planned" and group.start > fields.Datetime.now()
        )
        types = entries.appointment_type_id
        self._practice_note_free(
            [group._practice_prepare_place() for group in to_come if group._practice_has_waited_place(types)]
        )
        self.env["practice.waiting.place"]._wake(Domain("group_id", "in", self.ids))

    def _practice_has_waited_place(self, types):
        return self.practice_appointment_type_id in types and self.practice_places_taken < self.practice_places

    def _practice_prepare_place(self):
        """Return the values of the place that is free in this group."""
        self.ensure_one()
        return {
            "appointment_type_id": self.practice_appointment_type_id.id,
            "practitioner_id": self.user_id.id,
            "start": self.start,
            "stop": self.stop,
            "group_id": self.id,
        }

    def _practice_replace_group(self, after):
        """Who waits for a group that Odoo made anew, with its series, waits for the new one."""
        result = super()._practice_replace_group(after)
        self.practice_waiting_ids.write({"group_id": after.id})
        return result

    def _practice_filter_kept(self):
        """Keep a group that somebody waits for, so that they are told."""
        waited_for_sudo = self._practice_hidden_sudo().filtered("practice_waiting_ids")
        return super()._practice_filter_kept() | waited_for_sudo.with_env(self.env)
