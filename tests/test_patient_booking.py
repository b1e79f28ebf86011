"""Patients book and move appointments over the pages: as themselves, as a parent, and as somebody else."""

from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.practice_billing.tools.slots import Slot

from .booking import BookingMixin

BOOK = "/my/appointments/book"


class BookingHttpCase(BookingMixin, HttpCase):
    # The server runs in the same process but asks for the time itself.
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("parent", "stranger"):
            user = new_test_user(cls.env, f"pb_{name}", "base.group_portal", name=f"PB {name}", tz="Europe/Brussels")
            setattr(cls, name, user.partner_id)
        cls.child = cls.make_patient("Little Lotte", email=False)
        cls.child.practice_representative_ids = cls.parent
        cls.intake = cls.env["practice.appointment.type"].create(
            {
                "name": "Intake",
                "online_booking": True,
                "online_description": "A first talk",
                "practitioner_ids": [Command.set(cls.katrien.ids)],
                "booking_limit": 2,
            }
        )

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.parent)
        self.authenticate("pb_parent", "pb_parent")

    # === DOING THINGS === #

    def slot(self, start=None, *, number=0, practitioner=None, patient=None, type=None):
        """Return a chosen time as text: the free time with that number, three days ahead at the earliest."""
        type, practitioner, patient = type or self.type, practitioner or self.katrien, patient or self.parent
        start = start or self.free(practitioner, patient, type=type, first=self.at(days=3))[number]
        return Slot(type.id, practitioner.id, patient.id, start).encode()

    def page(self, path, status=200):
        response = self.url_open(path)
        self.assertEqual(response.status_code, status, path)
        return response.text

    def post(self, path, slot, token=None):
        data = {"booking": slot, "csrf_token": Request.csrf_token(self) if token is None else token}
        return self.url_open(path, data=data, allow_redirects=False)

    def book(self, slot=None):
        return self.post(f"{BOOK}/plan", slot or self.slot())

    def move(self, event, slot):
        return self.post(f"/my/appointments/{event.id}/move/plan", slot)

    def booked(self, response):
        """Return the appointment that a response says was booked."""
        location = response.headers["Location"]
        self.assertIn("message=booked", location)
        return self.env["calendar.event"].browse(int(location.split("?")[0].rsplit("/", 1)[1]))

    def appointments(self):
        domain = [("practice_appointment_type_id", "in", (self.type | self.intake).ids)]
        return self.env["calendar.event"].with_context(active_test=False).search(domain)

    def assertNotBooked(self, response, where):
        self.assertEqual(response.status_code, 303)
        self.assertIn(where, response.headers["Location"])
        self.assertFalse(self.appointments())

    def invited(self, event, subject=""):
        """Return the partners whom Odoo told about an appointment, and who told them."""
        messages = self.env["mail.message"].search(
            [("model", "=", "calendar.event"), ("res_id", "=", event.id), ("message_type", "=", "user_notification")]
        )
        messages = messages.filtered(lambda it: subject in (it.subject or ""))
        return messages.partner_ids, messages.author_id

    def call(self, path):
        return self.url_open(path, allow_redirects=False)


