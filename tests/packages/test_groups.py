"""Several patients in one appointment: a class, a group, a couple. The visit of each is an appointment of its own."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..common.practice import PracticeCase

#: Unique indexes over contacts, and what becomes of their rows when contacts are merged.
MERGED = {
    "calendar_event_practice_once_per_group": "refused by base_partner_merge_automatic_wizard, as a visit has credits",
    "practice_appointment_notice_once": "who was told twice was told once",
    "practice_waiting_once": "whoever came first stays on the list: test_waiting_list",
    "practice_subscription_one_running": "refused: test_subscription_promises",
    "practice_subscription_checkout_one_open": "the subscription that it is for is refused",
}


class GroupCase(PracticeCase):
    """A class of four, and three patients with five credits each."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.katrien = new_test_user(cls.env, "pb_katrien", "practice_billing.group_user", name="Katrien Maes")
        cls.yoga = cls.make_type(cls.package, name="Yoga", places=4, practitioner_ids=[Command.set(cls.katrien.ids)])
        cls.couples = cls.make_type(cls.package, name="Couple", places=2, one_pays=True)
        cls.patients = cls.env["res.partner"].union(
            *(cls.make_patient(name) for name in ("Ann Claes", "Bob Dams", "Cor Eeckhout"))
        )
        return result

    def setUp(self):
        super().setUp()
        self.lots = self.env["practice.credit.lot"].union(*(self.give(patient) for patient in self.patients))
        self.ann, self.bob, self.cor = self.patients

    def plan_group(self, patients=None, appointment_type=None, **vals):
        """Plan a group with ``patients``, by default all three."""
        patients = self.patients if patients is None else patients
        return self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": (appointment_type or self.yoga).id,
                "start": self.at(days=5),
                "practice_patient_ids": [Command.set(patients.ids)],
                **vals,
            }
        )

    def plan_lessons(self, patients=None, count=4):
        start = self.at(days=5)
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, f"{start:%a}".lower(): True}
        group = self.plan_group(patients, start=start, end_type="count", count=count, **weekly)
        return group.recurrence_id.calendar_event_ids.sorted("start")

    def visit_of(self, group, patient):
        return group.practice_participant_ids.filtered(lambda visit: visit.patient_id == patient)

    def available(self):
        return self.lots.mapped("credits_available")


