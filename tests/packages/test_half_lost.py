"""A late cancellation or a no-show that costs half of the credits: some are lost, the others go back."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common.notices import NoticesMixin
from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestHalfLost(NoticesMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.half = self.make_type(self.package, name="Couple", package_credits=3, late_policy="half")
        self.lot = self.sell()

    def plan_half(self, **vals):
        return self.plan(start=self.at(hours=2), appointment_type=self.half, **vals)

    def assertHalfLost(self, event, lot=None):
        self.assertEqual(event.credit_state, "forfeited")
        self.assertEqual(event._practice_get_spent_credits(), 1)
        self.assertLot(lot or self.lot, available=9, reserved=0, used=0, lost=1, value=1080.0)
        self.assertBooksAgree()

    def test_the_form_of_the_type_says_how_many(self):
        form = Form(self.half)
        self.assertEqual(form.late_credits, 1)
        form.package_credits = 4
        self.assertEqual(form.late_credits, 2)
        form.late_policy = "return"
        self.assertEqual(form.late_credits, 0)

    def test_cancelling_late_loses_half_and_gives_the_others_back(self):
        event = self.plan_half()
        self.assertEqual(event._practice_get_cancel_cost(), 1)
        wizard = Form(self.env["practice.appointment.cancel"].with_context(default_event_id=event.id))
        self.assertIn("Credits lost: 1; credits that go back: 2", wizard.consequence)
        wizard.save().action_cancel()
        self.assertEqual(event.attendance, "late_cancelled")
        self.assertHalfLost(event)
        self.assertEqual(
            [row["outcome"] for row in self.lot._prepare_history()][-1], "Cancelled late, 1 of 3 credits lost"
        )

    def test_a_no_show_loses_half_also_of_what_was_marked_attended(self):
        event = self.plan_half()
        self.happen(event)
        self.assertLot(self.lot, available=7, used=3, lost=0)
        event.attendance = "no_show"
        self.assertHalfLost(event)
        event.attendance = "attended"
        self.assertLot(self.lot, available=7, used=3, lost=0, value=840.0)
        self.assertBooksAgree()

    def test_what_was_lost_is_given_back_with_a_reason(self):
        event = self.plan_half()
        event.active = False
        with self.assertRaisesRegex(UserError, "Say why"), self.cr.savepoint():
            event._practice_give_back(False)
        event._practice_give_back("Ill")
        self.assertLot(self.lot, available=10, lost=0, value=1200.0)
        self.assertBooksAgree()
        event.active = True
        self.assertLot(self.lot, available=7, reserved=3)

    def test_a_marked_one_that_is_cancelled_says_what_goes_back(self):
        event = self.plan_half()
        self.travel(hours=4)
        event.attendance = "no_show"
        wizard = self.env["practice.appointment.cancel"].create({"event_id": event.id, "reason": "Slip"})
        self.assertEqual(wizard.spent_credits, 1)
        wizard.action_cancel()
        self.assertLot(self.lot, available=10, lost=0)

    def test_of_two_lots_the_one_that_was_taken_first_loses(self):
        self.plan_series(8)
        second = self.sell(price=600.0)
        event = self.plan_half()
        self.assertLot(self.lot, available=0, reserved=10)
        self.assertLot(second, available=9, reserved=1)
        event.active = False
        self.assertLot(self.lot, available=1, reserved=8, lost=1)
        self.assertLot(second, available=10, reserved=0, lost=0, value=600.0)
        self.assertBooksAgree()

    def test_all_of_them_cost_when_nothing_else_is_left_to_take(self):
        """Losing takes no new credits: what is held is enough, whatever else the lot has."""
        small = self.give(self.make_patient(), 3)
        event = self.plan_half(patient=small.partner_id)
        self.assertLot(small, available=0, reserved=3)
        event.active = False
        self.assertLot(small, available=2, lost=1)

    def test_half_of_one_credit_is_none(self):
        self.half.package_credits = 1
        event = self.plan_half()
        self.assertEqual(event._practice_get_cancel_cost(), 0)
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("late_cancelled", "returned"))
        self.assertLot(self.lot, available=10)

    def test_what_was_promised_holds_when_the_type_changes(self):
        event = self.plan_half()
        self.half.late_policy = "forfeit"
        event.active = False
        self.assertHalfLost(event)

    def test_the_mail_says_both_numbers(self):
        event = self.plan_half()
        self.run_notices()
        event.active = False
        [mail] = self.run_notices()
        self.assertIn("Credits that it cost: <strong>1</strong>", mail.body_html)
        self.assertIn("given back for each appointment: <strong>2</strong>", mail.body_html)
