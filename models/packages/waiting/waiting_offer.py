import secrets

from odoo import api, fields, models
from odoo.fields import Domain


class PracticeWaitingOffer(models.Model):
    """A place that is offered to a patient who waits, and held for them until they answer or the time is over.

    The row, what holds the place and the e-mail are made in one transaction, so a place is offered once whatever
    happens to the run.
    """

    _name = "practice.waiting.offer"
    _description = "Offer of a Free Place"
    _inherit = ["practice.retry.mixin"]
    _order = "date desc, id desc"
    _rec_name = "patient_id"

    waiting_id = fields.Many2one("practice.waiting", required=True, index=True, readonly=True, ondelete="cascade")
    place_id = fields.Many2one("practice.waiting.place", required=True, index=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="place_id.company_id", store=True, index=True, precompute=True)
    patient_id = fields.Many2one(related="waiting_id.patient_id", store=True, index=True, precompute=True)
    appointment_type_id = fields.Many2one(related="place_id.appointment_type_id", store=True, precompute=True)
    group_id = fields.Many2one(related="place_id.group_id", store=True, index="btree_not_null", precompute=True)
    practitioner_id = fields.Many2one(related="place_id.practitioner_id", store=True, precompute=True)
    start = fields.Datetime(related="place_id.start", store=True, precompute=True)
    number = fields.Integer(
        required=True, default=1, readonly=True, help="Which of the places on offer of a group appointment it is."
    )
    date = fields.Datetime(string="Offered", required=True, readonly=True, default=fields.Datetime.now)
    valid_until = fields.Datetime(string="Held Until", required=True, readonly=True)
    state = fields.Selection(
        [("open", "Not Answered"), ("taken", "Taken"), ("passed", "No, Thank You"), ("expired", "Ended")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    answer_date = fields.Datetime(string="Answered", readonly=True)
    hold_event_id = fields.Many2one(
        "calendar.event", string="Holds the Time", readonly=True, index="btree_not_null", ondelete="set null"
    )
    visit_id = fields.Many2one("calendar.event", readonly=True, index="btree_not_null", ondelete="set null")
    access_token = fields.Char(groups="base.group_system", copy=False, readonly=True, index="btree_not_null")
    error = fields.Char(string="Failed", readonly=True)
    retry_date = fields.Date(readonly=True)

    _once_per_entry = models.UniqueIndex("(waiting_id) WHERE state = 'open'", "One place is offered at a time.")
    _once_per_group_place = models.UniqueIndex(
        "(group_id, number) WHERE state = 'open' AND group_id IS NOT NULL", "This place is on offer already."
    )
    _once_per_time = models.UniqueIndex(
        "(practitioner_id, start) WHERE state = 'open' AND group_id IS NULL", "This time is on offer already."
    )
    # What the run searches.
    _open_idx = models.Index("(valid_until) WHERE state = 'open'")

    # === MAKING AND CLOSING === #

    @api.model
    def _make_sudo(self, entry, place):
        """Offer ``place`` to who waits: hold it, with all rights; nobody is written to yet."""
        taken = set(place._get_open_offers().mapped("number"))
        number = next(it for it in range(1, len(taken) + 2) if it not in taken)
        # sudo: the module writes what people do not
        return self.sudo().create(
            {
                "waiting_id": entry.id,
                "place_id": place.id,
                "number": number,
                "valid_until": place._get_hold_until(),
                "hold_event_id": False if place.group_id else place.sudo()._block_time().id,
                "access_token": secrets.token_urlsafe(32),
            }
        )

    def _close(self, state):
        """End these open offers: what held the place goes, who waits waits on, and the run looks at the place."""
        if not self:
            return
        self.hold_event_id.unlink()
        self.write({"state": state, "answer_date": False if state == "expired" else fields.Datetime.now()})
        self.waiting_id.filtered(lambda entry: entry.state == "offered").write({"state": "waiting"})
        # Also the other places: who was asked for this one can be asked for another one again.
        self.env["practice.waiting.place"]._wake(Domain("appointment_type_id", "in", self.appointment_type_id.ids))

    @api.model
    def _get_expired_domain(self):
        """Return the offers whose time is over, without those that were set aside today."""
        over = Domain("state", "=", "open") & Domain("valid_until", "<=", fields.Datetime.now())
        return over & Domain.OR(
            Domain("company_id", "=", company.id) & self._practice_get_retry_domain(company._practice_day())
            for company in self.env["res.company"].search([])
        )

    def _expire(self):
        self._close("expired")

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for offer in self:
            offer.waiting_id._plan_to_do(self.env._("An offer could not be ended"), reason)
        return result

    # === THE E-MAIL === #

    def _send(self):
        """Queue the e-mail of this offer, and have the run look when its time is over."""
        self.env.ref("practice_billing.mail_template_waiting_offer").sudo().send_mail(self.id)  # sudo: queues only
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # sudo: belongs to the system
        self.place_id._schedule_run(self.valid_until)

    def _get_url(self):
        """Return the address of the page of this offer, which is a secret of who gets it."""
        self.ensure_one()
        token = self.sudo().access_token  # sudo: it goes to whom it belongs
        return f"{self.get_base_url()}/practice/waiting/{token}"

    def _get_mail_values(self):
        """Return what the template says besides the offer itself."""
        self.ensure_one()
        recipients = self.patient_id._practice_get_mail_recipients()
        return {
            **self._prepare_values(),
            "names": ", ".join(recipients.mapped("name")),
            "for_patient": self.patient_id.name if self.patient_id not in recipients else "",
            "url": self._get_url(),
        }

    def _prepare_values(self):
        """Return what a patient reads of this offer, in the practice's time zone and the language of the context."""
        self.ensure_one()
        place, appointment_type = self.place_id, self.appointment_type_id
        return {
            **appointment_type._prepare_booking(self.practitioner_id, self.patient_id, self.start),
            "until": place._describe(place.stop, "HH:mm"),
            "place": self.group_id._practice_get_place()
            if self.group_id
            else self.company_id._practice_get_portal_address(),
            "held_until": place._describe(self.valid_until, "EEEE d MMMM, HH:mm"),
        }
