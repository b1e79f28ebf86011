from odoo.tests import Form, new_test_user, tagged

from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestPractitioner(PracticeCase):
    """The front desk plans for a practitioner: who gives the appointment takes part, who plans it does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(cls.env, "pb_desk", "practice_billing.group_user")
        cls.katrien = new_test_user(cls.env, "pb_katrien", "practice_billing.group_user")
        cls.pieter = new_test_user(cls.env, "pb_pieter", "practice_billing.group_user")
        cls.intake = cls.env["practice.appointment.type"].create({"name": "Intake"})

    def fill_in(self, *practitioners, event=None):
        """Fill in the form as the front desk does, choosing one practitioner after the other."""
        with Form((event or self.env["calendar.event"]).with_user(self.desk)) as form:
            if not event:
                form.practice_appointment_type_id = self.intake
                form.patient_id = self.patient
            for practitioner in practitioners:
                form.user_id = practitioner
        return form.record.sudo()

    def test_the_practitioner_is_invited_instead_of_the_front_desk(self):
        event = self.fill_in(self.katrien)
        self.assertEqual(event.partner_ids, self.patient + self.katrien.partner_id)

    def test_the_practitioner_chosen_last_is_invited_alone(self):
        event = self.fill_in(self.katrien, self.pieter)
        self.assertEqual(event.partner_ids, self.patient + self.pieter.partner_id)

    def test_another_practitioner_takes_over_and_other_guests_stay(self):
        event = self.fill_in(self.katrien)
        guest = self.make_patient("Guest")
        event.partner_ids += guest + self.desk.partner_id
        self.fill_in(self.pieter, event=event)
        self.assertEqual(event.partner_ids, self.patient + guest + self.desk.partner_id + self.pieter.partner_id)

    def test_a_practitioner_who_is_the_patient_stays_invited(self):
        self.patient = self.katrien.partner_id
        event = self.fill_in(self.katrien, self.pieter)
        self.assertEqual(event.partner_ids, self.patient + self.pieter.partner_id)

    def test_a_plain_event_keeps_its_guests(self):
        with Form(self.env["calendar.event"].with_user(self.desk)) as form:
            form.name = "Lunch"
            form.user_id = self.katrien
        self.assertEqual(form.record.sudo().partner_ids, self.desk.partner_id)
