from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: In the context: the free place that is booked for whom it was offered.
OFFERED = "practice_offered_place"


class PracticeAppointmentType(models.Model):
    """Patients wait for places of a type; what is offered to one of them is not given to others by the portal."""

    _inherit = "practice.appointment.type"

    waiting_list = fields.Boolean(
        tracking=True, help="Patients put themselves on the waiting list when they book on the portal and find no time."
    )
    waiting_count = fields.Integer(compute="_compute_waiting_count")

    @api.constrains("waiting_list", "one_pays")
    def _check_waiting_list(self):
        for appointment_type in self:
            if appointment_type.waiting_list and appointment_type.one_pays:
                raise ValidationError(
                    self.env._(
                        "%s is paid by one for all: those who come together plan it together, so it has no waiting "
                        "list.",
                        appointment_type.name,
                    )
                )

    def _compute_waiting_count(self):
        counts = self.env["practice.waiting"]._count_waiting("appointment_type_id", self)
        for appointment_type in self:
            appointment_type.waiting_count = counts.get(appointment_type, 0)

    def action_open_waiting(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_waiting_action")
        context = {"default_appointment_type_id": self.id, "search_default_on_the_list": 1}
        return {**action, "domain": [("appointment_type_id", "=", self.id)], "context": context}

    def _prepare_booking_cards(self):
        cards = super()._prepare_booking_cards()
        for appointment_type, card in zip(self, cards, strict=True):
            card["waiting_list"] = appointment_type.waiting_list
        return cards

    # === BOOKING === #

    def _get_offered_place(self):
        """Return the place that is booked for whom it was offered; others cannot make one in a context."""
        place = self.env.context.get(OFFERED)
        return place if isinstance(place, models.BaseModel) else self.env["practice.waiting.place"]

    def _is_free(self, practitioner, patient, start):
        """What is offered need be neither far enough ahead nor on the hour: somebody had it."""
        if place := self._get_offered_place():
            return place._is_there() and not place._filter_busy(patient)
        return super()._is_free(practitioner, patient, start)

    def _prepare_booking_vals(self, practitioner, patient, start, booker):
        vals = super()._prepare_booking_vals(practitioner, patient, start, booker)
        group = self._get_offered_place().group_id
        return {**vals, "practice_group_id": group.id} if group else vals

    def _find_joinable_sudo(self, practitioner, patient, start, ignore=None):
        if place := self._get_offered_place():
            return place.sudo().group_id  # sudo: as in super; the place is free
        return super()._find_joinable_sudo(practitioner, patient, start, ignore)

    def _search_joinable_sudo(self, practitioners, patient, first=None, last=None, ignore=None):
        """Leave out what is held for others."""
        groups_sudo = super()._search_joinable_sudo(practitioners, patient, first, last, ignore)
        if not groups_sudo:
            return groups_sudo
        offers_sudo = groups_sudo.env["practice.waiting.offer"]
        domain = [("group_id", "in", groups_sudo.ids), ("state", "=", "open")]
        held = Counter(dict(offers_sudo._read_group(domain, ["group_id"], ["__count"])))
        return groups_sudo.filtered(lambda group: group.practice_places_taken + held[group] < group.practice_places)
