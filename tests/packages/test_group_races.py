"""Twenty sessions that want the last place, or the last credit, of a class at one moment."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done, refused

SESSIONS = 20


@tagged("post_install", "-at_install")
class TestGroupRaces(PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.yoga = cls.make_type(cls.package, name="Yoga", places=3)
        cls.cr.commit()

    def plan_groups(self, count=1):
        start = self.at(days=5)
        vals = {"practice_appointment_type_id": self.yoga.id}
        groups = self.env["calendar.event"].create(
            [{**vals, "start": start + timedelta(days=day)} for day in range(count)]
        )
        self.cr.commit()
        return groups

    def make_patients(self, count=SESSIONS, credits=1):
        patients = self.env["res.partner"].union(*(self.make_patient(f"Racer {it}") for it in range(count)))
        for patient in patients:
            self.give(patient, credits)
        self.cr.commit()
        return patients

    def join(self, group_id, patient_id, env):
        return env["calendar.event"].create({"practice_group_id": group_id, "patient_id": patient_id}).id

    def race_to(self, pairs):
        """Let patients join groups at once, a session each."""
        works = [partial(self.join, group_id, patient_id) for group_id, patient_id in pairs]
        context = {"no_mail_to_attendees": True}
        return self.race(works, users=self.front_desk.id, context=context)

    def assertFull(self, group, outcomes):
        self.assertEqual(len(done(outcomes)), 3)
        for loser in refused(outcomes):
            self.assertIsInstance(loser, UserError)
            self.assertIn("is full (places: 3)", str(loser))
        self.assertEqual(group.practice_places_taken, 3)
        self.assertEqual(len(group.practice_participant_ids), 3)

    def test_twenty_patients_race_for_three_places(self):
        group, patients = self.plan_groups(), self.make_patients()
        outcomes = self.race_to([(group.id, patient_id) for patient_id in patients.ids])
        self.assertFull(group, outcomes)
        lots = self.env["practice.credit.lot"].search([("partner_id", "in", patients.ids)])
        self.assertEqual(sum(lots.mapped("credits_available")), SESSIONS - 3)
        self.assertEqual(self.lot_problems(), [])

    def test_twenty_groups_race_for_five_credits_of_one_patient(self):
        groups = self.plan_groups(SESSIONS)
        patient = self.make_patients(1, credits=5)
        outcomes = self.race_to([(group_id, patient.id) for group_id in groups.ids])
        self.assertEqual(len(done(outcomes)), 5)
        self.assertEqual(sum(groups.mapped("practice_places_taken")), 5)
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", patient.id)])
        self.assertLot(lot, total=5, available=0, reserved=5)

    def test_one_patient_who_joins_twenty_times_takes_part_once(self):
        group, patient = self.plan_groups(), self.make_patients(1, credits=20)
        outcomes = self.race_to([(group.id, patient.id)] * SESSIONS)
        self.assertEqual(len(done(outcomes)), 1)
        self.assertEqual(group.practice_places_taken, 1)

    def test_a_group_that_is_cancelled_and_joined_at_once_has_nobody_left_in_it(self):
        group, patients = self.plan_groups(), self.make_patients(3)

        def cancel(env):
            env["calendar.event"].browse(group_id)._practice_cancel_by_practice("Ill")

        group_id = group.id
        joins = [partial(self.join, group_id, patient_id) for patient_id in patients.ids]
        context = {"no_mail_to_attendees": True}
        self.race([*joins, cancel], users=self.front_desk.id, context=context)
        self.assertEqual(group.attendance, "cancelled")
        self.assertFalse(group.practice_participant_ids._practice_filter_planned())
        self.assertEqual(group.practice_places_taken, 0)

    def test_fewer_places_and_one_more_participant(self):
        group, patients = self.plan_groups(), self.make_patients(3)
        group.practice_patient_ids = [Command.set(patients[:2].ids)]
        self.cr.commit()
        group_id, last_id = group.id, patients[2].id

        def shrink(env):
            env["calendar.event"].browse(group_id).practice_places = 2

        context = {"no_mail_to_attendees": True}
        self.race([partial(self.join, group_id, last_id), shrink], users=self.front_desk.id, context=context)
        self.assertLessEqual(group.practice_places_taken, group.practice_places)
        self.assertEqual(len(group.practice_participant_ids), group.practice_places_taken)
