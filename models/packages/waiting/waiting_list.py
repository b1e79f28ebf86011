from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context

from .waiting import DAY_FIELDS, ON_THE_LIST

#: What decides which places suit somebody, and who is asked first.
WISH_FIELDS = {*DAY_FIELDS, "sequence", "practitioner_id", "group_id", "hour_from", "hour_to", "date_to"}


class PracticeWaiting(models.Model):
    """What becomes of who waits: a place is proposed to staff or offered to them, they have one, or leave the list."""

    _inherit = "practice.waiting"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.flush_model(["state"])  # who left the list can wait again: the database has to know
        entries = super().create(vals_list)
        entries._look_again()
        return entries

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & WISH_FIELDS:
            self._look_again()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_offered(self):
        if offered := self.filtered(lambda entry: entry.state == "offered"):
            raise UserError(
                self.env._(
                    "A place is offered to %s, who can take it any moment: take them off the list first.",
                    offered[0].patient_id.name,
                )
            )

    def _look_again(self):
        """Have the run look whether a place that is free suits these."""
        types = self.filtered(lambda entry: entry.state == "waiting").appointment_type_id
        self.env["practice.waiting.place"]._wake(Domain("appointment_type_id", "in", types.ids))

    # === ACTIONS === #

    def action_offer(self):
        """Offer the first free place that suits them to each of these, by e-mail.

        :raises UserError: when there is none, or why it cannot be offered
        """
        self.check_access("write")
        for entry in self.with_context(clean_context(self.env.context)):
            place_sudo = entry.place_id.sudo()  # sudo: the module writes what people do not
            if not place_sudo:
                raise UserError(
                    self.env._(
                        "There is no free place that suits %s now. Plan the visit yourself, or wait until one comes "
                        "free.",
                        entry.patient_id.name,
                    )
                )
            place_sudo._take_turn()
            if problem := place_sudo._find_obstacle(entry):
                raise UserError(problem)
            entry._offer(place_sudo)

    def action_leave(self):
        """Take these off the list; what is offered to them is offered to others."""
        self.check_access("write")
        self._leave("staff")

    def action_wait_again(self):
        """Put these back on the list, where they were."""
        self.check_access("write")
        again = self.filtered(lambda entry: entry.state not in ON_THE_LIST)
        again.sudo().write({"state": "waiting", "left_reason": False})  # sudo: the module writes what people do not
        again._look_again()

    def action_open_visit(self):
        """Open the visit that they got from the list."""
        self.ensure_one()
        return self.offer_ids.visit_id[:1].get_formview_action()

    # === COUNTING === #

    @api.model
    def _count_waiting(self, name, records):
        """Return ``{record: how many wait}`` of those of ``records`` that stand in the field ``name`` of entries."""
        domain = Domain("state", "in", ON_THE_LIST) & Domain(name, "in", records.ids)
        return dict(self._read_group(domain, [name], ["__count"]))

    # === LEAVING === #

    def _leave(self, reason):
        """Take these off the list for ``reason``, one of ``left_reason``; whoever is off stays as they are."""
        leaving = self.filtered(lambda entry: entry.state in ON_THE_LIST)
        leaving._withdraw_offers("passed" if reason == "patient" else "expired")
        # sudo: the module writes what people do not
        leaving.sudo().write({"state": "left", "left_reason": reason})
        leaving._take_back_proposal()
        if reason == "cancelled":
            leaving._tell_cancelled()

    def _take_place(self):
        """Note that these have what they wait for."""
        self._withdraw_offers("expired")
        # sudo: as above
        self.sudo().write({"state": "taken", "error": False, "retry_date": False})
        self._take_back_proposal()

    def _withdraw_offers(self, state):
        # sudo: as above
        self.sudo().offer_ids.filtered(lambda offer: offer.state == "open")._close(state)

    def _tell_cancelled(self):
        """Have staff tell these that what they wait for does not take place."""
        for entry in self:
            entry._plan_to_do(
                self.env._("The group appointment is cancelled"),
                self.env._(
                    "%(patient)s waited for %(group)s, which is cancelled, and is off the list. Tell them, or put "
                    "them on the list of another appointment.",
                    patient=entry.patient_id.name,
                    group=entry.group_id.name,
                ),
            )

    @api.model
    def _get_over_domain(self):
        """Return who waits for what is over: their last day, or the group appointment.."""
        now = fields.Datetime.now()
        return Domain("state", "in", ON_THE_LIST) & Domain.OR(
            Domain("company_id", "=", company.id)
            & self._practice_get_retry_domain(company._practice_day())
            & (Domain("date_to", "<", company._practice_day()) | Domain("group_id.start", "<=", now))
            for company in self.env["res.company"].search([])
        )

    def _leave_over(self):
        """Take these off the list, because what they wait for is over."""
        begun = self.filtered(lambda entry: entry.group_id and entry.group_id.start <= fields.Datetime.now())
        begun._leave("group_over")
        (self - begun)._leave("over")

    # === OFFERING === #

    @api.model
    def _get_to_ask_domain(self):
        """Return who can be offered something now: those who wait, and were not set aside today."""
        return Domain("state", "=", "waiting") & Domain.OR(
            Domain("company_id", "=", company.id) & self._practice_get_retry_domain(company._practice_day())
            for company in self.env["res.company"].search([])
        )

    def _offer(self, place):
        """Offer a free place, held for them from now on, and queue the e-mail.

        :raises UserError: when nobody has an e-mail address
        """
        self.ensure_one()
        if not self.patient_id._practice_get_mail_recipients():
            raise UserError(
                self.env._(
                    "%s has no e-mail address, so nobody can be written to. Call them, and plan the visit yourself.",
                    self.patient_id.name,
                )
            )
        offer_sudo = self.env["practice.waiting.offer"]._make_sudo(self, place)
        # sudo: the module writes what people do not
        self.sudo().state = "offered"
        self._take_back_proposal()
        self._practice_clear()
        place._wake(Domain("id", "=", place.id))
        offer_sudo._send()

    def _propose(self, place):
        """Have staff offer a free place to this patient, once."""
        self.ensure_one()
        if self.proposed_place_id == place:
            return
        self._forget_proposal()
        self.sudo().proposed_place_id = place  # sudo: the module writes what people do not
        self._plan_to_do(
            self.env._("A place is free"),
            self.env._(
                "%(place)s is free, and %(patient)s is the first who waits for it. Press Offer, or call them "
                "and plan it.",
                place=place.display_name,
                patient=self.patient_id.name,
            ),
        )

    def _take_back_proposal(self):
        """Somebody else is to be asked first, or the place is gone."""
        proposed = self.filtered("proposed_place_id")
        proposed.sudo().proposed_place_id = False  # sudo: the module writes what people do not
        self._forget_proposal()
        proposed._look_again()

    def _plan_to_do(self, summary, note):
        self.ensure_one()
        self.activity_schedule(
            "practice_billing.mail_activity_type_waiting",
            summary=summary,
            note=note,
            user_id=self.company_id._practice_get_responsible(self.create_uid).id,
        )

    def _forget_proposal(self):
        # sudo: the to-do may be somebody else's
        self.sudo().activity_unlink(["practice_billing.mail_activity_type_waiting"])

    # === WHAT FAILED === #

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for entry in self:
            entry._plan_to_do(self.env._("A place could not be offered"), reason)
        return result

    def _practice_untell(self):
        self._forget_proposal()
        return super()._practice_untell()