@tagged("post_install", "-at_install")
class TestGroups(GroupCase):
    def test_each_participant_reserves_their_own_credit(self):
        group = self.plan_group()
        self.assertRecordValues(
            group, [{"practice_places": 4, "practice_places_taken": 3, "practice_credits": 0, "credit_state": False}]
        )
        self.assertEqual(group.stop - group.start, timedelta(hours=1))
        self.assertEqual(group.practice_patient_ids, self.patients)
        visits = group.practice_participant_ids
        self.assertEqual(visits.mapped("credit_state"), ["reserved"] * 3)
        self.assertEqual(set(visits.mapped("start")), {group.start})
        self.assertEqual(visits.user_id, self.katrien)
        self.assertEqual(self.available(), [4, 4, 4])
        self.assertEqual(group.with_user(self.katrien).display_name, "Yoga (3 of 4)")

    def test_a_place_more_than_there_are_is_refused_and_nothing_happens(self):
        group = self.plan_group()
        dora, els = self.make_patient("Dora Faes"), self.make_patient("Els Geens")
        self.give(dora)
        lot = self.give(els)
        group.practice_patient_ids += dora
        with self.assertRaisesRegex(UserError, r"is full \(places: 4\)"), self.cr.savepoint():
            group.practice_patient_ids += els
        self.assertEqual(lot.credits_available, 5)
        group.practice_places = 5
        group.practice_patient_ids += els
        self.assertEqual(group.practice_places_taken, 5)
        with self.assertRaisesRegex(UserError, r"is full \(places: 4\)"):
            group.practice_places = 4

    def test_whoever_cancels_gives_the_place_back(self):
        group = self.plan_group()
        self.visit_of(group, self.bob)._practice_cancel_planned()
        self.assertEqual(group.practice_places_taken, 2)
        self.assertEqual(group.practice_patient_ids, self.ann | self.cor)
        self.assertEqual(self.available(), [4, 5, 4])
        self.assertEqual(self.visit_of(group, self.ann).attendance, "planned")
        group.practice_patient_ids += self.bob
        self.assertEqual(group.practice_places_taken, 3)
        self.assertEqual(self.available(), [4, 4, 4])

    def test_nobody_takes_part_twice(self):
        group = self.plan_group()
        with self.assertRaisesRegex(UserError, "Bob Dams takes part already in Yoga on Monday"):
            group._practice_join(self.bob)

    def test_too_few_credits_of_one_refuse_only_who_lacks_them_or_everybody_who_joins_at_once(self):
        poor = self.make_patient("Dora Faes")
        with self.assertRaisesRegex(UserError, "Dora Faes: 1 credit needed"), self.cr.savepoint():
            self.plan_group(self.patients | poor)
        self.assertEqual(self.available(), [5, 5, 5])
        group = self.plan_group()
        with self.assertRaisesRegex(UserError, "Dora Faes"):
            group.practice_patient_ids += poor

    def test_moving_the_group_moves_its_visits(self):
        group = self.plan_group()
        start = self.at(days=7)
        group.write({"start": start, "stop": start + timedelta(hours=2), "location": "The attic"})
        visits = group.practice_participant_ids
        self.assertEqual(set(visits.mapped("start")), {start})
        self.assertEqual(set(visits.mapped("stop")), {start + timedelta(hours=2)})
        self.assertEqual(set(visits.mapped("location")), {"The attic"})
        self.assertEqual(visits.mapped("credit_state"), ["reserved"] * 3)

    def test_a_visit_does_not_leave_its_group_alone(self):
        visit = self.visit_of(self.plan_group(), self.ann)
        changes = (
            {"start": self.at(days=8), "stop": self.at(days=8, hours=1)},
            {"user_id": self.env.user.id},
            {"practice_appointment_type_id": self.type.id},
            {"practice_group_id": False},
            {"practice_places": 3},
        )
        for vals in changes:
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "group"), self.cr.savepoint():
                visit.write(vals)

    def test_a_visit_moves_to_another_group_with_its_credit(self):
        monday, tuesday = self.plan_group(), self.plan_group(self.patients.browse(), start=self.at(days=6))
        visit = self.visit_of(monday, self.ann)
        visit.practice_group_id = tuesday
        self.assertEqual(visit.start, tuesday.start)
        self.assertEqual((monday.practice_places_taken, tuesday.practice_places_taken), (2, 1))
        self.assertEqual(visit.credit_move_ids.mapped("kind"), ["reserve"])

    def test_who_has_something_else_then_joins_with_a_reason_only(self):
        self.plan(self.ann, start=self.at(days=6))
        busy = self.plan_group(self.patients.browse(), start=self.at(days=6)).with_user(self.katrien)
        free = self.plan_group(self.patients.browse(), start=self.at(days=7)).with_user(self.katrien)
        words = "Ann Claes has something else at this time"
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            busy.practice_patient_ids += self.ann
        visit = free._practice_join(self.ann)
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            visit.practice_group_id = busy
        visit.write({"practice_group_id": busy.id, "practice_overrule_reason": "Leaves earlier"})
        self.assertEqual(visit.start, busy.start)

    def test_a_group_takes_one_room(self):
        rooms = self.env["practice.room"].create([{"name": name} for name in ("Attic", "Garden room")])
        self.yoga.room_ids = rooms
        group, other = self.plan_group(), self.plan_group(self.patients.browse())
        self.assertEqual((group | other).practice_room_id, rooms)
        self.assertFalse(group.practice_participant_ids.practice_room_id)

    def test_the_practice_cancels_the_group_and_nobody_loses_a_credit(self):
        self.yoga.cancel_hours = 24 * 30
        group = self.plan_group()
        group._practice_cancel_by_practice("Ill")
        self.assertEqual(set(group.practice_participant_ids.mapped("attendance")), {"cancelled"})
        self.assertEqual(self.available(), [5, 5, 5])
        self.assertEqual(group.practice_places_taken, 0)
        group._practice_plan_again("Undone")
        self.assertEqual(set(group.practice_participant_ids.mapped("attendance")), {"planned"})
        self.assertEqual(self.available(), [4, 4, 4])

    def test_who_had_cancelled_before_does_not_come_again_with_the_group(self):
        group = self.plan_group()
        self.visit_of(group, self.bob)._practice_cancel_planned()
        group._practice_cancel_by_practice("Ill")
        group._practice_plan_again("Undone")
        self.assertEqual(group.practice_patient_ids, self.ann | self.cor)

    def test_archiving_and_deleting_cancel_it_for_all_and_late_is_not_late(self):
        self.yoga.cancel_hours = 24 * 30
        self.plan_group().active = False
        self.assertEqual(self.available(), [5, 5, 5])
        group = self.plan_group()
        group.unlink()
        self.assertEqual(self.available(), [5, 5, 5])
        self.assertFalse(group.active, "the books refer to its visits")
        empty = self.plan_group(self.patients.browse())
        empty.unlink()
        self.assertFalse(empty.exists())

    def test_attendance_of_all_in_one_go_and_of_one_alone(self):
        group = self.plan_group()
        self.travel(group.stop + timedelta(minutes=5))
        self.visit_of(group, self.bob).action_practice_mark_no_show()
        group.action_practice_mark_attended()
        self.assertEqual(group.practice_participant_ids.mapped("attendance"), ["attended", "no_show", "attended"])
        self.assertEqual(group.practice_participant_ids.mapped("credit_state"), ["used", "forfeited", "used"])
        with self.assertRaisesRegex(ValidationError, "A group does not stay away"):
            group.attendance = "no_show"
        self.assertBooksAgree()

    def test_the_run_marks_each_and_revenue_follows(self):
        lot = self.sell(self.make_patient("Dora Faes"))
        group = self.plan_group(self.patients | lot.partner_id)
        self.travel(group.stop + timedelta(minutes=5))
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_close_appointments").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(group.practice_participant_ids.mapped("attendance")), {"attended"})
        self.assertEqual(group.attendance, "attended")
        self.release()
        self.assertEqual(lot.value_open, 1080.0)
        self.assertBooksAgree()

    def test_a_type_of_several_is_not_planned_with_a_patient(self):
        with self.assertRaisesRegex(UserError, "plan the appointment without a patient"), self.cr.savepoint():
            self.plan(self.ann, appointment_type=self.yoga)
        event = self.plan(self.ann)
        with self.assertRaisesRegex(UserError, "cancel this appointment, and plan a new one"):
            event.practice_appointment_type_id = self.yoga

    def test_the_form_makes_the_chosen_patient_a_participant(self):
        form = Form(self.env["calendar.event"].with_user(self.katrien).with_context(practice_planning=True))
        form.start = self.at(days=5)
        form.practice_appointment_type_id = self.type
        form.patient_id = self.ann
        form.practice_appointment_type_id = self.yoga
        form.practice_patient_ids.add(self.bob)
        form.practice_patient_ids.add(self.make_patient("Dora Faes"))
        self.assertTrue(form.credit_short)
        self.assertEqual(form.credit_balance, "Dora Faes")
        form.practice_patient_ids.remove(self.env["res.partner"].search([("name", "=", "Dora Faes")]).id)
        self.assertFalse(form.credit_short)
        group = form.save()
        self.assertEqual(group.practice_patient_ids, self.ann | self.bob)
        self.assertFalse(group.patient_id)
        self.assertEqual(group.partner_ids, self.katrien.partner_id)

    def test_taking_somebody_out_late_asks_why(self):
        self.yoga.cancel_hours = 24 * 30
        group = self.plan_group().with_user(self.katrien)
        with self.assertRaisesRegex(UserError, "cancelling was free until"), self.cr.savepoint():
            group.practice_patient_ids -= self.bob
        group.with_context(practice_reason="Moved house").practice_patient_ids -= self.bob
        self.assertEqual(self.available(), [4, 5, 4])

    def test_nothing_of_a_visit_is_written_through_another_event(self):
        """Whatever leads from one event to others: what people may not write there, they may not write through it."""
        group = self.plan_group().with_user(self.katrien)
        visit = group.practice_participant_ids[0]
        paths = [
            name
            for name, field in group._fields.items()
            if field.comodel_name == group._name and field.type == "one2many"
        ]
        self.assertIn("practice_participant_ids", paths)
        commands = [
            [Command.update(visit.id, {name: 0})] for name in group._practice_get_kept_fields() if name not in paths
        ]
        commands += [[Command.link(visit.id)], [Command.delete(visit.id)], [Command.set([])]]
        for path in paths:
            for command in commands:
                with self.subTest(path=path, command=command), self.assertRaises(AccessError), self.cr.savepoint():
                    group.write({path: command})
            with self.subTest(path=path), self.assertRaises(AccessError), self.cr.savepoint():
                vals = {"practice_appointment_type_id": self.yoga.id, "start": self.at(days=9)}
                group.create({**vals, path: [Command.link(visit.id)]})

    def test_contacts_that_take_part_in_one_group_are_not_merged(self):
        group = self.plan_group()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with self.assertRaisesRegex(UserError, "Ann Claes, Bob Dams. Take all but one"), self.cr.savepoint():
            wizard._merge((self.ann | self.bob).ids, self.ann)
        self.visit_of(group, self.bob)._practice_cancel_planned()
        wizard._merge((self.ann | self.bob).ids, self.ann)
        self.assertEqual(group.practice_places_taken, 2)
        self.assertEqual(self.lot_problems(), [])

    def test_whatever_merging_contacts_would_delete_is_known(self):
        """Odoo deletes the rows that a unique index keeps from being merged, with SQL."""
        found = self.query(
            """
            SELECT index.relname FROM pg_index
              JOIN pg_class index ON index.oid = pg_index.indexrelid
              JOIN pg_constraint fk ON fk.conrelid = pg_index.indrelid AND fk.contype = 'f'
                   AND fk.confrelid = 'res_partner'::regclass AND fk.conkey[1] = ANY(pg_index.indkey)
             WHERE pg_index.indisunique AND index.relname LIKE '%%practice%%' AND index.relname NOT LIKE '%%_pkey'
          GROUP BY index.relname
            """
        )
        self.assertEqual({name for [name] in found}, set(MERGED))

    def test_who_took_part_is_forgotten_and_the_group_stays(self):
        group = self.plan_group()
        group.name = "Yoga for Bob"
        self.travel(group.stop + timedelta(minutes=5))
        group.action_practice_mark_attended()
        self.bob._practice_forget_traces()
        self.assertEqual(self.visit_of(group, self.bob).name, "Yoga")
        self.assertEqual(group.practice_places_taken, 3)

    def test_a_copy_is_the_same_group_without_its_participants(self):
        group = self.plan_group(practice_places=6)
        copy = group.copy({"start": self.at(days=9), "stop": self.at(days=9, hours=1)})
        self.assertRecordValues(
            copy, [{"practice_places": 6, "practice_places_taken": 0, "attendance": "planned", "practice_credits": 0}]
        )

    def test_whoever_declined_comes_again_while_there_is_a_place(self):
        group = self.plan_group(practice_places=3)
        attendee = self.visit_of(group, self.bob).attendee_ids
        attendee.do_decline()
        self.assertEqual(group.practice_places_taken, 2)
        attendee.do_accept()
        self.assertEqual(group.practice_places_taken, 3)
        attendee.do_decline()
        dora = self.make_patient("Dora Faes")
        self.give(dora)
        group.practice_patient_ids += dora
        with self.assertRaisesRegex(UserError, "The place was given to somebody else"):
            attendee.do_accept()

    def test_type_of_the_group_changes_what_each_pays(self):
        double = self.make_type(self.package, name="Long Yoga", places=4, package_credits=2)
        group = self.plan_group()
        group.practice_appointment_type_id = double
        self.assertEqual(self.available(), [3, 3, 3])
        self.assertEqual(group.practice_credits, 0)


