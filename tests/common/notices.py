"""What patients are told of their appointments."""

from datetime import timedelta

from odoo.tests import new_test_user

from .practice import PracticeCase


class NoticesMixin:
    """With mails; the runs are those of the server, in transactions of their own."""

    context = {"no_reset_password": True}

    def run_notices(self, moment=None, **delta):
        """Let the run of notices happen at ``moment`` or in so long (two minutes); return the new e-mails."""
        self.travel(moment, **({} if moment else delta or {"minutes": 2}))
        before = self.all_mails()
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_send_notices").method_direct_trigger()
        self.env.invalidate_all()
        return self.all_mails() - before

    def all_mails(self):
        return self.env["mail.mail"].search([("model", "=", "practice.appointment.notice")], order="id")

    def notices(self, events=None, **values):
        """Return the notices of ``events`` (of all) with these values, in the order in which they were made."""
        domain = [("event_id", "in", events.ids)] if events is not None else []
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["practice.appointment.notice"].search(domain, order="id")

    def told(self, events=None):
        """Return ``[(kind, hours, state)]`` of the notices of ``events``."""
        return [(it.kind, it.hours, it.state) for it in self.notices(events)]

    def move(self, event, **delta):
        """Move an appointment to so long from now."""
        start = self.at(**delta)
        event.write({"start": start, "stop": start + timedelta(hours=1)})


class NoticeCase(NoticesMixin, PracticeCase):
    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.company.partner_id.write({"street": "Kerkstraat 1", "city": "Gent", "phone": "+32 9 000 00 00"})
        cls.katrien = new_test_user(
            cls.env, "pb_katrien", "practice_billing.group_user", name="Katrien Maes", email="katrien@example.com"
        )
        return result

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.patient, credits=20)

    def plan(self, patient=None, start=None, appointment_type=None, **vals):
        return super().plan(patient, start or self.at(days=5), appointment_type, **{"user_id": self.katrien.id, **vals})

    def planned(self, **vals):
        """Return an appointment that the patient was told of."""
        event = self.plan(**vals)
        self.run_notices()
        return event
