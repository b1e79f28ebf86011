from datetime import timedelta

from odoo import api, fields, models

from ...common.errors import WordedError

#: Days after the day of the appointment until which the link of an offer still says what became of it.
LINK_DAYS = 14


class OfferEndedError(WordedError):
    """What was offered is not on offer any more."""


class PracticeWaitingOffer(models.Model):
    """A patient takes what is offered, or lets it pass. The link is theirs alone, for one place, and ends."""

    _inherit = "practice.waiting.offer"

    @api.model
    def _find_by_token_sudo(self, token):
        """Return the offer whose link this is, with all rights, or an empty one."""
        offers_sudo = self.sudo()  # sudo: who has the link may follow it
        offer_sudo = offers_sudo.search([("access_token", "=", token)], limit=1) if token else offers_sudo
        return offer_sudo if offer_sudo and offer_sudo._is_link_valid() else offers_sudo.browse()

    def _is_link_valid(self):
        last_day = self.company_id._practice_day(self.start) + timedelta(days=LINK_DAYS)
        return self.patient_id.active and self.company_id._practice_day() <= last_day

    def _is_open(self):
        """Return whether it can still be taken; the run may not have looked at it yet."""
        self.ensure_one()
        return self.state == "open" and self.valid_until > fields.Datetime.now() and self.place_id._is_there()

    def _take(self):
        """Book what is offered, by the rules of the portal, as everything is at this moment; an offer is taken once.

        :return: the visit, with all rights
        :raises OfferEndedError: when it is not on offer any more
        :raises UserError: when it cannot be booked for another reason: credits are missing
        """
        self.ensure_one()
        self._take_turns()
        if not self._is_open():
            raise OfferEndedError(self.env._("This place is not free any more."))
        self._close("taken")
        visit = self.place_id._book_for(self.patient_id)
        self.visit_id = visit
        self.waiting_id._take_place()
        self.waiting_id._message_log(
            body=self.env._("Took the place that was offered: %s.", self.place_id.display_name)
        )
        return visit

    def _pass(self):
        """Let pass what is offered; the next one is asked. The patient waits on.

        :raises OfferEndedError: when it is not on offer any more
        """
        self.ensure_one()
        self._take_turns()
        if self.state != "open":
            raise OfferEndedError(self.env._("This offer has been answered, or has ended."))
        self._close("passed")

    def _take_turns(self):
        """Of two who answer at once, or take the same place, let one look again and see what the other one did."""
        (self.place_id._get_giver_sudo() | self.patient_id)._practice_take_booking_turn()

    def _prepare_page(self):
        """Return what the page of the link shows."""
        self.ensure_one()
        is_open = self._is_open()
        return {
            "company": self.company_id,
            "offer": self._prepare_values(),
            "state": self.state if is_open or self.state != "open" else "expired",
            "visit": self.visit_id._practice_prepare_portal_values()[0] if self.visit_id else None,
            "is_confirmed": self.appointment_type_id.confirm_by_mail,
            "is_waiting": self.waiting_id.state in ("waiting", "offered"),
            "address": f"/practice/waiting/{self.access_token}",
        }
