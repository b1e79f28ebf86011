from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import groupby

from ....tools.notices import Change

#: Notices that something happened to an appointment. The other kind reminds of it.
ANNOUNCEMENTS = ("confirmation", "moved", "cancelled")

#: How somebody is told.
CHANNELS = ("email", "sms")

#: How long a change waits before it is told: who corrects a slip at once sends no message about it.
GRACE = timedelta(minutes=1)


class PracticeAppointmentNotice(models.Model):
    """Who was told what of an appointment, and when.

    A row is made in the transaction of the change, and a run sends it; that it was sent is written in the transaction
    that hands the e-mail or SMS to Odoo. So what is killed and begun again tells nothing twice. A row names the
    appointment, who was told, over which way, of whose visit, and the start that they were told.
    """

    _name = "practice.appointment.notice"
    _description = "Notice of an Appointment"
    _inherit = ["practice.retry.mixin"]
    _order = "date desc, id desc"

    event_id = fields.Many2one(
        "calendar.event", string="Appointment", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict", readonly=True)
    patient_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="To",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
        help="The patient or, of a patient without e-mail address or phone number, who represents them.",
    )
    channel = fields.Selection(
        [("email", "E-Mail"), ("sms", "SMS")], string="By", required=True, default="email", readonly=True
    )
    kind = fields.Selection(
        [
            ("confirmation", "Confirmation"),
            ("moved", "Moved"),
            ("cancelled", "Cancelled"),
            ("reminder", "Reminder"),
        ],
        required=True,
        readonly=True,
    )
    start = fields.Datetime(
        required=True, readonly=True, help="The start that is told; of a cancelled appointment the one that is over."
    )
    start_before = fields.Datetime(string="Moved From", readonly=True)
    hours = fields.Integer(
        string="Hours Before", readonly=True, help="Of a reminder: how many hours before the start it is due."
    )
    number = fields.Integer(
        default=1, required=True, readonly=True, help="How often the same was told: 2 when it was sent again."
    )
    date = fields.Datetime(
        string="Asked",
        required=True,
        default=fields.Datetime.now,
        readonly=True,
        help="When there was something to tell.",
    )
    due_date = fields.Datetime(string="Sent From", required=True, readonly=True)
    sent_date = fields.Datetime(string="Sent", readonly=True)
    state = fields.Selection(
        [("waiting", "To Send"), ("sent", "Sent"), ("skipped", "Not Sent")],
        required=True,
        default="waiting",
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("off", "Confirmations are off for this type"),
            ("no_address", "Nobody has an e-mail address"),
            ("no_number", "Nobody has a valid phone number"),
            ("blocked", "The number is on the phone blacklist"),
            ("no_sms", "SMS is not installed any more"),
            ("outdated", "Moved or cancelled before it was sent"),
            ("begun", "The appointment had begun"),
        ],
        readonly=True,
    )
    error = fields.Char(string="Failed", readonly=True, help="Why it could not be sent; it is tried again.")
    mail_id = fields.Many2one("mail.mail", index="btree_not_null", ondelete="set null", readonly=True)
    notification_id = fields.Many2one(
        "mail.notification",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="What Odoo knows of an SMS: also what the provider reports after Odoo has deleted the SMS itself.",
    )
    lead_id = fields.Many2one(
        "practice.appointment.notice",
        string="Told With",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The notice whose message tells this one too: a series is told once.",
    )
    follower_ids = fields.One2many("practice.appointment.notice", "lead_id", readonly=True)
    status = fields.Selection(
        [("waiting", "To Send"), ("sent", "Sent"), ("skipped", "Not Sent"), ("failed", "Failed")],
        compute="_compute_status",
        search="_search_status",
    )
    remark = fields.Char(compute="_compute_status", help="Why it was not sent.")

    _once = models.UniqueIndex(
        "(event_id, partner_id, patient_id, channel, kind, start, hours, number)",
        "This was told already: nobody is told twice.",
    )
    # What the run searches.
    _waiting_idx = models.Index("(due_date) WHERE state = 'waiting'")

    # === COMPUTE METHODS === #

    @api.depends("kind", "start", "partner_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for notice in self:
            when = notice.event_id._practice_describe_moment(notice.start, "short") if notice.start else ""
            notice.display_name = f"{labels.get(notice.kind, '')} · {notice.partner_id.name} · {when}"

    @api.depends("state", "reason", "error", "mail_id.state", "notification_id.notification_status")
    def _compute_status(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for notice in self:
            mail_sudo = notice.mail_id.sudo()  # sudo: only whether it was sent, and why not
            failed = mail_sudo.state == "exception" and (mail_sudo.failure_reason or mail_sudo.failure_type)
            failed = failed or notice._describe_sms_failure() or (notice.state == "waiting" and notice.error)
            notice.status = "failed" if failed else notice.state
            notice.remark = failed or reasons.get(notice.reason, False)

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: which mails failed; only the notices of the user are found by them
        bounced_sudo = self.env["mail.mail"].sudo()._search([("model", "=", self._name), ("state", "=", "exception")])
        failed = Domain("mail_id", "in", bounced_sudo) | Domain([("state", "=", "waiting"), ("error", "!=", False)])
        failed |= self._get_failed_sms_domain()
        plain = Domain("state", "in", [it for it in value if it != "failed"]) & ~failed
        return plain | failed if "failed" in value else plain

    # === ACTIONS === #

    def action_send_again(self):
        """Tell the same people what is true of these appointments now.

        :raises UserError: when an appointment has begun, or is not theirs any more
        """
        self.check_access("read")
        for event, notices in self.grouped("event_id").items():
            ways = {(notice.partner_id, notice.channel) for notice in notices}
            known = {way for channel in CHANNELS for way in event._practice_get_ways(event.patient_id, (channel,))}
            if notices.patient_id != event.patient_id or ways - known:
                raise UserError(
                    self.env._(
                        "%s: the patient, or who is written to for them, is somebody else by now. Open the appointment "
                        "and use Send Again there.",
                        event.name,
                    )
                )
            event._practice_send_again(ways)

    # === FOLLOWING WHAT HAPPENS === #

    @api.model
    def _follow(self, changes, mute, actors):
        """Note what is to be told of ``changes``, together with what waits to be told of the same appointments.

        :param list changes: of :class:`Told`
        :param bool mute: nobody is told of this change; what waits is told as it is now
        :param list actors: ids of contacts who made the change, and know
        """
        changed = {(event, told.patient) for told in changes for event in told.event | told.former}
        rows = self.env["calendar.event"].union(*(event for event, _patient in changed)).practice_notice_ids
        waiting = {
            (row.event_id, row.patient_id, row.partner_id, row.channel): row
            for row in rows
            if (row.event_id, row.patient_id) in changed and row.state == "waiting" and row.kind in ANNOUNCEMENTS
        }
        if mute and not waiting:
            return
        # All at once: asked one by one, each would be read alone.
        self.env["res.partner"].union(*(told.patient for told in changes)).mapped("email")
        vals_list = [
            vals
            for told in changes
            for partner, channel in told.get_ways(waiting)
            if (vals := self._prepare_follow_vals(told, partner, channel, waiting, mute, actors))
        ]
        self.browse(row.id for row in waiting.values()).unlink()
        self._note(vals_list)

    @api.model
    def _prepare_follow_vals(self, told, partner, channel, waiting, mute, actors):
        """Return the values of what ``partner`` is to be told now, or ``None``."""
        who = (told.patient, partner, channel)
        row = waiting.get((told.event, *who)) or waiting.get((told.former, *who))
        change = row._get_change().followed_by(told.change) if row else told.change
        if not change.kind or partner.id in actors or (mute and (not row or change.kind == "cancelled")):
            return None
        vals = self._prepare_vals(told.event, told.patient, partner, change.kind, change.start, channel=channel)
        return {**vals, "start_before": change.before}

    def _get_change(self):
        """Return the change that this notice tells."""
        self.ensure_one()
        return Change(self.start_before or None, None if self.kind == "cancelled" else self.start)

    @api.model
    def _prepare_vals(self, event, patient, partner, kind, start, hours=0, channel="email"):
        """Return the values of a notice, numbered after those that said the same."""
        wanted = (partner, patient, channel, kind, start, hours)
        same = event.practice_notice_ids.filtered(
            lambda it: (
                it.state != "waiting"
                and (it.partner_id, it.patient_id, it.channel, it.kind, it.start, it.hours) == wanted
            )
        )
        is_off = kind == "confirmation" and not event.practice_appointment_type_id.confirm_by_mail
        return {
            "event_id": event.id,
            "company_id": event._practice_get_company().id,
            "patient_id": patient.id,
            "partner_id": partner.id,
            "channel": channel,
            "kind": kind,
            "start": start,
            "hours": hours,
            "number": max(same.mapped("number"), default=0) + 1,
            "due_date": fields.Datetime.now() + (GRACE if kind in ANNOUNCEMENTS else timedelta()),
            "state": "skipped" if is_off else "waiting",
            "reason": "off" if is_off else False,
        }

    @api.model
    def _note(self, vals_list):
        """Make notices; those that say the same to the same person are told by the message of the first one."""
        if not vals_list:
            return self.browse()

        def key(vals):
            return vals["partner_id"], vals["patient_id"], vals["channel"], vals["kind"], vals["state"]

        ordered = sorted(vals_list, key=lambda vals: (*key(vals), vals["start"]))
        notices = self.create(ordered)
        row = iter(notices)
        for (*_who, kind, state), group in groupby(ordered, key):
            lead, *others = [next(row) for _vals in group]
            if others and kind in ANNOUNCEMENTS and state == "waiting":
                self.browse(it.id for it in others).lead_id = lead
        if any(vals["state"] == "waiting" for vals in ordered):
            self._schedule_run(max(vals["due_date"] for vals in ordered))
        return notices

    @api.model
    def _schedule_run(self, moment):
        # sudo: whoever plans an appointment may have its notices sent
        self.env.ref("practice_billing.ir_cron_send_notices").sudo()._trigger(at=moment)

    def unlink(self):
        """Let another notice of the same message lead where the leading one goes."""
        for lead in self.filtered("follower_ids"):
            lead._hand_over(lead.follower_ids - self)
        return super().unlink()

    def _hand_over(self, followers):
        """Let the first of ``followers`` lead the others instead of this notice."""
        self.ensure_one()
        followers = followers.sorted("start")
        followers[:1].lead_id = False
        followers[1:].lead_id = followers[:1]

    @api.model
    def _check_can_be_told(self, events):
        """Check that there is something to tell of ``events`` now.

        :raises UserError: when one has begun
        """
        if begun := events.filtered(lambda event: event.start <= fields.Datetime.now()):
            raise UserError(
                self.env._(
                    "%(appointment)s began on %(when)s: there is nothing to tell the patient any more.",
                    appointment=begun[0].name,
                    when=begun[0]._practice_describe_start(),
                )
            )
