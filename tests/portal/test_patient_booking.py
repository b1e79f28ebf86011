"""Patients book appointments over the pages: as themselves, as a parent, and as somebody else."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

from odoo.fields import Command, Datetime
from odoo.http import Request
from odoo.tests import tagged

from odoo.addons.practice_billing.tools.slots import Slot

from ..common.booking import BOOK, BookingHttpCase


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
        for text in ("Online Session", "Intake", "A first talk", "60 minutes", "1 credit"):
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
        for nonsense in ("x", "2026-02-31", "0001-01-01", "9999-12-31", "-1"):
            self.assertIn("Europe/Brussels", self.page(f"{BOOK}?type_id={self.type.id}&week={nonsense}"))

    def test_when_nothing_is_free_the_page_says_what_to_do(self):
        self.block(self.at(days=-1), self.at(days=70))
        page = " ".join(self.page(f"{BOOK}?type_id={self.type.id}&practitioner_id={self.katrien.id}").split())
        self.assertIn("There are no free times until", page)
        self.assertIn("or choose another practitioner", page)
        self.assertNotIn("o_practice_time", page)

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
        self.assertEqual(self.invited(event), (self.katrien.partner_id, self.katrien.partner_id))
        self.assertEqual(self.notices(event).mapped("kind"), ["confirmation"])
        self.assertEqual(self.notices(event).partner_id, self.parent)
        self.assertIn("Booked on the portal by PB parent", event.message_ids[0].body)
        page = self.page(f"/my/appointments/{event.id}?message=booked")
        self.assertIn("The appointment is booked", page)
        self.assertIn(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", self.page(f"/my/appointments/{event.id}/ics"))

    def test_a_parent_books_for_a_child_and_gets_the_invitation_in_its_place(self):
        self.give(self.child, credits=1)
        event = self.booked(self.book(self.slot(patient=self.child)))
        self.assertEqual(event.patient_id, self.child)
        self.assertEqual(self.lot.credits_available, 5)
        self.assertEqual(self.invited(event)[0], self.katrien.partner_id)
        self.assertEqual(self.notices(event).partner_id, self.parent)
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
        start = self.local(self.at(days=3).date(), 0)
        self.block(start, start + timedelta(days=2))
        week = self.type._prepare_week(self.katrien | self.pieter, self.parent, self.at(days=3).date().isoformat())
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

    def test_who_buys_first_comes_back_to_the_chosen_time(self):
        self.product.practice_published = True
        self.stranger.email = "stranger@example.com"
        self.authenticate("pb_stranger", "pb_stranger")
        slot = self.slot(patient=self.stranger)
        [shop] = re.findall(r'href="(/my/packages/buy\?[^"]+)"', self.page(f"{BOOK}/confirm?booking={slot}"))
        [product] = re.findall(r'href="(/my/packages/buy/[^"]+)"', self.page(unescape(shop)))
        [order] = re.findall(r'action="(/my/packages/buy/[^"]+)"', self.page(unescape(product)))
        form = {"patient_id": self.stranger.id, "way": "invoice", "terms": "", "csrf_token": Request.csrf_token(self)}
        purchase = self.url_open(unescape(order), data=form)
        invoice = self.env["account.move"].search([("partner_id", "=", self.stranger.id)])
        self.assertEqual(invoice.state, "posted")
        self.assertNotIn("Continue with your appointment", purchase.text)
        self.pay(invoice)
        place = urlsplit(purchase.url)
        page = self.page(f"{place.path}?{place.query}")
        [back] = re.findall(r'href="(/my/appointments/book/confirm[^"]+)"', page)
        self.assertIn("Book this appointment", self.page(unescape(back)))
        event = self.booked(self.book(slot))
        self.assertEqual((event.patient_id, event.credit_state), (self.stranger, "reserved"))

    def test_credits_that_expire_before_are_missing(self):
        self.lot._extend(self.today() + timedelta(days=1), "test")
        self.assertIn("Buy first", self.page(f"{BOOK}/confirm?booking={self.slot()}"))

    def test_a_type_without_credits_has_a_limit(self):
        for _time in range(2):
            self.booked(self.book(self.slot(type=self.intake)))
        slot = self.slot(type=self.intake)
        self.assertIn("as allowed", " ".join(self.page(f"{BOOK}/confirm?booking={slot}").split()))
        self.assertIn("as allowed", self.book(slot).text)
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
        self.assertEqual(self.send_form(f"{BOOK}/plan", token="", booking=slot).status_code, 400)
        self.assertEqual(self.url_open(f"{BOOK}/plan?booking={slot}").status_code, 405)
        self.authenticate(None, None)
        for path in (BOOK, f"{BOOK}/confirm?booking={slot}"):
            self.assertIn("/web/login", self.url_open(path).url)
        self.send_form(f"{BOOK}/plan", booking=slot)
        self.assertFalse(self.appointments())

    # === SIZE === #

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
