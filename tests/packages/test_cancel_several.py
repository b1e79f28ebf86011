"""Several appointments of a list are cancelled, archived or deleted: who cancels is asked, nothing is lost silently."""

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import PracticeCase

DIALOG = "practice.appointment.cancel"


@tagged("post_install", "-at_install")
class TestCancelSeveral(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def setUp(self):
        super().setUp()
        self.lot = self.sell()
        self.late = self.plan(start=self.at(hours=3))
        self.in_time = self.plan(start=self.at(days=3))
        self.attended = self.visit(start=self.at(hours=-2))
        self.travel(self.now)
        self.events = (self.late + self.in_time + self.attended).with_user(self.front_desk)

    def dialog(self, **vals):
        values = {"event_ids": [Command.set(self.events.ids)], **vals}
        return self.env[DIALOG].with_user(self.front_desk).create(values)

    def test_archiving_and_deleting_ask_who_cancels(self):
        for action in (
            self.events.action_archive(),
            self.events.action_practice_delete_appointments(),
            self.events.action_practice_cancel_appointments(),
        ):
            self.assertEqual(action["res_model"], DIALOG)
            dialog = self.env[DIALOG].with_context(**action["context"]).new({})
            self.assertEqual(dialog.event_ids._origin, self.events)
            self.assertFalse(dialog.cancelled_by, "it has to be answered")
        self.assertEqual(set(self.events.mapped("active")), {True})
        self.assertLot(self.lot, available=7, reserved=2, used=1)

    def test_deleting_elsewhere_costs_nobody_anything_unasked(self):
        for events in (self.late, self.events):
            with self.assertRaisesRegex(RedirectWarning, r"lose 1 credit\.") as refused, self.cr.savepoint():
                events.with_user(self.front_desk).unlink()
            self.assertEqual(refused.exception.args[1]["res_model"], DIALOG)
        self.in_time.with_user(self.front_desk).unlink()
        self.assertLot(self.lot, available=8, reserved=1, used=1)

    def test_what_holds_no_credits_gives_none_back(self):
        free = self.make_type(self.env["practice.package"], name="Free")
        talk = self.plan(start=self.at(days=2), appointment_type=free)
        dialog = self.env[DIALOG].with_user(self.front_desk).create({"event_id": talk.id})
        self.assertIn("Credits that go back: 0.", dialog.consequence)
        dialog.cancelled_by = "practice"
        self.assertIn("Credits that go back: 0.", dialog.consequence)

    def test_one_alone_gets_the_dialog_of_one(self):
        action = self.late.with_user(self.front_desk).action_archive()
        self.assertEqual(action["context"]["default_event_id"], self.late.id)

    def test_what_is_not_planned_is_archived_as_before(self):
        self.attended.with_user(self.front_desk).action_archive()
        self.assertFalse(self.attended.active)
        self.assertIsNone(self.attended.with_user(self.front_desk).action_practice_delete_appointments())
        with self.assertRaisesRegex(UserError, "None of these"):
            self.attended.with_user(self.front_desk).action_practice_cancel_appointments()

    def test_a_plain_meeting_is_archived_as_ever(self):
        lunch = self.env["calendar.event"].create({"name": "Lunch", "start": self.at(), "stop": self.at(hours=1)})
        lunch.with_user(self.front_desk).action_archive()
        self.assertFalse(lunch.active)

    def test_by_the_practice_all_credits_go_back_with_a_reason(self):
        dialog = self.dialog(cancelled_by="practice")
        self.assertIn("cancelled: 2. Credits that go back: 2.", dialog.consequence)
        with self.assertRaisesRegex(UserError, "Say why"):
            dialog.action_cancel()
        dialog.reason = "Water in the cellar"
        dialog.action_cancel()
        self.assertRecordValues(
            self.late + self.in_time, [{"attendance": "cancelled", "active": False, "credit_state": "returned"}] * 2
        )
        self.assertEqual(self.attended.attendance, "attended")
        self.assertLot(self.lot, available=9, reserved=0, used=1, lost=0)
        back = self.lot.move_ids.filtered(lambda move: move.kind == "unreserve")
        self.assertEqual(set(back.mapped("reason")), {"Water in the cellar"})
        self.assertBooksAgree()

    def test_by_the_patient_the_policy_decides_and_is_told_before(self):
        dialog = self.dialog(cancelled_by="patient")
        self.assertIn("cancelled: 2, of these late: 1. Credits lost: 1; credits that go back: 1.", dialog.consequence)
        dialog.action_cancel()
        self.assertEqual((self.late.attendance, self.in_time.attendance), ("late_cancelled", "cancelled"))
        self.assertLot(self.lot, available=8, used=1, lost=1)
        self.assertBooksAgree()

    def test_the_practice_cancels_one_late_appointment_at_no_cost(self):
        dialog = (
            self.env[DIALOG]
            .with_user(self.front_desk)
            .create({"event_id": self.late.id, "cancelled_by": "practice", "reason": "Ill"})
        )
        dialog.action_cancel()
        self.assertEqual(self.late.attendance, "cancelled")
        self.assertLot(self.lot, lost=0, available=8, reserved=1, used=1)

    def test_of_a_series_only_the_chosen_ones_go(self):
        series = self.plan_series(4, start=self.at(days=2))
        self.events = (series[0] + series[2]).with_user(self.front_desk)
        self.dialog(cancelled_by="patient").action_cancel()
        self.assertEqual(series.mapped("active"), [False, True, False, True])
        self.assertEqual(series.mapped("attendance"), ["cancelled", "planned", "cancelled", "planned"])