@tagged("post_install", "-at_install")
class TestCouples(GroupCase):
    def test_a_visit_that_leaves_no_trace_when_it_is_deleted_gives_its_place_back(self):
        group = self.plan_group(self.ann | self.bob, self.couples)
        free = group.practice_participant_ids.filtered(lambda visit: not visit.practice_package_id)
        free.unlink()
        self.assertFalse(free.exists())
        self.assertEqual(group.practice_places_taken, 1)
        group.practice_patient_ids += self.cor
        self.assertEqual(group.practice_places_taken, 2)

    def test_one_pays_for_both(self):
        group = self.plan_group(self.ann | self.bob, self.couples)
        self.assertEqual(group.practice_participant_ids.mapped("practice_credits"), [1, 0])
        self.assertEqual(self.available(), [4, 5, 5])
        self.assertEqual(self.visit_of(group, self.bob).credit_state, False)

    def test_without_who_pays_it_does_not_take_place(self):
        group = self.plan_group(self.ann | self.bob, self.couples)
        self.visit_of(group, self.bob)._practice_cancel_planned()
        self.assertEqual(group.attendance, "planned")
        group.practice_patient_ids += self.bob
        self.visit_of(group, self.ann)._practice_cancel_planned()
        self.assertEqual(group.attendance, "cancelled")
        self.assertEqual(set(group.practice_participant_ids.mapped("attendance")), {"cancelled"})
        self.assertEqual(self.available(), [5, 5, 5])

    def test_another_one_takes_the_payers_place_in_one_step(self):
        group = self.plan_group(self.ann | self.bob, self.couples)
        group.practice_patient_ids = self.bob | self.cor
        self.assertEqual(self.available(), [5, 5, 4])
        self.assertEqual(group.attendance, "planned")

    def test_somebody_elses_credits(self):
        """A parent pays for a child: of the usual visit, and in a group."""
        child = self.make_patient("Dora Faes")
        event = self.plan(child, practice_payer_id=self.ann.id)
        self.assertEqual(self.available(), [4, 5, 5])
        event.practice_payer_id = self.bob
        self.assertEqual(self.available(), [5, 4, 5])
        with self.assertRaisesRegex(UserError, "Dora Faes: 1 credit needed"), self.cr.savepoint():
            event.practice_payer_id = False
        group = self.plan_group()
        group._practice_join(child, practice_payer_id=self.ann.id)
        self.assertEqual(self.available(), [3, 3, 4])
        self.assertEqual(self.lot_problems(), [])


