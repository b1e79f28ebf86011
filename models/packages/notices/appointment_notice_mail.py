from odoo import models


class PracticeAppointmentNotice(models.Model):
    """What the e-mails say: each in the language of whom it is for, times in the time zone of the practice."""

    _inherit = "practice.appointment.notice"

    def _get_visits(self):
        """Return the appointments that the e-mail of this notice is about, by date."""
        self.ensure_one()
        return (self | self._get_told_along()).event_id.sorted("start")

    def _get_mail_values(self):
        """Return what the templates say besides the notice itself."""
        self.ensure_one()
        event, told_along = self.event_id, self._get_told_along()
        cost = event.practice_credits if event._practice_get_package() else 0
        _used, lost = event._practice_count_spent()
        return {
            "names": self.partner_id.name,
            "patient": self.patient_id.name if self.patient_id != self.partner_id else "",
            "type": event.practice_appointment_type_id.name,
            "practice": self.company_id.name,
            "phone": self.company_id.phone or "",
            "tz": self.company_id.practice_tz,
            "practitioner": event.user_id.name or "",
            "place": event._practice_get_place(),
            "video_url": event.videocall_location or "",
            "visits": [it._prepare_visit() for it in (self | told_along).sorted("start")],
            "first": event._practice_describe_moment(self.start, "EEEE d MMMM, HH:mm"),
            "credits": cost,
            "free_until": event._practice_describe_moment(event.cancel_free_until, "EEEE d MMMM, HH:mm"),
            "is_late": event._practice_is_late(),
            "late_cost": event._practice_get_late_cost(),
            "credits_back": event.practice_credits - lost if event.credit_state in ("returned", "forfeited") else 0,
            "credits_lost": lost,
        }

    def _prepare_visit(self):
        """Return what an e-mail says of one visit."""
        self.ensure_one()
        event = self.event_id
        when = event._practice_describe_moment(self.start)
        was = event._practice_describe_moment(self.start_before) if self.start_before else ""
        until = event._practice_describe_moment(self.start + (event.stop - event.start), "HH:mm")
        return {"when": when, "until": until, "was": was if self.kind == "moved" else "", **self._get_links()}

    def _get_links(self):
        """Return the addresses where who reads this moves and cancels the visit; empty where they cannot.

        With a login that is the portal. Without one it is the secret of an invitation, which is theirs alone and ends
        with the visit.
        """
        self.ensure_one()
        event = self.event_id
        links = {"move_url": "", "cancel_url": ""}
        if self.kind == "cancelled" or not event._practice_can_be_cancelled_by_patient():
            return links
        # sudo: whether there is a login
        if self.partner_id.sudo().user_ids.filtered("active"):
            move, cancel = f"/my/appointments/{event.id}/move", f"/my/appointments/{event.id}"
        elif speakers := event._practice_get_speakers().sorted(lambda it: it.partner_id != self.partner_id):
            move, cancel = speakers[0]._practice_get_move_path(), speakers[0]._practice_get_cancel_path()
        else:
            return links
        base = self.company_id.get_base_url()
        links["cancel_url"] = f"{base}{cancel}"
        if event._practice_can_be_moved_by_patient():
            links["move_url"] = f"{base}{move}"
        return links

    def _render_details(self):
        """Return when, where, with whom and at what cost, with the buttons, as the e-mails show it."""
        self.ensure_one()
        values = {"facts": self._get_mail_values(), "notice": self, "company": self.company_id}
        return self.env["ir.qweb"]._render("practice_billing.appointment_notice_details", values, minimal_qcontext=True)
