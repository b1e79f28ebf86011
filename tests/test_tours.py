from odoo.tests import HttpCase, tagged

from .common import PracticeMixin


@tagged("post_install", "-at_install")
class TestTours(PracticeMixin, HttpCase):
    """What the front desk does all day, in a real browser."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.type.cancel_hours = 0
        cls.patient.name = "Tour Patient"

    def test_front_desk_sells_and_books_and_the_calendar_shows_it(self):
        self.start_tour("/odoo", "practice_sell_and_book", login="pb_front_desk")

        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(event.attendance, "planned")
        self.assertEqual(event.credit_state, "reserved")
        self.assertRecordValues(
            self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]),
            [{"state": "active", "credits_available": 9, "credits_reserved": 1}],
        )

    def test_front_desk_sells_while_planning_and_cancels(self):
        self.start_tour("/odoo", "practice_sell_while_planning", login="pb_front_desk")

        events = self.env["calendar.event"].with_context(active_test=False)
        event = events.search([("patient_id", "=", self.patient.id)])
        self.assertRecordValues(event, [{"attendance": "cancelled", "credit_state": "returned", "active": False}])
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)])
        self.assertEqual((lot.credits_available, lot.credits_reserved), (10, 0))
