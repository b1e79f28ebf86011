"""Of two who want the last credit at the same moment, one gets it: real sessions, real commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done, refused

SESSIONS = 8


@tagged("post_install", "-at_install")
class TestTransferRaces(PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.front_desk.email = "front.desk@example.com"
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.giver, self.receiver = self.make_patient("Racing Giver"), self.make_patient("Racing Receiver")
        self.lot = self.sell(self.giver, quantity=0.3)
        self.cr.commit()

    def transfer(self, env, credits=1):
        vals = {"lot_id": self.lot.id, "receiver_id": self.receiver.id, "owner": "receiver", "reason": "race"}
        return env["practice.credit.transfer"].create({**vals, "credits": credits}).action_transfer()["res_id"]

    def plan_one(self, env, number):
        start = self.at(days=1 + number)
        return env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.type.id,
                "patient_id": self.giver.id,
                "start": start,
                "stop": start + timedelta(hours=1),
                "practice_overrule_reason": "All tests plan at these times",
            }
        )

    def race_at_the_desk(self, works):
        outcomes = self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})
        for loser in refused(outcomes):
            if not isinstance(loser, UserError):
                raise loser  # with where it comes from
        return done(outcomes)

    def received(self):
        return self.env["practice.credit.lot"].search([("source_lot_id", "=", self.lot.id)])

    def test_of_many_transfers_as_many_come_through_as_there_are_credits(self):
        won = self.race_at_the_desk([self.transfer] * SESSIONS)
        self.assertEqual(len(won), 3)
        self.assertLot(self.lot, available=0, transferred=3, value=0.0)
        self.assertEqual(sum(self.received().mapped("value_open")), 360.0)
        self.assertEqual(len(self.received().move_ids.transfer_entry_id), 3)
        self.assertBooksAgree()

    def test_a_double_click_transfers_once(self):
        won = self.race_at_the_desk([partial(self.transfer, credits=3)] * 2)
        self.assertEqual(len(won), 1)
        self.assertLot(self.lot, available=0, transferred=3)
        self.assertLot(self.received(), available=3, value=360.0)

    def test_a_dialog_whose_button_is_pressed_twice_transfers_once(self):
        vals = {"lot_id": self.lot.id, "receiver_id": self.receiver.id, "reason": "race", "credits": 1}
        number = self.env["practice.credit.transfer"].with_user(self.front_desk).create(vals).id
        self.cr.commit()

        def press(env):
            return env["practice.credit.transfer"].browse(number).action_transfer()["res_id"]

        self.assertEqual(len(set(self.race_at_the_desk([press] * 4))), 1)
        self.assertLot(self.lot, available=2, transferred=1)

    def test_a_transfer_and_a_booking_never_both_get_the_last_credit(self):
        works = [partial(self.plan_one, number=number) if number % 2 else self.transfer for number in range(SESSIONS)]
        won = self.race_at_the_desk(works)
        self.assertEqual(len(won), 3)
        self.assertEqual(self.lot.credits_reserved + self.lot.credits_transferred, 3)
        self.assertLot(self.lot, total=3, available=0)
        self.assertEqual(len(self.received()), self.lot.credits_transferred)
        self.assertBooksAgree()
