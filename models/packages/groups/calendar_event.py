from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..appointments.calendar_event import NOT_CANCELLED

#: What participants share with their group: their visit is when and where the group meets.
SHARED_FIELDS = (
    *("name", "practice_appointment_type_id", "user_id", "location", "videocall_location"),
    *("allday", "start", "stop", "start_date", "stop_date"),
)

#: What a group was planned with; its series has it too.
COPIED_FIELDS = ("practice_places", "practice_one_pays")

#: What follows from who takes part; people write none of it.
KEPT_FIELDS = (
    *("practice_places_taken", "practice_one_pays", "practice_cancelled_with_group"),
    # Through the group everything could be written on a visit, past what is asked of whoever writes it.
    "practice_participant_ids",
)


class CalendarEvent(models.Model):
    """An appointment of several patients: a class, a group, a couple.

    The group is the event of the practitioner: it has places, no patient and no credits. The visit of each participant
    is an appointment of its own that belongs to it, with their own credits, attendance, cancellation, e-mails and
    calendar file. So all that is true of an appointment is true of each participant, and nobody can learn of another
    participant from what is theirs.
    """

    _inherit = "calendar.event"

    practice_group_id = fields.Many2one(
        "calendar.event",
        string="Group Appointment",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
        help="The appointment of several patients that this visit of one of them belongs to.",
    )
    practice_participant_ids = fields.One2many(
        "calendar.event",
        "practice_group_id",
        string="Participants",
        groups="practice_billing.group_user",
        copy=False,
        context={"active_test": False},
    )
    practice_places = fields.Integer(
        string="Places",
        groups="practice_billing.group_user",
        copy=False,
        help="How many patients can take part; 0 for the usual visit of one patient.",
    )
    practice_one_pays = fields.Boolean(
        string="One Pays for All", groups="practice_billing.group_user", copy=False, readonly=True
    )
    practice_places_taken = fields.Integer(
        string="Places Taken",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="How many patients take part or took part; whoever cancelled does not count.",
    )
    practice_patient_ids = fields.Many2many(
        "res.partner",
        string="Patients",
        compute="_compute_practice_patient_ids",
        inverse="_inverse_practice_patient_ids",
        groups="practice_billing.group_user",
        help="Who takes part. Adding somebody plans their visit; taking somebody out cancels it.",
    )
    practice_cancelled_with_group = fields.Boolean(groups="practice_billing.group_user", copy=False, readonly=True)

    _practice_places_not_negative = models.Constraint(
        "CHECK (practice_places >= 0)", "A group appointment cannot have fewer than 0 places."
    )
    # Whoever joins updates the row of the group, so of two who take the last place one is asked again by Odoo.
    _practice_places_enough = models.Constraint(
        "CHECK (practice_places IS NULL OR practice_places = 0 OR practice_places_taken <= practice_places)",
        "All places of this appointment are taken.",
    )
    _practice_once_per_group = models.UniqueIndex(
        "(practice_group_id, patient_id)"
        " WHERE practice_group_id IS NOT NULL AND attendance IN ('planned', 'attended', 'no_show')",
        "This patient takes part already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("practice_participant_ids.attendance", "practice_participant_ids.patient_id")
    def _compute_practice_patient_ids(self):
        for event in self:
            event.practice_patient_ids = event.practice_participant_ids._practice_filter_taking_part().patient_id

    def _inverse_practice_patient_ids(self):
        # Read before anything is written, which has them computed anew.
        wanted = {event: event.practice_patient_ids for event in self}
        for event, patients in wanted.items():
            there = event.practice_participant_ids._practice_filter_taking_part()
            gone = there.filtered(lambda it, patients=patients: it.patient_id not in patients)
            if not self.env.su and not self.env.context.get("practice_reason"):
                gone._practice_check_cancelled_in_time()
            gone.write({"attendance": "cancelled", "active": False})
            event._practice_join(patients - there.patient_id)

    @api.depends("practice_patient_ids")
    def _compute_practice_credit_balance(self):
        """Say of a group which of those who are being added lack credits."""
        groups = self.filtered("practice_places")
        result = super(CalendarEvent, self - groups)._compute_practice_credit_balance()
        for group in groups:
            short = group._practice_filter_short(group.practice_patient_ids)
            group.credit_needed, group.credit_short = False, bool(short)
            group.credit_balance = ", ".join(short.mapped("name")) or False
        return result

    def _practice_filter_short(self, patients):
        """Return those of ``patients`` who lack the credits to join this group."""
        appointment_type = self.practice_appointment_type_id._origin
        added = patients._origin - self._origin.practice_participant_ids._practice_filter_taking_part().patient_id
        if not (self.start and appointment_type.package_id):
            return added.browse()
        if self.practice_one_pays:
            added = added[: 0 if self._origin.practice_participant_ids else 1]
        count = self.env["practice.credit.lot"]._count_missing
        return added.filtered(lambda patient: count(patient, appointment_type, self.start))

    @api.depends("practice_patient_ids")
    def _compute_practice_conflict(self):
        return super()._compute_practice_conflict()

    @api.depends("practice_places", "practice_places_taken")
    def _compute_display_name(self):
        super()._compute_display_name()
        if not self._practice_is_staff():
            return
        for event in self.filtered("practice_places"):
            event.display_name = self.env._(
                "%(name)s (%(taken)s of %(places)s)",
                name=event.display_name,
                taken=event.practice_places_taken,
                places=event.practice_places,
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("practice_group_id", "practice_places", "patient_id")
    def _check_practice_group(self):
        for event in self._practice_hidden_sudo():
            if event.practice_places and (event.patient_id or event.practice_group_id):
                raise ValidationError(self.env._("%s is for several patients: add them as participants.", event.name))
            if event.practice_group_id and not (event.patient_id and event.practice_group_id.practice_places):
                raise ValidationError(
                    self.env._("Whoever takes part in a group appointment is a patient, and it has places.")
                )

    @api.constrains("attendance")
    def _check_practice_group_attendance(self):
        if any(event.attendance == "no_show" for event in self._practice_hidden_sudo().filtered("practice_places")):
            raise ValidationError(self.env._("A group does not stay away: mark the participants who did not come."))

    @api.onchange("practice_appointment_type_id")
    def _onchange_practice_places(self):
        """Give a new appointment the places of its type; the patient who was chosen takes part."""
        if self._origin.id or self.practice_group_id:
            return
        self.practice_places = self.practice_appointment_type_id._get_group_places()
        self.practice_one_pays = bool(self.practice_places) and self.practice_appointment_type_id.one_pays
        if self.practice_places and self.patient_id:
            self.practice_patient_ids = [Command.link(self.patient_id._origin.id)]
            self.partner_ids -= self.patient_id
            self.patient_id = False

    @api.onchange("practice_patient_ids")
    def _onchange_practice_patient_ids(self):
        if self.practice_places and len(self.practice_patient_ids) > self.practice_places:
            raise UserError(self._practice_describe_full())

    # === ACTIONS === #

    def action_practice_mark_attended(self):
        """Mark those too who are still expected in these groups."""
        return super(CalendarEvent, self | self._practice_get_visits()).action_practice_mark_attended()

    def action_practice_open_visit(self):
        """Open the visit of a participant."""
        self.ensure_one()
        return {**self.get_formview_action(), "target": "current"}

    def action_practice_cancel_appointment(self):
        """A group is cancelled by the practice; its participants each cancel their own visit."""
        action = super().action_practice_cancel_appointment()
        if self.practice_places and self.attendance == "planned":
            action["context"]["default_cancelled_by"] = "practice"
        return action

    # === BUSINESS METHODS === #

    def _practice_filter_taking_part(self):
        """Return those of these visits that take a place: whoever cancelled gave it back."""
        return self.filtered(lambda visit: visit.attendance in NOT_CANCELLED)

    def _practice_get_visits(self):
        """Return the visits of those who are expected in these groups."""
        return self.practice_participant_ids._practice_filter_planned()

    def _practice_get_package(self):
        """Return no package for a group: its participants take the credits."""
        return self.env["practice.package"] if self.practice_places else super()._practice_get_package()

    def _practice_get_needed_people(self):
        """Who gives a group is busy with the group itself, not with each of its participants. Those who are being added
        in a form have to be free too."""
        if not self.practice_group_id and not any(self.mapped("practice_places")):
            return super()._practice_get_needed_people()
        visits = self.filtered("practice_group_id")
        people = super(CalendarEvent, self - visits)._practice_get_needed_people() | visits.patient_id._origin
        for group in (self - visits).filtered("practice_places"):
            people |= group.practice_patient_ids._origin - group._origin.practice_participant_ids.patient_id
        return people

    def _practice_takes_room(self):
        return not self.practice_group_id and super()._practice_takes_room()  # the group has one

    def _practice_get_bound(self):
        events_sudo = self._origin._practice_hidden_sudo()
        groups_sudo = events_sudo | events_sudo.practice_group_id
        return super()._practice_get_bound() | (groups_sudo | groups_sudo.practice_participant_ids).with_env(self.env)

    @api.model
    def _practice_get_paying_fields(self):
        return (*super()._practice_get_paying_fields(), "practice_places")

    @api.model
    def _practice_get_copied_fields(self):
        return (*super()._practice_get_copied_fields(), *COPIED_FIELDS)

    @api.model
    def _practice_get_kept_fields(self):
        return (*super()._practice_get_kept_fields(), *KEPT_FIELDS)

    def _practice_describe_full(self):
        self.ensure_one()
        return self.env._(
            "%(appointment)s on %(start)s is full (places: %(places)s). Put the patient on its waiting list, give it "
            "more places, or choose another appointment.",
            appointment=self.name,
            start=self._practice_describe_start(),
            places=self.practice_places,
        )
