import vobject

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_datetime


class ResPartner(models.Model):
    """Whose credits and appointments a login of the portal may see: its own, and those it acts for."""

    _inherit = "res.partner"

    practice_representative_ids = fields.Many2many(
        "res.partner",
        "practice_representative_rel",
        "patient_id",
        "representative_id",
        string="Represented By",
        groups="practice_billing.group_user",
        help="Parents or guardians: with their own login they see the packages and appointments of this patient, and "
        "plan and cancel for him.",
    )

    practice_can_be_invited = fields.Boolean(
        compute="_compute_practice_can_be_invited", groups="practice_billing.group_user"
    )

    def _compute_practice_can_be_invited(self):
        for partner in self:
            # sudo: whether there is a login
            partner.practice_can_be_invited = bool(
                partner.id and not partner.is_company and not partner.sudo().user_ids
            )

    def action_invite_to_portal(self):
        """Open Odoo's dialog that gives portal access and sends the invitation."""
        self.ensure_one()
        wizard = self.env["portal.wizard"].create({"partner_ids": [Command.set(self.ids)]})
        return wizard._action_open_modal()

    def _get_portal_patients(self):
        """Return this partner and those whom he represents. Contacts of the same family or company are no reason."""
        self.ensure_one()
        # sudo: a login asks for whom it may act
        represented = self.sudo().search([("practice_representative_ids", "in", self.ids)])
        return self | represented.sudo(False)


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_portal_address(self):
        """Return where the practice is, on one line."""
        self.ensure_one()
        lines = self.partner_id._display_address(without_company=True).split("\n")
        return ", ".join(line.strip() for line in lines if line.strip())


class PracticeCreditLot(models.Model):
    """What patients see of credits on the portal."""

    _inherit = "practice.credit.lot"

    @api.model
    def _get_portal_domain(self, patients, *, only_open=False):
        """Return the credits of ``patients`` and those shared with them, without sales that were undone."""
        mine = Domain("partner_id", "in", patients.ids) | Domain("beneficiary_ids", "in", patients.ids)
        states = ("pending", "active") if only_open else ("pending", "active", "used_up", "expired")
        return mine & Domain("state", "in", states)

    def _prepare_portal_cards(self, patients):
        """Return what a card shows of each lot: numbers for everybody, the history only for whom it belongs to."""
        statement = self.env["report.practice_billing.report_credit_statement"]
        cards = []
        for lot in self:
            own = lot.partner_id in patients
            cards.append(
                {
                    "lot": lot,
                    "own": own,
                    "expiry": statement._describe_expiry(lot),
                    "terms_date": format_datetime(
                        self.env, lot.terms_date, tz=lot.company_id.practice_tz, dt_format="short"
                    )
                    if own and lot.terms_id
                    else "",
                    "facts": statement._prepare_facts(lot) if own else [],
                    "rows": statement._prepare_rows(lot)[::-1] if own else [],
                }
            )
        return cards


class CalendarEvent(models.Model):
    """What patients see of appointments on the portal, and what they may do."""

    _inherit = "calendar.event"

    @api.model
    def _get_portal_domain(self, patients, *, coming=None):
        """Return the appointments of ``patients``; ``coming`` ones, past ones (also cancelled), or all."""
        domain = Domain("practice_appointment_type_id", "!=", False) & Domain("patient_id", "in", patients.ids)
        domain &= Domain("active", "in", (True, False))
        planned = Domain("attendance", "=", "planned") & Domain("stop", ">", fields.Datetime.now())
        if coming is None:
            return domain
        return domain & (planned if coming else ~planned)

    def _prepare_portal_values(self):
        """Return what the portal shows of these appointments, in the order given: nothing that staff noted."""
        sessions = self.env["practice.credit.lot"]._get_sessions(self)
        labels = dict(self._fields["attendance"]._description_selection(self.env))
        return [event._prepare_portal_value(sessions.get(event), labels) for event in self]

    def _prepare_portal_value(self, session, labels):
        self.ensure_one()
        practice = self._get_practice()
        lot, number = session or (None, 0)
        return {
            "id": self.id,
            "type": self.practice_appointment_type_id.name,
            "patient": self.patient_id.name,
            "practitioner": self.user_id.name,
            "when": format_datetime(self.env, self.start, tz=practice.practice_tz, dt_format="EEEE d MMMM y, HH:mm"),
            "until": format_datetime(self.env, self.stop, tz=practice.practice_tz, dt_format="HH:mm"),
            "tz": practice.practice_tz,
            "place": self.location or practice._get_portal_address(),
            "session": lot
            and self.env._(
                "session %(number)s of %(total)s", number=number, total=lot.credits_total - lot.credits_refunded
            ),
            "state": self.attendance,
            "label": labels[self.attendance],
            "can_cancel": self._can_be_cancelled_by_patient(),
            "can_move": self._can_be_moved_by_patient(),
            "late": self._would_be_late(),
            "credits": self.practice_credits,
            "policy": self.credit_state == "reserved" and self.practice_appointment_type_id.late_policy,
            "free_until": format_datetime(
                self.env, self.cancel_free_until, tz=practice.practice_tz, dt_format="EEEE d MMMM, HH:mm"
            ),
        }

    def _can_be_cancelled_by_patient(self):
        self.ensure_one()
        return self.attendance == "planned" and self.start > fields.Datetime.now()

    def _cancel_by_patient(self, late_is_known):
        """Cancel this appointment with the policy of this moment, and tell the practice.

        :param bool late_is_known: whether the patient was told that credits are lost
        :return: whether it was cancelled; not when it became late since the patient was told what it costs
        :raises UserError: when it can no longer be cancelled
        """
        self.ensure_one()
        if not self._can_be_cancelled_by_patient():
            raise UserError(self.env._("This appointment can no longer be cancelled. Please call the practice."))
        if self._would_be_late() and not late_is_known:
            return False
        self.env["practice.appointment.cancel"].create({"event_id": self.id}).action_cancel()
        return True

    def _get_portal_ics(self):
        """Return the appointment as an iCalendar file: what, when, where; no notes, nobody's names."""
        self.ensure_one()
        calendar = vobject.iCalendar()
        event = calendar.add("vevent")
        event.add("uid").value = f"{self.env['ir.config_parameter'].get_param('database.uuid')}-{self.id}"
        event.add("dtstamp").value = fields.Datetime.now().replace(tzinfo=vobject.icalendar.utc)
        event.add("dtstart").value = self.start.replace(tzinfo=vobject.icalendar.utc)
        event.add("dtend").value = self.stop.replace(tzinfo=vobject.icalendar.utc)
        practice = self._get_practice()
        event.add("summary").value = f"{self.practice_appointment_type_id.name}, {practice.name}"
        event.add("location").value = self._prepare_portal_values()[0]["place"]
        return calendar.serialize().encode()
