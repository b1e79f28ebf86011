"""A part that is undone while somebody plans with what it paid: real sessions, real commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta
from functools import partial

from odoo.tests import tagged

from ..common.instalments import InstalmentsMixin
from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done


@tagged("post_install", "-at_install")
class TestInstalmentRaces(InstalmentsMixin, PracticeMixin, RaceCase):
    """Real sessions, real commits."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.front_desk.email = "front.desk@example.com"
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.patient = self.make_patient("Racing Patient")
        self.lot = self.in_parts(patient=self.patient)
        self.payment = self.pay_part(self.lot.invoice_id)
        self.cr.commit()

    def plan_one(self, env, number):
        start = self.at(days=1 + number)
        return env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.type.id,
                "patient_id": self.patient.id,
                "start": start,
                "stop": start + timedelta(hours=1),
                "practice_overrule_reason": "All tests plan at these times",
            }
        )

    def test_as_many_are_planned_as_are_covered(self):
        works = [partial(self.plan_one, number=number) for number in range(8)]
        outcomes = self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})
        self.assertEqual(len(done(outcomes)), 3)
        self.assertLot(self.lot, reserved=3, available=7, spendable=0, overdrawn=0)

    def test_a_part_bounces_while_the_last_covered_credit_is_planned(self):
        """Either it was planned first and is marked as unpaid, or the part bounced first and it is refused."""
        for number in (20, 21):
            self.plan_one(self.env, number)
        self.cr.commit()

        def bounce(env):
            payment = env["account.payment"].sudo().browse(self.payment.id)
            payment.action_draft()
            payment.action_cancel()

        works = [bounce, partial(self.plan_one, number=22)]
        outcomes = self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})
        planned = len(done(outcomes)) - 1
        self.assertEqual(self.payment.state, "canceled")
        self.assertLot(self.lot, reserved=2 + planned, paid=0, spendable=0, overdrawn=2 + planned, state="pending")
        self.assertBooksAgree()
