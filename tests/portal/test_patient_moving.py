"""Patients move appointments over the pages, while they could still cancel them for free."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.practice_billing.tools.slots import Slot

from ..common.booking import BookingHttpCase


@tagged("post_install", "-at_install")
class TestPatientMoving(BookingHttpCase):
    def setUp(self):
        super().setUp()
        self.event = self.booked(self.book())

    def other_slot(self, **options):
        return self.slot(**{"number": 6, **options})

    def assertNotMoved(self, response, where, before):
        self.assertEqual(response.status_code, 303)
        self.assertIn(where, response.headers["Location"])
        self.assertEqual(self.event.start, before)

    def test_moving_keeps_the_credit_and_tells_patient_and_practitioner(self):
        before = self.event.start
        slot = self.other_slot()
        page = " ".join(self.page(f"/my/appointments/{self.event.id}").split())
        self.assertIn("after that moving is no longer possible here", page)
        self.assertIn("o_practice_time", self.page(f"/my/appointments/{self.event.id}/move"))
        page = " ".join(self.page(f"/my/appointments/{self.event.id}/move/confirm?booking={slot}").split())
        self.assertIn("after that moving is no longer possible here: call the practice", page)
        response = self.move(self.event, slot)
        self.assertIn("message=moved", response.headers["Location"])
        start = Slot.decode(slot).start
        self.assertRecordValues(
            self.event, [{"start": start, "stop": start + timedelta(hours=1), "attendance": "planned"}]
        )
        self.assertNotEqual(start, before)
        self.assertEqual(self.event.credit_move_ids.mapped("kind"), ["reserve"])
        told, author = self.invited(self.event, "Date updated")
        self.assertEqual(told, self.katrien.partner_id)
        self.assertEqual(author, self.katrien.partner_id)
        # The patient had not been told of the first time yet.
        self.assertRecordValues(
            self.notices(), [{"kind": "confirmation", "start": start, "partner_id": self.parent.id}]
        )
        self.assertEqual(set(self.event.attendee_ids.mapped("state")), {"accepted"})
        self.assertIn(
            "Moved on the portal by PB parent", self.event.message_ids.filtered("body").sorted("id")[-1:].body
        )
        self.assertIn("is moved", self.page(f"/my/appointments/{self.event.id}?message=moved"))

    def test_a_button_that_is_pressed_twice_moves_once(self):
        slot = self.other_slot()
        for _press in range(2):
            self.assertIn("message=moved", self.move(self.event, slot).headers["Location"])
        self.assertEqual(len(self.event.message_ids.filtered(lambda it: "Moved on the portal" in (it.body or ""))), 1)

    def test_its_own_time_does_not_keep_it_from_moving_half_an_hour(self):
        start = self.event.start + timedelta(minutes=30)
        self.assertNotIn(start, self.free(patient=self.parent))
        self.assertIn("message=moved", self.move(self.event, self.slot(start)).headers["Location"])
        self.assertEqual(self.event.start, start)

    def test_another_practitioner_takes_over(self):
        slot = self.other_slot(practitioner=self.pieter)
        self.assertIn("message=moved", self.move(self.event, slot).headers["Location"])
        self.assertEqual(self.event.user_id, self.pieter)
        self.assertEqual(self.event.partner_ids, self.parent | self.pieter.partner_id)
        told = self.invited(self.event)[0]
        self.assertIn(self.pieter.partner_id, told)
        mails = self.env["mail.mail"].search([("model", "=", "calendar.event"), ("res_id", "=", self.event.id)])
        self.assertIn(self.katrien.partner_id, mails.recipient_ids)

    def test_one_that_nobody_gave_gets_a_practitioner(self):
        self.event.user_id = False
        self.event.partner_ids = self.parent
        self.assertIn("message=moved", self.move(self.event, self.other_slot()).headers["Location"])
        self.assertEqual(self.event.user_id, self.katrien)
        self.assertEqual(self.event.partner_ids, self.parent | self.katrien.partner_id)

    def test_late_it_cannot_be_moved(self):
        self.event.practice_cancel_hours = 24 * 30
        before = self.event.start
        page = self.page(f"/my/appointments/{self.event.id}")
        self.assertNotIn("Choose another time", page)
        self.assertIn("To move this appointment, please call the practice", page)
        for response in (
            self.call(f"/my/appointments/{self.event.id}/move"),
            self.call(f"/my/appointments/{self.event.id}/move/confirm?booking={self.other_slot()}"),
            self.move(self.event, self.other_slot()),
        ):
            self.assertNotMoved(response, "message=unmovable", before)
        self.assertIn("can no longer be moved", self.page(f"/my/appointments/{self.event.id}?message=unmovable"))

    def test_what_is_cancelled_closed_or_over_cannot_be_moved(self):
        before, slot = self.event.start, self.other_slot()
        self.type.online_booking = False
        self.assertNotMoved(self.move(self.event, slot), "message=unmovable", before)
        self.type.online_booking = True
        self.event.active = False
        self.assertNotMoved(self.move(self.event, slot), "message=unmovable", before)

    def test_times_that_are_not_offered_are_refused(self):
        before = self.event.start
        taken = self.slot(number=6)
        start = Slot.decode(taken).start
        self.block(start, start + timedelta(hours=1))
        for wrong in (
            start,
            before + timedelta(minutes=7),
            before - timedelta(days=30),
            before + timedelta(days=90),
        ):
            self.assertNotMoved(self.move(self.event, self.slot(wrong)), "message=taken", before)
        good = Slot.decode(self.other_slot(number=10))
        for change in (
            {"type_id": self.intake.id},
            {"patient_id": self.child.id},
            {"patient_id": self.stranger.id},
            {"practitioner_id": self.make_practitioner("colleague").id},
        ):
            self.assertNotMoved(self.move(self.event, good._replace(**change).encode()), "message=unknown", before)
        self.assertNotMoved(self.move(self.event, "x"), "message=unknown", before)

    def test_somebody_elses_appointment_is_one_that_never_was(self):
        slot, before = self.other_slot(), self.event.start
        self.authenticate("pb_stranger", "pb_stranger")
        never = self.env["calendar.event"].browse(999_999)
        for event in (self.event, never):
            for response in (
                self.call(f"/my/appointments/{event.id}/move"),
                self.call(f"/my/appointments/{event.id}/move/confirm?booking={slot}"),
                self.move(event, slot),
                self.move(event, Slot.decode(slot)._replace(patient_id=self.stranger.id).encode()),
            ):
                self.assertEqual(response.headers["Location"].rsplit("/", 1)[-1], "appointments")
        self.assertEqual(self.event.start, before)

    def test_only_a_post_with_a_token_moves(self):
        slot, before = self.other_slot(), self.event.start
        path = f"/my/appointments/{self.event.id}/move/plan"
        self.assertEqual(self.send_form(path, token="", booking=slot).status_code, 400)
        self.assertEqual(self.url_open(f"{path}?booking={slot}").status_code, 405)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(f"/my/appointments/{self.event.id}/move").url)
        self.send_form(path, booking=slot)
        self.assertEqual(self.event.start, before)

    def test_credits_that_are_not_valid_then_are_exchanged_or_missing(self):
        before = self.event.start
        self.lot._extend(self.company._practice_day(before), "test")
        slot = self.slot(self.free(patient=self.parent, first=before + timedelta(days=2))[0])
        page = self.page(f"/my/appointments/{self.event.id}/move/confirm?booking={slot}")
        self.assertIn("are not valid on that day", page)
        response = self.move(self.event, slot)
        self.assertIn("are not valid on that day", response.text)
        self.assertEqual((self.event.start, self.lot.credits_reserved), (before, 1))
        other = self.give(self.parent)
        self.assertIn("message=moved", self.move(self.event, slot).headers["Location"])
        self.assertEqual((self.lot.credits_reserved, other.credits_reserved), (0, 1))
        self.assertEqual(self.lot_problems(), [])

    def test_an_occurrence_of_a_series_moves_alone(self):
        start = self.free(patient=self.parent, first=self.at(days=4))[0]
        series = self.plan_series(3, self.parent, start, user_id=self.katrien.id)
        first, *others = series
        starts = [event.start for event in others]
        slot = self.slot(self.free(patient=self.parent, first=start + timedelta(days=1))[0])
        self.assertIn("message=moved", self.move(first, slot).headers["Location"])
        self.assertEqual(first.start, Slot.decode(slot).start)
        self.assertFalse(first.follow_recurrence)
        self.assertEqual([event.start for event in others], starts)
        self.assertTrue(all(event.active for event in series))
        self.assertEqual(set(series.mapped("credit_state")), {"reserved"})
