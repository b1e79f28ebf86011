"""A sick day in a real browser: from the menu to the list of who has picked a new time."""

from odoo.fields import Datetime
from odoo.tests import HttpCase, tagged

from ..common.absences import AbsenceMixin


@tagged("post_install", "-at_install")
class TestAbsenceTour(AbsenceMixin, HttpCase):
    now = None

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        # It is about eight in the morning there, whenever the test runs, and people work all day.
        hour = Datetime.now().hour
        offset = 8 - hour if hour <= 20 else 32 - hour
        cls.company.practice_tz = f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
        cls.company.resource_calendar_id = cls.make_calendar(hours=((0, 24),), tz=cls.company.practice_tz)
        return result

    def test_the_front_desk_cancels_a_sick_day_and_sees_who_has_picked(self):
        self.start_tour("/odoo/appointments", "practice_absence_confirm", login="pb_front_desk")
        absence = self.env["practice.absence"].search([("practitioner_id", "=", self.katrien.id)])
        self.assertEqual(absence.state, "cancelled")
        self.assertEqual(self.second.user_id, self.pieter)
        self.assertEqual((self.first + self.third).mapped("attendance"), ["cancelled"] * 2)

        self.tell()
        self.assertEqual(len(self.mails()), 2)
        self.plan(start=self.at(days=3), user_id=self.katrien.id)
        self.start_tour("/odoo/absences", "practice_absence_who_picked", login="pb_front_desk")
        self.assertBooksAgree()

    def test_deleting_several_in_the_list_asks_who_cancels(self):
        self.start_tour("/odoo", "practice_cancel_several", login="pb_front_desk")
        self.env.invalidate_all()
        self.assertEqual(set(self.events.mapped("attendance")), {"cancelled"})
        self.assertLot(self.lot_of_bert, available=10, reserved=0)
