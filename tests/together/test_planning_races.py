"""Whatever two people do at the same moment, by whichever doors: nobody and no room is planned twice at one time."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta
from itertools import combinations_with_replacement, pairwise

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.booking import BookingMixin, make_rooms
from ..common.practice import dose
from ..common.races import RaceCase, done

#: Pairs of planned appointments of which one begins before the other one ends, and what they both need.
TWICE = """
SELECT one.id, two.id, CASE WHEN one.user_id = two.user_id THEN 'practitioner'
                            WHEN one.patient_id = two.patient_id THEN 'patient' ELSE 'room' END
  FROM calendar_event one JOIN calendar_event two ON one.id < two.id AND one.start < two.stop AND two.start < one.stop
 WHERE one.active AND two.active AND one.attendance = 'planned' AND two.attendance = 'planned'
   AND COALESCE(one.practice_group_id, one.id) <> COALESCE(two.practice_group_id, two.id)
   AND (one.user_id = two.user_id AND one.practice_group_id IS NULL AND two.practice_group_id IS NULL
        OR one.patient_id = two.patient_id OR one.practice_room_id = two.practice_room_id)
"""
#: How somebody plans, each a method ``door_NAME``.
DOORS = (
    *("portal_books", "portal_joins", "portal_moves", "link_restores"),
    *("desk_plans", "desk_plans_series", "desk_plans_group", "desk_drags", "desk_plans_again", "offer_is_taken"),
)
#: What two people want at once, and whether they want it for the same patient, with the same practitioner.
WANTED = {"practitioner": (False, True), "patient": (True, False), "room": (False, False)}


@tagged("post_install", "-at_install")
class TestPlanningRaces(BookingMixin, RaceCase):
    """Each door has a method that makes ready what it needs, and returns what a session does then."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.yoga = cls.make_type(
            cls.package,
            name="Yoga",
            places=2,
            online_booking=True,
            practitioner_ids=[Command.set((cls.katrien | cls.pieter).ids)],
        )
        cls.patients = cls.make_patient("Ann Aerts"), cls.make_patient("Bert Bos")
        cls.practitioners = cls.katrien, cls.pieter
        (cls.room,) = make_rooms(cls, "Garden")
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        for patient in self.patients:
            self.give(patient, credits=500)
        self.cr.commit()

    def race_doors(self, wanted):
        """Let two people use each pair of doors at once: one of them gets what both want."""
        same_patient, same_practitioner = WANTED[wanted]
        self.room.type_ids = self.type | self.yoga if wanted == "room" else self.type.browse()
        patients = self.patients[:1] * 2 if same_patient else self.patients
        practitioners = self.practitioners[:1] * 2 if same_practitioner else self.practitioners
        for names in dose(tuple(pairwise((*DOORS, DOORS[0]))), tuple(combinations_with_replacement(DOORS, 2))):
            if "portal_joins" in names and wanted != "patient":
                continue  # the group is there already
            if names == ("offer_is_taken",) * 2 and wanted != "room":
                continue  # a time is offered once, and one at a time to who waits
            with self.subTest(wanted=wanted, doors=names):
                self.clear()
                works = [
                    getattr(self, f"door_{name}")(*it)
                    for name, *it in sorted(zip(names, patients, practitioners, strict=True), key=self.is_offer)
                ]
                self.cr.commit()
                outcomes = self.race(works, context={"no_mail_to_attendees": True})
                for outcome in outcomes:
                    self.assertIsInstance(outcome, (int, UserError))
                self.assertEqual(self.query(TWICE), [])
                self.assertEqual(len(done(outcomes)), 1, outcomes)

    @staticmethod
    def is_offer(door):
        """What is offered is held from then on, so that nothing else can be made ready there."""
        return door[0] == "offer_is_taken"

    def clear(self):
        """Take away what the race before committed."""
        self.env["practice.waiting"].search([]).unlink()
        self.env["practice.waiting.place"].search([]).unlink()
        of_practitioners = [("user_id", "in", (self.katrien | self.pieter).ids)]
        self.env["calendar.event"].search(of_practitioners).write({"active": False})
        self.start = self.local(self.company._practice_day(self.at(days=4)), 9)
        self.other_days = iter((5, 6))

    def test_one_practitioner(self):
        self.race_doors("practitioner")

    def test_one_patient(self):
        self.race_doors("patient")

    def test_one_room(self):
        self.race_doors("room")

    # === THE DOORS === #

    def plan_elsewhere(self, patient, practitioner):
        """Plan what is about to be moved, on a day of its own; return its id."""
        day = self.company._practice_day(self.at(days=next(self.other_days)))
        return self.book_at(patient, practitioner, self.local(day, 9)).id

    def book_at(self, patient, practitioner, start, env=None):
        appointment_type, practitioner, patient = (
            it.with_env(env or self.env) for it in (self.type, practitioner, patient)
        )
        return appointment_type._book(practitioner, patient, start, patient)

    def door_portal_books(self, patient, practitioner):
        return lambda env: self.book_at(patient, practitioner, self.start, env).id

    def door_portal_joins(self, patient, practitioner):
        group = self.env["calendar.event"].create(
            {"practice_appointment_type_id": self.yoga.id, "user_id": practitioner.id, "start": self.start}
        )
        self.assertTrue(group.practice_places)

        def work(env):
            yoga, giver, who = (it.with_env(env) for it in (self.yoga, practitioner, patient))
            return yoga._book(giver, who, self.start, who).id

        return work

    def door_portal_moves(self, patient, practitioner):
        event_id = self.plan_elsewhere(patient, practitioner)

        def work(env):
            event = env["calendar.event"].browse(event_id)
            event._practice_move_by_patient(practitioner.with_env(env), self.start, patient.with_env(env))
            return event_id

        return work

    def door_link_restores(self, patient, practitioner):
        event = self.book_at(patient, practitioner, self.start)
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == patient)
        invitation._practice_answer("declined", False, 0)
        self.assertEqual(event.attendance, "cancelled")
        event_id, invitation_id = event.id, invitation.id

        def work(env):
            env["calendar.attendee"].browse(invitation_id)._practice_answer("accepted", False, 0)
            return event_id

        return work

    def door_offer_is_taken(self, patient, practitioner):
        entry = self.env["practice.waiting"].create({"patient_id": patient.id, "appointment_type_id": self.type.id})
        place = self.env["practice.waiting.place"].create(
            {
                "appointment_type_id": self.type.id,
                "practitioner_id": practitioner.id,
                "start": self.start,
                "stop": self.start + timedelta(hours=1),
            }
        )
        offer_id = self.env["practice.waiting.offer"]._make_sudo(entry, place).id
        return lambda env: env["practice.waiting.offer"].browse(offer_id)._take().id

    def plan_vals(self, patient, practitioner, **vals):
        return {
            "practice_appointment_type_id": self.type.id,
            "patient_id": patient.id,
            "user_id": practitioner.id,
            "start": self.start,
            **vals,
        }

    def door_desk_plans(self, patient, practitioner):
        vals = self.plan_vals(patient, practitioner)
        return lambda env: env(user=self.front_desk.id)["calendar.event"].create(vals).id

    def door_desk_plans_series(self, patient, practitioner):
        weekday = f"{self.start:%a}".lower()
        rule = {"rrule_type": "weekly", "interval": 1, "end_type": "count", "count": 2, weekday: True}
        vals = self.plan_vals(patient, practitioner, recurrency=True, **rule)
        return lambda env: env(user=self.front_desk.id)["calendar.event"].create(vals).id

    def door_desk_plans_group(self, patient, practitioner):
        vals = self.plan_vals(patient, practitioner)
        vals |= {"practice_appointment_type_id": self.yoga.id, "practice_patient_ids": [Command.set(patient.ids)]}
        del vals["patient_id"]
        return lambda env: env(user=self.front_desk.id)["calendar.event"].create(vals).id

    def door_desk_drags(self, patient, practitioner):
        event_id = self.plan_elsewhere(patient, practitioner)

        def work(env):
            event = env(user=self.front_desk.id)["calendar.event"].browse(event_id)
            said = event.practice_move_on_board(str(self.start), str(self.start + timedelta(hours=1)), practitioner.id)
            if said["conflicts"]:
                raise UserError(" ".join(said["conflicts"]))
            return event_id

        return work

    def door_desk_plans_again(self, patient, practitioner):
        event = self.book_at(patient, practitioner, self.start)
        event.write({"attendance": "cancelled"})
        event_id = event.id

        def work(env):
            env(user=self.front_desk.id)["calendar.event"].browse(event_id).action_practice_mark_planned()
            return event_id

        return work