@tagged("post_install", "-at_install")
class TestPatientBooking(BookingHttpCase):
    # === BOOKING === #

    def test_the_button_is_there_when_something_can_be_booked(self):
        self.assertIn(f'href="{BOOK}"', self.page("/my/appointments"))
        (self.type | self.intake).online_booking = False
        page = self.page("/my/appointments")
        self.assertNotIn(f'href="{BOOK}"', page)
        self.assertIn("Call the practice", page)
        self.assertIn("nothing to book", self.page(BOOK))

    def test_types_then_times_then_what_it_costs(self):
        page = self.page(BOOK)
        for text in ("Online Session", "Intake", "A first talk", "60 minutes", "credits: 1"):
            self.assertIn(text, page)
        page = self.page(f"{BOOK}?type_id={self.type.id}&patient_id={self.child.id}")
        for text in ("PB katrien", "PB pieter", "Little Lotte", "Europe/Brussels", "o_practice_time"):
            self.assertIn(text, page)
        page = self.page(f"{BOOK}/confirm?booking={self.slot()}")
        for text in (
            "Online Session",
            "PB katrien",
            "PB parent",
            "<strong>5</strong>",
            "<strong>4</strong>",
            "free until",
        ):
            self.assertIn(text, page)

    def test_the_first_week_with_free_times_comes_first_and_weeks_turn(self):
        busy = self.at(days=17)
        self.block(self.at(days=-1), busy, partner_ids=[Command.set((self.katrien | self.pieter).partner_id.ids)])
        page = self.page(f"{BOOK}?type_id={self.type.id}")
        self.assertIn("o_practice_time", page)
        self.assertIn("Week before", page)
        day = self.company._practice_day(self.at(days=2)).isoformat()
        self.assertIn("no free times in this week", self.page(f"{BOOK}?type_id={self.type.id}&week={day}"))
        for nonsense in ("x", "2026-02-31", "0001-01-01", "9999-12-31", "-1", "%00"):
            self.assertIn("Europe/Brussels", self.page(f"{BOOK}?type_id={self.type.id}&week={nonsense}"))

    def test_booking_takes_the_credit_and_invites_patient_and_practitioner(self):
        start = self.free(patient=self.parent, first=self.at(days=3))[0]
        event = self.booked(self.book(self.slot(start)))
        self.assertRecordValues(
            event,
            [
                {
                    "name": "Online Session",
                    "patient_id": self.parent.id,
                    "user_id": self.katrien.id,
                    "start": start,
                    "stop": start + timedelta(hours=1),
                    "attendance": "planned",
                    "credit_state": "reserved",
                    "partner_ids": (self.katrien.partner_id | self.parent).ids,
                }
            ],
        )
        self.assertEqual(set(event.attendee_ids.mapped("state")), {"accepted"})
        self.assertEqual((self.lot.credits_available, self.lot.credits_reserved), (4, 1))
        self.assertEqual(self.invited(event), (self.parent | self.katrien.partner_id, self.katrien.partner_id))
        self.assertIn("Booked on the portal by PB parent", event.message_ids[0].body)
        page = self.page(f"/my/appointments/{event.id}?message=booked")
        self.assertIn("The appointment is booked", page)
        self.assertIn(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", self.page(f"/my/appointments/{event.id}/ics"))

    def test_a_parent_books_for_a_child_and_gets_the_invitation_in_its_place(self):
        self.give(self.child, credits=1)
        event = self.booked(self.book(self.slot(patient=self.child)))
        self.assertEqual(event.patient_id, self.child)
        self.assertEqual(self.lot.credits_available, 5)
        self.assertEqual(self.invited(event)[0], self.parent | self.katrien.partner_id)
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == self.parent)
        invitation.do_decline()
        self.assertRecordValues(event, [{"attendance": "cancelled", "credit_state": "returned"}])
        invitation.do_accept()
        self.assertRecordValues(event, [{"attendance": "planned", "credit_state": "reserved"}])

    def test_one_of_two_parents_who_does_not_come_cancels_nothing(self):
        self.child.practice_representative_ids |= self.stranger
        self.give(self.child, credits=1)
        event = self.booked(self.book(self.slot(patient=self.child)))
        event.partner_ids |= self.stranger
        for number, partner in enumerate((self.stranger, self.parent)):
            event.attendee_ids.filtered(lambda it, partner=partner: it.partner_id == partner).do_decline()
            self.assertEqual(event.attendance, ("planned", "cancelled")[number])

    def test_the_title_is_in_the_language_of_the_practitioner(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.type.with_context(lang="fr_FR").name = "Séance"
        self.parent.lang = "fr_FR"
        event = self.booked(self.book())
        self.assertEqual(event.name, "Online Session")

    def test_anybody_is_the_one_with_the_most_free_times(self):
        start = self.at(days=3)
        self.block(start, start + timedelta(days=2))
        week = self.type._prepare_week(self.katrien | self.pieter, self.parent, start.date().isoformat())
        slots = [Slot.decode(time["slot"]) for day in week["days"] for time in day["times"]]
        self.assertEqual({slot.practitioner_id for slot in slots}, {self.pieter.id})

    # === CREDITS AND LIMITS === #

    def test_who_lacks_credits_sees_how_many_and_can_buy_first(self):
        self.authenticate("pb_stranger", "pb_stranger")
        self.type.package_credits = 2
        self.give(self.stranger, credits=1)
        slot = self.slot(patient=self.stranger)
        page = self.page(f"{BOOK}/confirm?booking={slot}")
        self.assertIn("missing on that day: <strong>1</strong>", page)
        address = f"/my/packages/buy?package_id={self.package.id}&amp;patient_id={self.stranger.id}&amp;booking={slot}"
        self.assertIn(address, page)
        self.assertNotIn("Book this appointment", page)
        response = self.book(slot)
        self.assertEqual(response.status_code, 200)
        self.assertIn("Credits of Ten sessions that are missing on that day: 1", response.text)
        self.assertFalse(self.appointments())

    def test_credits_that_expire_before_are_missing(self):
        self.lot._extend(self.today() + timedelta(days=1), "test")
        self.assertIn("Buy first", self.page(f"{BOOK}/confirm?booking={self.slot()}"))

    def test_a_type_without_credits_has_a_limit(self):
        for _time in range(2):
            self.booked(self.book(self.slot(type=self.intake)))
        slot = self.slot(type=self.intake)
        self.assertIn("cannot be more", " ".join(self.page(f"{BOOK}/confirm?booking={slot}").split()))
        self.assertIn("cannot have more", self.book(slot).text)
        self.assertEqual(len(self.appointments()), 2)
        self.appointments()[0].active = False
        self.booked(self.book(slot))

    # === WHAT IS REFUSED === #

    def test_times_that_are_not_offered_are_refused(self):
        free = self.free(patient=self.parent, first=self.at(days=3))
        taken = free[0]
        self.block(taken, taken + timedelta(hours=1))
        for start in (
            taken,
            taken + timedelta(minutes=30),
            free[4] + timedelta(minutes=7),
            free[4].replace(hour=0),
            free[0] - timedelta(days=30),
            Datetime.now().replace(microsecond=0),
            free[4] + timedelta(days=70),
            free[4] + timedelta(days=70_000),
        ):
            with self.subTest(start=start):
                self.assertNotBooked(self.book(self.slot(start)), "message=taken")
                self.assertIn(
                    "message=taken", self.call(f"{BOOK}/confirm?booking={self.slot(start)}").headers["Location"]
                )

    def test_types_practitioners_and_patients_that_are_not_offered_are_refused(self):
        good = Slot.decode(self.slot())
        closed = self.make_type(self.package, name="Closed")
        colleague = self.make_practitioner("colleague")
        for change in (
            {"type_id": closed.id},
            {"type_id": 999_999},
            {"practitioner_id": colleague.id},
            {"practitioner_id": self.env.user.id},
            {"patient_id": self.stranger.id},
            {"patient_id": self.patient.id},
        ):
            with self.subTest(change=change):
                slot = good._replace(**change).encode()
                self.assertNotBooked(self.book(slot), "message=unknown")
                self.assertNotBooked(self.call(f"{BOOK}/confirm?booking={slot}"), "message=unknown")
        for nonsense in (" ", "x", "1-1-1", "1-1-1-1-1", "9" * 400, "1-1-1-' OR 1=1"):
            self.assertNotBooked(self.book(nonsense), "message=unknown")
        self.assertNotBooked(self.call(f"{BOOK}/confirm"), "message=unknown")
        self.assertIn("That time cannot be chosen", self.page(f"{BOOK}?message=unknown"))

    def test_what_was_archived_or_closed_since_the_page_was_shown_is_refused(self):
        slot = self.slot()
        of_child = Slot.decode(slot)._replace(patient_id=self.child.id).encode()
        for record, field, wanted in (
            (self.type, "active", slot),
            (self.type, "online_booking", slot),
            (self.katrien, "active", slot),
            (self.child, "active", of_child),
        ):
            with self.subTest(record=record, field=field):
                record[field] = False
                self.assertNotBooked(self.book(wanted), "message=unknown")
                record[field] = True

    def test_a_type_of_another_company_is_not_there(self):
        other = self.env["res.company"].create({"name": "PB Other"})
        far = self.make_practitioner("far")
        far.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        elsewhere = self.env["practice.appointment.type"].create(
            {
                "name": "Elsewhere",
                "company_id": other.id,
                "online_booking": True,
                "practitioner_ids": [Command.set(far.ids)],
            }
        )
        self.assertNotIn("Elsewhere", self.page(BOOK))
        slot = Slot(elsewhere.id, far.id, self.parent.id, self.at(days=3).replace(minute=0, second=0)).encode()
        self.assertNotBooked(self.book(slot), "message=unknown")
        user = self.parent.user_ids
        user.company_ids |= other
        self.assertIn("Elsewhere", self.page(BOOK))
        branch = self.env["res.company"].create({"name": "PB Branch", "parent_id": self.company.id})
        user.write({"company_ids": [Command.set(branch.ids)], "company_id": branch.id})
        self.assertIn("Online Session", self.page(BOOK))
        self.assertNotIn("Elsewhere", self.page(BOOK))

    def test_an_id_of_somebody_else_in_an_address_shows_ones_own(self):
        page = self.page(f"{BOOK}?type_id={self.type.id}&patient_id={self.stranger.id}&practitioner_id=999999")
        self.assertNotIn(self.stranger.name, page)
        self.assertIn(f"-{self.parent.id}-", page)
        self.assertNotIn(f"-{self.stranger.id}-", page)

    def test_nothing_of_other_peoples_events_is_shown(self):
        start = self.free(patient=self.parent, first=self.at(days=3))[0]
        self.block(start, start + timedelta(hours=1), description="Burn-out", location="Secret place")
        for path in (f"{BOOK}?type_id={self.type.id}", f"{BOOK}/confirm?booking={self.slot()}"):
            page = self.page(path)
            for secret in ("Secret", "Burn-out"):
                self.assertNotIn(secret, page)

    def test_only_a_post_with_a_token_books_and_only_after_login(self):
        slot = self.slot()
        self.assertEqual(self.post(f"{BOOK}/plan", slot, token="").status_code, 400)
        self.assertEqual(self.url_open(f"{BOOK}/plan?booking={slot}").status_code, 405)
        self.authenticate(None, None)
        for path in (BOOK, f"{BOOK}/confirm?booking={slot}"):
            self.assertIn("/web/login", self.url_open(path).url)
        self.post(f"{BOOK}/plan", slot)
        self.assertFalse(self.appointments())

    # === SIZE === #

    def count_queries(self, path):
        """Return the queries that a page takes once what every page needs is cached."""
        self.page(path)
        before = self.env.cr.sql_log_count
        self.page(path)
        return self.env.cr.sql_log_count - before

    def test_pages_take_few_queries_with_ten_appointments_or_two_thousand(self):
        event = self.booked(self.book())
        paths = (
            BOOK,
            f"{BOOK}?type_id={self.type.id}",
            f"{BOOK}/confirm?booking={self.slot(number=20)}",
            f"/my/appointments/{event.id}/move",
            f"/my/appointments/{event.id}",
        )
        few = [self.count_queries(path) for path in paths]
        self.env.cr.execute(
            """INSERT INTO calendar_event (name, start, stop, active, show_as, user_id, allday, practice_credits)
               SELECT 'x', moment, moment + interval '30 minutes', TRUE, 'busy', %s, FALSE, 0
                 FROM (SELECT now() AT TIME ZONE 'UTC' + n * interval '40 minutes' AS moment
                         FROM generate_series(1, 2000) n) AS moments
            RETURNING id""",
            [self.pieter.id],
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        self.env.cr.execute(
            "INSERT INTO calendar_event_res_partner_rel (calendar_event_id, res_partner_id) SELECT unnest(%s), %s",
            [ids, self.pieter.partner_id.id],
        )
        self.env.invalidate_all()
        for path, count in zip(paths, few, strict=True):
            with self.subTest(path=path):
                now = self.count_queries(path)
                self.assertTrue(0 < now <= 60, now)
                # Prefetching fetches a thousand records at a time.
                self.assertLessEqual(now, count + 6)


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
        self.assertEqual(told, self.parent | self.katrien.partner_id)
        self.assertEqual(author, self.katrien.partner_id)
        self.assertEqual(set(self.event.attendee_ids.mapped("state")), {"accepted"})
        self.assertIn(
            "Moved on the portal by PB parent", self.event.message_ids.filtered("body").sorted("id")[-1:].body
        )
        self.assertIn("is moved", self.page(f"/my/appointments/{self.event.id}?message=moved"))

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

    def test_late_it_cannot_be_moved(self):
        self.type.cancel_hours = 24 * 30
        before = self.event.start
        page = self.page(f"/my/appointments/{self.event.id}")
        self.assertNotIn("Choose another time", page)
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
            before,
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
        self.assertEqual(self.post(path, slot, token="").status_code, 400)
        self.assertEqual(self.url_open(f"{path}?booking={slot}").status_code, 405)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(f"/my/appointments/{self.event.id}/move").url)
        self.post(path, slot)
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
