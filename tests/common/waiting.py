"""What the tests of the waiting list share: a class that is full, patients who wait, and the run that offers places."""

from odoo.fields import Command

from .booking import BookingMixin


class WaitingMixin(BookingMixin):
    """A class of two with Katrien in which Ann and Bert take part; Cleo, Dora and Eve have credits."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.company.practice_waiting_automatic = True
        cls.yoga = cls.make_type(
            cls.package,
            name="Yoga",
            places=2,
            online_booking=True,
            waiting_list=True,
            practitioner_ids=[Command.set(cls.katrien.ids)],
        )
        names = ("Ann Aerts", "Bert Bos", "Cleo Claes", "Dora Dewit", "Eve Evers")
        cls.ann, cls.bert, cls.cleo, cls.dora, cls.eve = (cls.make_patient(name) for name in names)
        return result

    def setUp(self):
        super().setUp()
        for patient in (self.ann, self.bert, self.cleo, self.dora, self.eve):
            self.give(patient)
        self.lesson = self.plan_lesson()

    def plan_lesson(self, days=4, hour=10, patients=None):
        patients = self.ann | self.bert if patients is None else patients
        return self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.yoga.id,
                "start": self.local(self.at(days=days).date(), hour),
                "user_id": self.katrien.id,
                "practice_patient_ids": [Command.set(patients.ids)],
            }
        )

    def visit_of(self, patient, lesson=None):
        lesson = lesson or self.lesson
        return lesson.practice_participant_ids.filtered(lambda it: it.patient_id == patient)

    def leave_class(self, patient=None, lesson=None):
        """Let a participant cancel, so that a place comes free."""
        self.visit_of(patient or self.ann, lesson).write({"attendance": "cancelled", "active": False})

    def wait(self, patient, lesson=None, user=None, **vals):
        """Put a patient on the list: of the class, or of what ``vals`` says."""
        if "appointment_type_id" not in vals:
            vals = {"appointment_type_id": self.yoga.id, "group_id": (lesson or self.lesson).id, **vals}
        entries = self.env["practice.waiting"].with_user(user or self.front_desk)
        return entries.create({"patient_id": patient.id, **vals})

    def run_waiting(self, moment=None, **delta):
        """Let the run do its work, at ``moment`` or in so long."""
        if moment or delta:
            self.travel(moment, **delta)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_offer_waiting").method_direct_trigger()
        self.env.invalidate_all()

    def offers(self, **values):
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["practice.waiting.offer"].search(domain, order="id")

    def offered(self, state="open"):
        """Return to whom places are on offer."""
        return self.offers(state=state).patient_id

    def offer_mails(self):
        return self.env["mail.mail"].search([("model", "=", "practice.waiting.offer")], order="id")

    def places(self):
        return self.env["practice.waiting.place"].search([])
