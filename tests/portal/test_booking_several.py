"""Patients book several appointments together, all or none, find the first free time, and jump to a date."""

from datetime import timedelta
from html import unescape

from odoo.tests import tagged

from odoo.addons.practice_billing.models.packages.portal.appointment_type_several import MOST_TOGETHER

from ..common.booking import BOOK, BookingHttpCase

SEVERAL = f"{BOOK}/several"


@tagged("post_install", "-at_install")
class TestBookingSeveral(BookingHttpCase):
    def chosen(self, *numbers, **options):
        """Return the free times with these numbers as they stand in an address."""
        return ".".join(self.slot(number=number, **options) for number in numbers)

    def plan_several(self, chosen):
        return self.send_form(f"{SEVERAL}/plan", chosen=chosen)

    def text(self, page):
        return " ".join(unescape(page).split())

    # === SEVERAL TOGETHER === #

    def test_three_times_are_booked_together(self):
        chosen = self.chosen(0, 2, 4)
        page = self.text(self.page(f"{SEVERAL}?chosen={chosen}"))
        self.assertIn("Together they take <strong>3 credits</strong>", page)
        self.assertIn("Before: <strong>5</strong>, after: <strong>2</strong>", page)
        self.assertIn("Book these 3 appointments", page)
        response = self.plan_several(chosen)
        self.assertIn("/my/appointments?message=booked", response.headers["Location"])
        self.assertEqual(self.appointments().mapped("attendance"), ["planned"] * 3)
        self.assertEqual((self.lot.credits_available, self.lot.credits_reserved), (2, 3))
        self.assertIn("The appointments are booked", self.page("/my/appointments?message=booked"))

    def test_pressed_twice_they_are_booked_once(self):
        chosen = self.chosen(0, 2)
        for _time in range(2):
            self.assertIn("message=booked", self.plan_several(chosen).headers["Location"])
        self.assertEqual(len(self.appointments()), 2)

    def test_when_one_is_taken_meanwhile_none_is_booked_and_the_page_says_which(self):
        chosen = self.chosen(0, 2)
        start = self.free(first=self.local(self.at(days=4).date(), 0))[0]
        self.block(start, start + timedelta(hours=1))
        page = self.text(self.plan_several(chosen).text)
        self.assertFalse(self.appointments())
        self.assertEqual(self.lot.credits_available, 5)
        self.assertIn("Nothing was booked", page)
        self.assertEqual(page.count("This time is no longer free"), 1)
        self.assertEqual(page.count("This one is possible"), 1)
        self.assertIn("Book those that are possible", page)
        # The button sends the other one only.
        self.assertIn(f'name="chosen" value="{chosen.split(".")[1]}"', page)
        self.plan_several(chosen.split(".")[1])
        self.assertEqual(len(self.appointments()), 1)

    def test_more_than_the_credits_that_are_left_are_not_offered_and_not_booked(self):
        self.give(self.child, credits=1)
        chosen = self.chosen(0, 2, 4, patient=self.child)
        page = self.text(self.page(f"{SEVERAL}?chosen={chosen}"))
        self.assertIn("you lack <strong>2 credits</strong>", page)
        self.assertNotIn("Book these", page)
        page = self.text(self.plan_several(chosen).text)
        self.assertFalse(self.appointments())
        self.assertEqual(page.count("Credits of"), 2)

    def test_two_at_the_same_time_and_what_is_not_theirs_are_left_out(self):
        slot = self.slot()
        self.assertEqual(len(self.type._read_slots(f"{slot}.{slot}", self.parent)[2]), 1)
        foreign = self.slot(patient=self.stranger)
        self.assertFalse(self.type._read_slots(foreign, self.parent)[2])
        self.assertIn("message=unknown", self.plan_several(foreign).headers["Location"])
        mixed = f"{slot}.{self.slot(number=2, patient=self.child)}"
        _type, patient, times = self.type._read_slots(mixed, self.parent | self.child)
        self.assertEqual((patient, len(times)), (self.parent, 1))
        many = self.chosen(*range(0, 2 * MOST_TOGETHER + 4, 2))
        self.assertEqual(len(self.type._read_slots(many, self.parent)[2]), MOST_TOGETHER)

    def test_chosen_times_stay_while_weeks_turn_and_keep_others_away(self):
        slot = self.slot()
        start = self.type._read_slots(slot, self.parent)[2][0][1]
        page = self.text(self.page(f"{BOOK}?type_id={self.type.id}&chosen={slot}&week={start.date()}"))
        self.assertIn("Go on with these times", page)
        self.assertIn("chosen, remove it", page)
        self.assertIn(f"chosen={slot}", page)
        week = self.type._prepare_week(self.katrien, self.parent, start.date().isoformat(), chosen=[start])
        offered = {
            self.type._read_slots(it["slot"], self.parent)[2][0][1] for day in week["days"] for it in day["times"]
        }
        self.assertIn(start, offered)
        self.assertFalse({it for it in offered if it != start and abs(it - start) < timedelta(hours=1)})

    def test_a_page_takes_as_many_queries_for_one_as_for_many(self):
        counts = [self.count_queries(f"{SEVERAL}?chosen={self.chosen(*range(0, end, 2))}") for end in (2, 16)]
        self.assertLessEqual(counts[1], counts[0])

    # === THE FIRST TIME, AND A DATE === #

    def test_the_first_free_time_is_named_and_one_click_away(self):
        first = min(self.free(who, self.parent)[0] for who in (self.katrien, self.pieter))
        for week in ("", f"&week={self.at(days=20).date()}"):
            page = self.page(f"{BOOK}?type_id={self.type.id}{week}")
            self.assertIn("The first free time", page)
            link = page.split("o_practice_first_time")[1].split('href="')[1].split('"')[0]
            self.assertEqual(self.type._read_slot(link.split("booking=")[1], self.parent)[3], first)
            self.assertIn("Book this appointment", self.page(unescape(link)))

    def test_a_date_shows_its_week_and_an_empty_week_the_next_free_time(self):
        day = self.at(days=20).date()
        page = self.page(f"{BOOK}?type_id={self.type.id}&week={day}")
        self.assertIn(f'value="{day}"', page)
        self.block(self.at(days=-1), self.at(days=30), user=self.katrien)
        week = self.type._prepare_week(self.katrien, self.parent, self.at(days=10).date().isoformat())
        self.assertFalse(week["days"])
        self.assertGreater(week["next_time"]["day"], self.at(days=29).date().isoformat())

    # === MOVING AND CANCELLING === #

    def test_moving_opens_at_the_week_of_the_visit(self):
        start = self.local(self.at(days=25).date(), 9)
        event = self.booked(self.book(self.slot(start)))
        page = self.page(f"/my/appointments/{event.id}/move")
        self.assertIn(f'value="{self.company._practice_day(start)}"', page)

    def test_cancelling_says_what_came_back_and_offers_another_one(self):
        event = self.booked(self.book())
        self.assertIn("You get <strong>1 credit</strong> back", self.text(self.page(f"/my/appointments/{event.id}")))
        response = self.send_form(f"/my/appointments/{event.id}/cancel", cost="0")
        page = self.text(self.page(response.headers["Location"]))
        self.assertIn("You get <strong>1 credit</strong> back.", page)
        self.assertIn("Book another appointment", page)
        self.assertIn(f"{BOOK}?type_id={self.type.id}&patient_id={self.parent.id}", page)

    def test_what_is_lost_by_cancelling_late_is_said_too(self):
        self.type.cancel_hours = 24 * 30
        event = self.booked(self.book())
        self.send_form(f"/my/appointments/{event.id}/cancel", cost="1")
        page = self.text(self.page(f"/my/appointments/{event.id}?message=cancelled"))
        self.assertIn("Lost: <strong>1 credit</strong>", page)
        self.assertNotIn("You get", page)
