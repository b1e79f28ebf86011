"""What the tests of times at which somebody is busy share: a front desk that plans, practitioners, two patients."""

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user

from .practice import PracticeCase


class ConflictCase(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.desk = cls.env(user=cls.front_desk)
        cls.ilse = new_test_user(cls.env, "pb_ilse", "base.group_user", name="Ilse")
        cls.jan = new_test_user(cls.env, "pb_jan", "base.group_user", name="Jan")
        cls.bert = cls.make_patient("Bert Claes")

    def setUp(self):
        super().setUp()
        self.sell()
        self.sell(self.bert)

    def plan_at_desk(self, patient=None, user=None, days=3, **vals):
        """Plan as the front desk does over RPC."""
        return self.desk["calendar.event"].create(
            {
                "practice_appointment_type_id": self.type.id,
                "patient_id": (patient or self.patient).id,
                "user_id": (user or self.ilse).id,
                "start": self.at(days=days),
                **vals,
            }
        )

    def open_form(self, days=3):
        form = Form(self.desk["calendar.event"], "calendar.view_calendar_event_form_quick_create")
        form.start = self.at(days=days)
        form.practice_appointment_type_id = self.type
        form.patient_id = self.patient
        return form

    def assertBusy(self, who):
        return self.assertRaisesRegex(UserError, f"{who} has something else at this time")