@tagged("post_install", "-at_install")
class TestLessons(GroupCase):
    def test_a_series_is_joined_as_a_whole_when_it_is_planned(self):
        lessons = self.plan_lessons()
        self.assertEqual(len(lessons), 4)
        self.assertEqual(lessons.mapped("practice_places_taken"), [3, 3, 3, 3])
        self.assertEqual(self.available(), [1, 1, 1])

    def test_a_series_that_credits_do_not_cover_is_refused_as_a_whole(self):
        with self.assertRaisesRegex(UserError, "covers 5 of the 6"), self.cr.savepoint():
            self.plan_lessons(self.ann, count=6)
        self.assertEqual(self.available(), [5, 5, 5])

    def test_joining_the_following_lessons(self):
        lessons = self.plan_lessons(self.bob)
        lessons[1].practice_patient_ids += self.ann
        self.visit_of(lessons[1], self.ann).action_practice_join_following()
        self.assertEqual(lessons.mapped("practice_places_taken"), [1, 2, 2, 2])
        with self.assertRaisesRegex(UserError, "no later appointment of this series without Ann Claes"):
            self.visit_of(lessons[1], self.ann).action_practice_join_following()

    def test_moving_the_series_takes_everybody_along(self):
        lessons = self.plan_lessons()
        visits = lessons.practice_participant_ids
        self.visit_of(lessons[2], self.bob)._practice_cancel_planned()
        start = lessons[0].start + timedelta(hours=2)
        lessons[0].write({"recurrence_update": "all_events", "start": start, "stop": start + timedelta(hours=1)})
        remade = self.env["calendar.event"].search(
            [("practice_places", ">", 0), ("attendance", "=", "planned")], order="start"
        )
        self.assertEqual(len(remade), 4)
        self.assertEqual(remade[0].start, start)
        self.assertEqual(remade.mapped("practice_places_taken"), [3, 3, 2, 3])
        self.assertEqual(remade.practice_participant_ids & visits, visits._practice_filter_taking_part())
        self.assertEqual(set(visits._practice_filter_planned().mapped("start")), set(remade.mapped("start")))
        self.assertEqual(self.available(), [1, 2, 1])

    def test_a_lesson_of_the_series_is_cancelled_alone_and_its_end_with_all_that_follow(self):
        lessons = self.plan_lessons()
        lessons[1]._practice_cancel_by_practice("Holiday")
        self.assertEqual(self.available(), [2, 2, 2])
        lessons[2].action_mass_archive("future_events")
        self.assertEqual(self.available(), [4, 4, 4])
        self.assertEqual(lessons[0].practice_places_taken, 3)
