from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ....tools.dates import day_begins
from ...common.retry_mixin import Step

#: How long a place that could not be looked at is left alone.
RETRY = timedelta(hours=1)


class PracticeWaitingPlace(models.Model):
    """The run that offers places to who waits for them, one after the other."""

    _inherit = "practice.waiting.place"

    @api.model
    def _get_due_domain(self):
        """Return the places that the run looks at now."""
        return Domain("state", "=", "free") & Domain("due_date", "<=", fields.Datetime.now())

    @api.model
    def _cron_offer(self):
        """End what is over, then offer what is free, committing each step; it can be cut and begun again anywhere."""
        waiting, offers = self.env["practice.waiting"], self.env["practice.waiting.offer"]
        look, postpone = type(self)._look, type(self)._postpone
        self._practice_run(
            [
                Step(waiting, waiting._get_over_domain(), type(waiting)._leave_over),
                Step(offers, offers._get_expired_domain(), type(offers)._expire, order="valid_until, id"),
                Step(self, self._get_due_domain(), look, postpone, order="start, id"),
            ]
        )

    def _look(self):
        """Offer this place, or what is left of it, to the first who can come; forget it when it is gone."""
        self._take_turn()
        if not self._is_there():
            self._give_up()
            return
        # Whoever was asked last goes first when staff gave places away all the same.
        self._get_open_offers()[self._count_places() :]._close("expired")
        self.write({"due_date": False, "error": False})
        proposed = self._offer_on() if self._get_hold_until() else self.env["practice.waiting"]
        (self._get_proposed() - proposed)._take_back_proposal()

    def _give_up(self):
        """Note that this place is gone; nobody is held to an offer of it."""
        self._get_open_offers()._close("expired")
        self._get_proposed()._take_back_proposal()
        self.write({"state": "gone", "due_date": False, "error": False})

    def _get_proposed(self):
        """Return who is proposed to staff for this place."""
        return self.env["practice.waiting"].search([("proposed_place_id", "=", self.id)])

    def _offer_on(self):
        """Offer what is free to the first who can come or, where offering is left to staff, propose it.

        Whoever cannot be written to is for staff, and the next one is asked.

        :return: who is proposed
        """
        automatic = self.company_id.practice_waiting_automatic
        left, proposed = self._count_left(), self.env["practice.waiting"]
        for entry in self._find_fitting():
            if left <= 0:
                break
            if entry.proposed_place_id - self:
                continue  # staff has another place for them
            if not automatic or not entry.patient_id._practice_get_mail_recipients():
                entry._propose(self)
                proposed |= entry
                left -= 0 if automatic else 1
            elif entry._practice_try(lambda it: it._offer(self) or True):
                left -= 1
            else:
                self.due_date = day_begins(entry.retry_date, self.company_id.practice_tz)
        return proposed

    def _find_fitting(self):
        """Yield who waits for this place, is free, has the credits and was not asked yet, in the order of the list."""
        waiting = self.env["practice.waiting"]
        domain = Domain("appointment_type_id", "=", self.appointment_type_id.id) & waiting._get_to_ask_domain()
        entries = waiting.search(domain & Domain("patient_id.active", "=", True)).filtered(
            lambda entry: entry._suits(self) and not entry._was_offered(self)
        )
        busy = self._filter_busy(entries.patient_id)
        seen = busy
        for entry in entries:
            if entry.patient_id not in seen and not self._count_missing(entry.patient_id):
                seen |= entry.patient_id
                yield entry

    def _count_missing(self, patient):
        """Return how many credits ``patient`` lacks to come."""
        return self.env["practice.credit.lot"]._count_missing(patient, self.appointment_type_id, self.start)

    def _find_obstacle(self, entry):
        """Return in a sentence why this place cannot be offered to who waits now, or ``None``."""
        self.ensure_one()
        patient = entry.patient_id
        if entry.state != "waiting":
            return self.env._("%s does not wait any more, or answers another offer first.", patient.name)
        if not self._is_there() or not self._is_to_be_offered():
            return self.env._("%s is not free any more, or begins too soon.", self.display_name)
        if self._filter_busy(patient):
            return self.env._(
                "%(patient)s has something else on %(start)s.", patient=patient.name, start=self._describe(self.start)
            )
        if missing := self._count_missing(patient):
            return self.env._(
                "%(patient)s lacks credits of %(package)s on that day: %(missing)s. Sell a package first.",
                patient=patient.name,
                package=self.appointment_type_id.package_id.name,
                missing=missing,
            )
        return None

    def _postpone(self, reason):
        """Keep why this place could not be offered, and look at it again later."""
        self.write({"error": reason, "due_date": fields.Datetime.now() + RETRY})
        self._practice_try_to_tell(reason)

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for place in self:
            place.appointment_type_id.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("A free place could not be offered"),
                note=reason,
                user_id=place.company_id._practice_get_responsible().id,
            )
        return result
