"""The waiting list: who waits, what is offered to whom, once, for how long, and what staff does."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from ..common.waiting import WaitingMixin

#: What the run may complain of on the server.
QUIET = ("odoo.addons.practice_billing.models.common.retry_mixin", "odoo.addons.mail.models.mail_template")


@tagged("post_install", "-at_install")
class TestWaiting(WaitingMixin, TransactionCase):
    # === WHO WAITS === #

    def test_the_error_of_a_full_class_names_the_list_and_its_button_opens_it(self):
        with self.assertRaisesRegex(UserError, "waiting list"):
            self.lesson._practice_join(self.cleo)
        action = self.lesson.with_user(self.front_desk).action_practice_add_waiting()
        form = Form(self.env["practice.waiting"].with_user(self.front_desk).with_context(**action["context"]))
        form.patient_id = self.cleo
        entry = form.save()
        self.assertEqual((entry.group_id, entry.appointment_type_id), (self.lesson, self.yoga))
        self.assertEqual(self.lesson.with_user(self.front_desk).practice_waiting_count, 1)
        self.assertEqual(self.cleo.with_user(self.front_desk).practice_waiting_count, 1)
        self.assertEqual(self.yoga.waiting_count, 1)

    def test_nobody_waits_for_what_is_no_class_to_come(self):
        visit = self.plan(self.cleo, self.at(days=3), user_id=self.pieter.id)
        with self.assertRaisesRegex(UserError, "no group appointment"):
            visit.action_practice_add_waiting()
        with self.assertRaisesRegex(ValidationError, "no group appointment"):
            self.wait(self.dora, lesson=visit)

    def test_a_patient_waits_once_for_the_same(self):
        self.wait(self.cleo)
        self.wait(self.cleo, appointment_type_id=self.yoga.id)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.wait(self.cleo)
        self.env.invalidate_all()
        self.env["practice.waiting"].search([("patient_id", "=", self.cleo.id)]).action_leave()
        self.wait(self.cleo)

    def test_some_day_and_hours_in_order_are_needed(self):
        entry = self.wait(self.cleo)
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        with self.assertRaisesRegex(ValidationError, "at least one day"):
            entry.write(dict.fromkeys(days, False))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            entry.write({"hour_from": 12, "hour_to": 10})
            entry.flush_recordset()

    def test_what_one_pays_for_all_has_no_list(self):
        couple = self.make_type(self.package, name="Couple", places=2, one_pays=True)
        with self.assertRaisesRegex(ValidationError, "one for all"):
            self.wait(self.cleo, appointment_type_id=couple.id)
        with self.assertRaisesRegex(ValidationError, "no waiting list"):
            couple.waiting_list = True

    # === WHAT IS OFFERED === #

    def test_a_place_that_a_participant_leaves_is_offered_to_the_first(self):
        first, second = self.wait(self.cleo), self.wait(self.dora)
        self.leave_class()
        self.assertFalse(self.offers(), "the run offers")
        self.run_waiting()
        offer = self.offers()
        self.assertEqual((offer.patient_id, offer.state), (self.cleo, "open"))
        self.assertEqual(offer.valid_until, self.at(hours=4))
        self.assertEqual((first.state, second.state), ("offered", "waiting"))
        mail = self.offer_mails()
        self.assertEqual(mail.recipient_ids, self.cleo)
        self.assertIn(offer._get_url(), mail.body_html)
        self.run_waiting()
        self.assertEqual(len(self.offer_mails()), 1, "once")

    def test_staff_changes_the_order(self):
        first, second = self.wait(self.cleo), self.wait(self.dora)
        self.assertLess(first.sequence, second.sequence)
        second.sequence = first.sequence - 1
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)

    def test_as_many_are_asked_as_there_are_places(self):
        for patient in (self.cleo, self.dora, self.eve):
            self.wait(patient)
        self.lesson.practice_places = 4
        self.run_waiting()
        self.assertEqual(self.offered(), self.cleo | self.dora)
        self.assertEqual(sorted(self.offers().mapped("number")), [1, 2])

    def test_who_does_not_answer_is_followed_by_the_next_and_not_asked_again(self):
        first, _second = self.wait(self.cleo), self.wait(self.dora)
        self.leave_class()
        self.run_waiting()
        self.run_waiting(hours=4, minutes=1)
        self.assertEqual(self.offers().mapped("state"), ["expired", "open"])
        self.assertEqual(self.offered(), self.dora)
        self.assertEqual(first.state, "waiting", "they keep their place on the list")
        self.run_waiting(hours=4, minutes=1)
        self.assertFalse(self.offered())
        self.assertEqual(len(self.offers()), 2)

    def test_what_is_let_pass_goes_to_the_next_at_once(self):
        self.wait(self.cleo)
        self.wait(self.dora)
        self.leave_class()
        self.run_waiting()
        self.offers()._pass()
        self.run_waiting()
        self.assertEqual(self.offers().mapped("state"), ["passed", "open"])
        self.assertEqual(self.offered(), self.dora)

    def test_nothing_is_held_into_the_last_hour(self):
        self.wait(self.cleo)
        self.travel(self.lesson.start - timedelta(hours=3))
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offers().valid_until, self.lesson.start - timedelta(hours=1))
        self.offers()._close("expired")
        self.wait(self.dora)
        self.run_waiting(self.lesson.start - timedelta(minutes=59))
        self.assertFalse(self.offered(), "too late")

    def test_who_lacks_credits_or_is_busy_then_is_passed_over(self):
        poor, busy = self.make_patient("Paul Poor"), self.cleo
        self.plan(busy, self.lesson.start, user_id=self.pieter.id)
        for patient in (poor, busy, self.dora):
            self.wait(patient)
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)

    def test_days_hours_practitioner_and_last_day_of_who_waits_for_the_type(self):
        weekday = self.lesson.start.weekday()
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        vals = {"appointment_type_id": self.yoga.id}
        self.wait(self.cleo, **vals, **{days[weekday]: False})
        self.wait(self.dora, **vals, hour_from=11)
        self.wait(self.eve, **vals, practitioner_id=self.pieter.id)
        self.wait(self.patient, **vals, date_to=self.today() + timedelta(days=3))
        self.give(self.patient)
        suits = self.make_patient("Sam Suits")
        self.give(suits)
        self.wait(suits, **vals, hour_from=10, hour_to=11, practitioner_id=self.katrien.id)
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offered(), suits)

    def test_who_waits_for_one_class_is_not_asked_for_another_one(self):
        other = self.plan_lesson(days=6)
        self.wait(self.cleo)
        self.leave_class(lesson=other)
        self.run_waiting()
        self.assertFalse(self.offers())

    def test_who_comes_on_the_list_later_is_asked_for_what_is_free_still(self):
        self.wait(self.cleo, lesson=self.plan_lesson(days=6))
        self.leave_class()
        self.run_waiting()
        self.assertFalse(self.offers())
        self.wait(self.dora)
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)

    def test_without_waiting_patients_nothing_is_noted(self):
        self.leave_class()
        self.plan(self.cleo, self.at(days=3), user_id=self.katrien.id).active = False
        self.assertFalse(self.places())

    # === USUAL VISITS === #

    def wait_for_visit(self, patient, **vals):
        return self.wait(patient, appointment_type_id=self.type.id, **vals)

    def plan_visit(self, days=4):
        return self.plan(self.ann, self.local(self.at(days=days).date(), 14), user_id=self.katrien.id)

    def test_the_time_of_a_visit_that_is_cancelled_is_held_for_the_first(self):
        self.wait_for_visit(self.cleo)
        visit = self.plan_visit()
        day = visit.start.date()
        self.assertNotIn("14:00", self.free_on(day))
        visit._practice_cancel_planned(notify=False)
        self.assertIn("14:00", self.free_on(day))
        self.run_waiting()
        self.assertEqual(self.offered(), self.cleo)
        self.assertNotIn("14:00", self.free_on(day), "held")
        hold = self.offers().hold_event_id
        self.assertNotIn("Cleo", f"{hold.name} {hold.partner_ids.mapped('name')}")
        self.run_waiting(hours=4, minutes=1)
        self.assertFalse(hold.exists())
        self.assertIn("14:00", self.free_on(day))

    def test_the_time_that_a_visit_moves_away_from(self):
        self.wait_for_visit(self.cleo)
        visit = self.plan_visit()
        start = visit.start
        visit.write({"start": start + timedelta(days=1), "stop": visit.stop + timedelta(days=1)})
        self.run_waiting()
        self.assertEqual(self.offers().start, start)

    def test_the_time_of_a_visit_that_a_colleague_takes_over(self):
        self.wait_for_visit(self.cleo, practitioner_id=self.katrien.id)
        visit = self.plan_visit()
        people = [Command.link(self.pieter.partner_id.id), Command.unlink(self.katrien.partner_id.id)]
        visit.write({"user_id": self.pieter.id, "partner_ids": people})
        self.run_waiting()
        self.assertEqual(self.offers().practitioner_id, self.katrien)

    def test_taking_a_time_books_it_and_removes_what_held_it(self):
        entry = self.wait_for_visit(self.cleo)
        visit = self.plan_visit()
        start = visit.start
        visit._practice_cancel_planned(notify=False)
        self.run_waiting()
        offer = self.offers()
        hold = offer.hold_event_id
        new = offer._take()
        self.assertRecordValues(
            new,
            [
                {
                    "patient_id": self.cleo.id,
                    "user_id": self.katrien.id,
                    "start": start,
                    "credit_state": "reserved",
                }
            ],
        )
        self.assertFalse(hold.exists())
        self.assertEqual((offer.state, offer.visit_id, entry.state), ("taken", new, "taken"))
        self.run_waiting()
        self.assertEqual(self.places().state, "gone")

    def test_a_time_that_somebody_else_has_by_now_is_not_offered(self):
        self.wait_for_visit(self.cleo)
        visit = self.plan_visit()
        visit._practice_cancel_planned(notify=False)
        self.plan(self.dora, visit.start, user_id=self.katrien.id)
        self.run_waiting()
        self.assertFalse(self.offers())
        self.assertEqual(self.places().state, "gone")

    def test_the_time_of_a_visit_that_is_deleted(self):
        self.type.package_id = False
        self.wait_for_visit(self.cleo)
        visit = self.plan_visit()
        visit.unlink()
        self.assertFalse(visit.exists())
        self.run_waiting()
        self.assertEqual(self.offered(), self.cleo)

    def test_what_the_practice_calls_off_is_not_free(self):
        self.wait_for_visit(self.cleo)
        self.plan_visit()._practice_cancel_by_practice("Ill")
        self.assertFalse(self.places())

    def test_a_series_that_is_cancelled_frees_its_times(self):
        self.wait_for_visit(self.cleo)
        series = self.plan_series(3, self.ann, start=self.local(self.at(days=4).date(), 14), user_id=self.katrien.id)
        series.write({"active": False})
        self.assertEqual(self.places().mapped("start"), series.mapped("start"))
        self.run_waiting()
        self.assertEqual(self.offers().start, series[0].start, "one at a time")

    # === TAKING === #

    def offer_class(self, *patients):
        for patient in patients or (self.cleo,):
            self.wait(patient)
        self.leave_class()
        self.run_waiting()
        return self.offers(state="open")

    def test_taking_a_place_in_a_class_books_and_takes_a_credit(self):
        offer = self.offer_class()
        visit = offer._take()
        self.assertRecordValues(
            visit,
            [{"patient_id": self.cleo.id, "practice_group_id": self.lesson.id, "credit_state": "reserved"}],
        )
        self.assertEqual(self.lesson.practice_places_taken, 2)
        self.assertEqual(offer.waiting_id.state, "taken")
        with self.assertRaisesRegex(UserError, "not free any more"):
            offer._take()
        self.assertBooksAgree()

    def test_a_place_is_offered_at_shorter_notice_than_the_portal_books(self):
        self.yoga.booking_notice = 24
        self.wait(self.cleo)
        self.travel(self.lesson.start - timedelta(hours=5))
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offers()._take().practice_group_id, self.lesson)

    def test_credits_that_are_gone_by_then_are_named(self):
        offer = self.offer_class()
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.cleo.id)])
        self.query("UPDATE practice_credit_lot SET state = 'expired' WHERE id = %s RETURNING id", lot.id)
        lot.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "missing"), self.env.cr.savepoint():
            offer._take()
        self.env.invalidate_all()
        self.assertEqual(offer.state, "open")

    def test_an_offer_that_is_over_cannot_be_taken_before_the_run_has_looked(self):
        offer = self.offer_class()
        self.travel(hours=4, minutes=1)
        with self.assertRaisesRegex(UserError, "not free any more"):
            offer._take()

    def test_the_portal_does_not_give_what_is_held_to_others(self):
        self.offer_class()
        self.assertEqual(self.free(self.katrien, self.eve, type=self.yoga), [])
        self.offers()._pass()
        self.assertEqual(self.free(self.katrien, self.eve, type=self.yoga), [self.lesson.start])

    def test_staff_may_give_it_away_all_the_same(self):
        offer = self.offer_class()
        self.lesson.with_user(self.front_desk)._practice_join(self.eve)
        with self.assertRaisesRegex(UserError, "not free any more"), self.env.cr.savepoint():
            offer._take()
        self.run_waiting()
        self.assertEqual((offer.state, offer.waiting_id.state), ("expired", "waiting"))

    def test_who_gets_the_place_in_another_way_is_off_the_list(self):
        offer = self.offer_class()
        self.lesson.with_user(self.front_desk)._practice_join(self.cleo)
        self.assertEqual(offer.waiting_id.state, "taken")
        self.assertEqual(offer.state, "expired")

    # === STAFF === #

    def test_by_default_staff_is_asked_and_offers(self):
        self.assertFalse(
            self.env["res.company"].default_get(["practice_waiting_automatic"]).get("practice_waiting_automatic")
        )
        self.company.practice_waiting_automatic = False
        entry, second = self.wait(self.cleo), self.wait(self.dora)
        self.leave_class()
        self.run_waiting()
        self.assertFalse(self.offers())
        self.assertIn("A place is free", entry.activity_ids.mapped("summary"))
        self.assertFalse(second.activity_ids)
        self.run_waiting()
        self.assertEqual(len(entry.activity_ids), 1, "once")
        entry.with_user(self.front_desk).action_offer()
        self.assertEqual(self.offered(), self.cleo)
        self.assertFalse(entry.activity_ids)
        self.assertEqual(len(self.offer_mails()), 1)
        self.offers()._pass()
        self.run_waiting()
        self.assertTrue(second.activity_ids, "the next one is proposed")

    def test_staff_offers_to_another_one_than_the_first(self):
        self.company.practice_waiting_automatic = False
        entry, second = self.wait(self.cleo), self.wait(self.dora)
        self.leave_class()
        self.run_waiting()
        second.with_user(self.front_desk).action_offer()
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)
        self.assertFalse(entry.activity_ids, "there is nothing to propose any more")
        self.assertFalse(entry.place_id)
        with self.assertRaisesRegex(UserError, "no free place"):
            entry.action_offer()

    def test_each_of_two_places_is_proposed_to_somebody(self):
        self.company.practice_waiting_automatic = False
        other = self.plan_lesson(days=6)
        first, second = (self.wait(it, appointment_type_id=self.yoga.id) for it in (self.cleo, self.dora))
        for lesson in (self.lesson, other):
            self.leave_class(lesson=lesson)
        self.run_waiting()
        self.assertEqual((first.place_id.group_id, second.place_id.group_id), (self.lesson, other))
        self.lesson.with_user(self.front_desk)._practice_join(self.eve)
        self.run_waiting()
        self.run_waiting()
        self.assertEqual(first.place_id.group_id, other, "whoever comes first has the choice of what is left")
        self.assertFalse(second.activity_ids)

    def test_who_turns_the_automatic_on_has_offered_what_is_free(self):
        self.company.practice_waiting_automatic = False
        self.wait(self.cleo)
        self.leave_class()
        self.run_waiting()
        self.company.practice_waiting_automatic = True
        self.run_waiting()
        self.assertEqual(self.offered(), self.cleo)

    def test_the_context_of_a_list_does_not_end_in_the_calendar(self):
        self.company.practice_waiting_automatic = False
        entry = self.wait_for_visit(self.cleo)
        self.plan_visit()._practice_cancel_planned(notify=False)
        self.run_waiting()
        context = {"default_patient_id": self.cleo.id, "default_practice_appointment_type_id": self.type.id}
        entry.with_user(self.front_desk).with_context(**context).action_offer()
        hold = self.offers().hold_event_id
        self.assertFalse(hold.patient_id or hold.practice_appointment_type_id)

    def test_why_a_place_cannot_be_offered_is_said(self):
        self.company.practice_waiting_automatic = False
        poor, lonely = self.make_patient("Paul Poor"), self.make_patient("Leo Lonely", email=False)
        self.give(lonely)
        self.leave_class()
        self.wait(self.dora)
        self.leave_class(self.bert)
        for patient, words in ((poor, "lacks credits of Ten sessions on that day: 1"), (lonely, "no e-mail address")):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self.wait(patient).action_offer()

    def test_who_cannot_be_written_to_is_for_staff_and_the_next_is_asked(self):
        lonely = self.make_patient("Leo Lonely", email=False)
        self.give(lonely)
        entry = self.wait(lonely)
        self.wait(self.dora)
        self.leave_class()
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)
        self.assertTrue(entry.activity_ids)

    def test_staff_takes_somebody_off_and_puts_them_back(self):
        entry = self.offer_class().waiting_id
        with self.assertRaisesRegex(UserError, "off the list first"):
            entry.unlink()
        entry.with_user(self.front_desk).action_leave()
        self.assertEqual((entry.state, entry.left_reason), ("left", "staff"))
        self.assertEqual(self.offers().state, "expired")
        entry.with_user(self.front_desk).action_wait_again()
        self.assertEqual((entry.state, entry.left_reason), ("waiting", False))

    def test_what_only_the_module_writes(self):
        offer = self.offer_class()
        for record, vals in (
            (offer.waiting_id, {"state": "taken"}),
            (offer, {"valid_until": self.at(days=3)}),
            (offer.place_id, {"state": "gone"}),
        ):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.front_desk).write(vals)
        with self.assertRaises(AccessError):
            offer.with_user(self.manager).read(["access_token"])

    def test_who_has_no_role_sees_nothing(self):
        offer = self.offer_class()
        for user in (self.employee, self.accountant, self.portal):
            for record in (offer, offer.waiting_id, offer.place_id):
                with self.subTest(user=user.login, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).read(["state"])

    # === CLASSES THAT ARE MOVED OR CANCELLED === #

    def test_a_class_that_is_cancelled_takes_its_list_along_and_staff_is_told(self):
        offer = self.offer_class(self.cleo, self.dora)
        entries = self.env["practice.waiting"].search([])
        general = self.wait(self.eve, appointment_type_id=self.yoga.id)
        self.lesson._practice_cancel_by_practice("Ill")
        self.assertRecordValues(entries, [{"state": "left", "left_reason": "cancelled"}] * 2)
        self.assertEqual(entries.activity_ids.mapped("summary"), ["The group appointment is cancelled"] * 2)
        self.assertEqual(offer.state, "expired")
        self.assertEqual(general.state, "waiting")
        self.run_waiting()
        self.assertFalse(self.offered())

    def test_a_class_that_is_deleted_is_kept_for_who_waits(self):
        lesson = self.plan_lesson(days=6, patients=self.env["res.partner"])
        entry = self.wait(self.cleo, lesson=lesson)
        lesson.unlink()
        self.assertTrue(lesson.exists())
        self.assertEqual(entry.left_reason, "cancelled")

    def test_what_is_offered_of_a_class_that_moves_ends_and_is_offered_anew(self):
        offer = self.offer_class(self.cleo, self.dora)
        start = self.lesson.start + timedelta(days=1)
        self.lesson.write({"start": start, "stop": start + timedelta(hours=1)})
        with self.assertRaisesRegex(UserError, "not free any more"), self.env.cr.savepoint():
            offer._take()
        self.run_waiting()
        self.assertEqual(offer.state, "expired")
        self.assertEqual((self.offered(), self.offers(state="open").start), (self.cleo, start), "at the new time")

    def plan_classes(self):
        """Plan a class in three weeks; return them by date."""
        start = self.local(self.at(days=6).date(), 10)
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, f"{start:%a}".lower(): True}
        event = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.yoga.id,
                "start": start,
                "user_id": self.katrien.id,
                "end_type": "count",
                "count": 3,
                **weekly,
            }
        )
        return event.recurrence_id.calendar_event_ids.sorted("start")

    def test_who_waits_for_a_class_of_a_series_that_is_made_anew_waits_on(self):
        hour = timedelta(hours=1)
        for number in (1, 2):
            with self.subTest(number=number):
                classes = self.plan_classes()
                first, chosen = classes[0], classes[number]
                entry, was = self.wait(self.cleo, lesson=chosen), chosen.start
                first.write({"start": first.start + hour, "stop": first.stop + hour, "recurrence_update": "all_events"})
                self.assertEqual(entry.state, "waiting")
                self.assertTrue(entry.group_id.active)
                self.assertEqual(entry.group_id.start, was + hour)

    def test_who_waits_until_a_day_that_is_over_is_off_the_list(self):
        entry = self.wait(self.cleo, appointment_type_id=self.type.id, date_to=self.today() + timedelta(days=2))
        of_class = self.wait(self.dora)
        self.run_waiting(days=2)
        self.assertEqual(entry.state, "waiting", "the day is included")
        self.run_waiting(days=1)
        self.assertEqual((entry.state, entry.left_reason), ("left", "over"))
        self.run_waiting(self.lesson.start + timedelta(minutes=1))
        self.assertEqual((of_class.state, of_class.left_reason), ("left", "group_over"))

    # === RUNS === #

    def test_a_run_that_is_killed_between_offer_and_e_mail_has_done_neither(self):
        self.wait(self.cleo)
        self.leave_class()
        mixin = self.env.registry["practice.waiting.offer"]
        send = mixin._send

        class KilledError(BaseException):
            """As the operating system ends a process: nobody catches it."""

        def killed(offer):
            send(offer)
            raise KilledError

        with self.assertRaises(KilledError), patch.object(mixin, "_send", killed), self.env.cr.savepoint():
            self.places()._look()
        self.env.invalidate_all()
        self.assertFalse(self.offers() or self.offer_mails())
        self.run_waiting()
        self.assertEqual((len(self.offers()), len(self.offer_mails())), (1, 1))

    def test_one_that_cannot_be_written_to_does_not_stop_the_others(self):
        template = self.env.ref("practice_billing.mail_template_waiting_offer")
        template.body_html = '<t t-if="object.patient_id.name == \'Fatal\'" t-out="1 // 0"/>' + str(template.body_html)
        entry = self.wait(self.cleo)
        self.wait(self.dora)
        self.leave_class()
        self.cleo.name = "Fatal"
        with mute_logger(*QUIET):
            self.run_waiting()
        self.assertEqual(self.offered(), self.dora)
        self.assertTrue(entry.error)
        self.assertEqual(entry.activity_ids.mapped("summary"), ["A place could not be offered"])

    def test_contacts_that_are_merged_wait_once_for_the_same_and_for_all_else(self):
        first, second = self.wait(self.cleo), self.wait(self.dora)
        other = self.wait(self.dora, appointment_type_id=self.yoga.id, group_id=False)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.cleo | self.dora).ids, self.cleo)
        self.env.invalidate_all()
        self.assertEqual((first | other).patient_id, self.cleo)
        self.assertEqual((first | second | other).mapped("state"), ["waiting", "left", "waiting"])

    def test_who_is_forgotten_is_off_the_list_without_a_trace(self):
        self.yoga.package_id = False
        clean = self.make_patient("Clara Clean")
        place = self.offer_class(clean).place_id
        self.assertTrue(self.offer_mails())
        clean.with_user(self.manager)._practice_forget()
        self.assertFalse(self.offers() or self.offer_mails())
        self.assertFalse(self.env["practice.waiting"].search([("patient_id", "=", clean.id)]))
        self.assertEqual(place.state, "free")
