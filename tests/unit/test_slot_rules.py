"""Times that patients choose, without a database."""

import unittest
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.models.packages.appointments.calendar_event_busy import free_times
from odoo.addons.practice_billing.tools.slots import (
    NO_BUFFER,
    Busy,
    Slot,
    count_minutes,
    free_starts,
    span_of_days,
    spread_over_days,
    week_of,
)

from ..common.rules import thorough

BRUSSELS = "Europe/Brussels"
#: Days of clock changes in Brussels, in Lord Howe (half an hour) and an ordinary one.
DAYS = [
    datetime(2026, 3, 29),
    datetime(2026, 10, 25),
    datetime(2026, 4, 4),
    datetime(2026, 10, 3),
    datetime(2026, 3, 11),
]
ZONES = [BRUSSELS, "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]


def minutes(number):
    return timedelta(minutes=number)


def at(hour, minute=0, day=11):
    """Return a moment of March 2026 by the clock of Brussels (winter time)."""
    return datetime(2026, 3, day, hour, minute) - minutes(60)


def brute_force(work, busy, *, duration, step, buffers, earliest, latest, tz, elsewhere=()):
    """Try every minute: is each minute of the appointment worked, and none of it, with either buffer, busy?"""
    if not work:
        return []
    zone, found, (before, after) = ZoneInfo(tz), [], buffers
    moment = max(earliest, min(start for start, _stop in work))
    while moment <= min(latest, max(stop for _start, stop in work)):
        local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        inside = [moment + minutes(number) for number in range(duration // minutes(1))]
        if (
            (local.hour * 60 + local.minute) % step == 0
            and all(any(start <= minute < stop for start, stop in work) for minute in inside)
            and not any(moment - before < it.stop and moment + duration + after > it.start for it in busy)
            and not any(moment < it.stop + it.after and moment + duration > it.start - it.before for it in busy)
            and not any(moment < stop and moment + duration > start for start, stop in elsewhere)
        ):
            found.append(moment)
        moment += minutes(1)
    return found


def starts_in(work, busy=(), *, buffers=(NO_BUFFER, NO_BUFFER), elsewhere=(), **options):
    """Return the starts in working time that is not busy: what the free times of a practitioner are made of."""
    return free_starts(free_times(work, [*(it.keep_free(*buffers) for it in busy), *elsewhere]), **options)


@st.composite
def days_of_practitioners(draw):
    """Draw the arguments of starts_in for about a day: everything in whole minutes."""
    day = draw(st.sampled_from(DAYS))
    moments = st.integers(-180, 1500).map(lambda number: day + minutes(number))
    lengths = st.sampled_from([5, 15, 30, 45, 60, 90, 240]) | st.integers(1, 400)
    intervals = st.lists(
        st.tuples(moments, lengths).map(lambda pair: (pair[0], pair[0] + minutes(pair[1]))), max_size=4
    )
    buffer = st.sampled_from([0, 0, 5, 10, 15]).map(minutes)
    return {
        "work": draw(intervals),
        "busy": [Busy(*span, draw(buffer), draw(buffer)) for span in draw(intervals)],
        "elsewhere": draw(intervals),
        "duration": minutes(draw(st.sampled_from([5, 30, 50, 60, 90]))),
        "step": draw(st.sampled_from([5, 10, 15, 20, 30, 45, 60, 90])),
        "buffers": (draw(buffer), draw(buffer)),
        "earliest": draw(moments),
        "latest": draw(moments),
        "tz": draw(st.sampled_from(ZONES)),
    }


class TestSlotInAddress(unittest.TestCase):
    def test_what_is_encoded_is_decoded(self):
        slot = Slot(1, 22, 333, datetime(2026, 3, 29, 1, 30))
        self.assertEqual(Slot.decode(slot.encode()), slot)

    def test_nonsense_is_no_slot(self):
        for text in (
            None,
            "",
            "1-2-3",
            "1-2-3-4-5",
            "1-2-3-x",
            "-1-2-3-4",
            "1-2-3-99999999999",
            "1-2-3-4\n",
            "①-2-3-4",
        ):
            with self.subTest(text=text):
                self.assertIsNone(Slot.decode(text))


class TestFreeStarts(unittest.TestCase):
    defaults = {
        "duration": minutes(60),
        "step": 30,
        "earliest": at(0),
        "latest": at(0, day=14),
        "tz": BRUSSELS,
    }

    def starts(self, work, busy=(), **options):
        """Return the free starts by the clock of Brussels."""
        found = starts_in(work, busy, **{**self.defaults, **options})
        return [f"{start + minutes(60):%H:%M}" for start in found]

    def test_an_hour_fits_until_an_hour_before_closing(self):
        self.assertEqual(self.starts([(at(9), at(11))]), ["09:00", "09:30", "10:00"])

    def test_times_are_those_of_a_clock_on_the_wall(self):
        self.assertEqual(self.starts([(at(8, 50), at(11))]), ["09:00", "09:30", "10:00"])
        self.assertEqual(self.starts([(at(9), at(12))], step=45), ["09:00", "09:45", "10:30"])

    def test_what_ends_when_another_begins_is_free(self):
        self.assertEqual(self.starts([(at(9), at(12))], [Busy(at(10), at(11))]), ["09:00", "11:00"])

    def test_buffers_are_kept_on_both_sides_and_shared_with_those_of_the_others(self):
        hours = [(at(8), at(13))]
        for of_this, of_other, free in (
            ((0, 0), (0, 0), ["08:00", "08:30", "09:00", "11:00", "11:30", "12:00"]),
            ((0, 15), (0, 0), ["08:00", "08:30", "11:00", "11:30", "12:00"]),
            ((15, 0), (0, 0), ["08:00", "08:30", "09:00", "11:30", "12:00"]),
            ((0, 0), (15, 0), ["08:00", "08:30", "11:00", "11:30", "12:00"]),
            ((0, 0), (0, 45), ["08:00", "08:30", "09:00", "12:00"]),
            ((20, 0), (0, 30), ["08:00", "08:30", "09:00", "11:30", "12:00"]),
        ):
            with self.subTest(of_this=of_this, of_other=of_other):
                busy = [Busy(at(10), at(11), *map(minutes, of_other))]
                self.assertEqual(self.starts(hours, busy, buffers=tuple(map(minutes, of_this))), free)

    def test_what_is_too_close_says_how_much_time_stays_free(self):
        busy = Busy(at(10), at(11), minutes(10), minutes(20))
        self.assertEqual(busy.find_gap(at(9, 30), at(10, 30)), NO_BUFFER)
        self.assertEqual(busy.find_gap(at(9), at(9, 55)), minutes(10))
        self.assertEqual(busy.find_gap(at(11), at(12), minutes(5), minutes(90)), minutes(20))
        self.assertEqual(busy.find_gap(at(11), at(12), minutes(30)), minutes(30))
        self.assertIsNone(busy.find_gap(at(11, 20), at(12), minutes(20)))
        self.assertIsNone(busy.find_gap(at(8), at(9, 50)))

    def test_an_appointment_does_not_go_on_over_lunch_but_over_a_line_between_two_shifts(self):
        self.assertEqual(self.starts([(at(11), at(12)), (at(13), at(14))]), ["11:00", "13:00"])
        self.assertEqual(self.starts([(at(11), at(12)), (at(12), at(13))]), ["11:00", "11:30", "12:00"])

    def test_first_and_last_moment_are_included(self):
        self.assertEqual(self.starts([(at(8), at(18))], earliest=at(9), latest=at(10)), ["09:00", "09:30", "10:00"])

    def test_the_patient_needs_no_buffer(self):
        found = self.starts([(at(9), at(12))], elsewhere=[(at(10), at(11))], buffers=(minutes(30), minutes(30)))
        self.assertEqual(found, ["09:00", "11:00"])

    def test_the_night_of_a_clock_change_has_no_hour_twice_or_invented(self):
        spring, autumn = datetime(2026, 3, 29), datetime(2026, 10, 25)
        for day, count in ((spring, 23), (autumn, 25)):
            night = span_of_days(day.date(), day.date(), BRUSSELS)
            options = {**self.defaults, "step": 60, "earliest": night[0], "latest": night[1]}
            self.assertEqual(len(starts_in([night], **options)), count)

    @thorough
    @given(days_of_practitioners())
    def test_free_times_are_exactly_those_that_trying_every_minute_finds(self, arguments):
        self.assertEqual(starts_in(**arguments), brute_force(**arguments))

    @thorough
    @given(days_of_practitioners())
    def test_no_free_time_overlaps_what_is_busy_and_each_lies_in_one_stretch_of_work(self, arguments):
        (before, after), duration = arguments["buffers"], arguments["duration"]
        for start in starts_in(**arguments):
            self.assertTrue(arguments["earliest"] <= start <= arguments["latest"])
            stop = start + duration
            hours = free_times(arguments["work"])
            self.assertTrue(any(opens <= start and stop <= closes for opens, closes in hours))
            for busy in arguments["busy"]:
                self.assertTrue(stop + after <= busy.start or start - before >= busy.stop)
                self.assertTrue(stop <= busy.start - busy.before or start >= busy.stop + busy.after)
                self.assertIsNone(busy.find_gap(start, stop, before, after))


class TestDaysAndWeeks(unittest.TestCase):
    def test_days_end_at_midnight_of_the_place(self):
        first, last = date(2026, 3, 28), date(2026, 3, 29)
        self.assertEqual(span_of_days(first, last, BRUSSELS), (datetime(2026, 3, 27, 23), datetime(2026, 3, 29, 22)))

    def test_weeks_begin_on_monday(self):
        for day in (date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 15)):
            self.assertEqual(week_of(day), (date(2026, 3, 9), date(2026, 3, 15)))


class TestSpreadOverDays(unittest.TestCase):
    @given(st.sampled_from(DAYS), st.sampled_from(ZONES), st.integers(0, 2000), st.integers(1, 5000))
    @thorough
    def test_parts_follow_one_another_and_end_where_it_ends(self, day, zone, offset, length):
        start, stop = day + minutes(offset), day + minutes(offset + length)
        begins, ends = (it.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)) for it in (start, stop))
        parts = spread_over_days(start, stop, zone)
        self.assertEqual(parts[0][:2], (begins.date(), begins.hour * 60 + begins.minute))
        for (before, _first, last), (after, first, _last) in pairwise(parts):
            self.assertEqual((last, first, after - before), (1440, 0, timedelta(days=1)))
        if len(parts) == (ends.date() - begins.date()).days + 1 and ends.date() > begins.date():
            self.assertEqual(parts[-1][2], ends.hour * 60 + ends.minute)
        self.assertTrue(all(0 <= first <= last <= 1440 for _day, first, last in parts))

    def test_what_ends_at_midnight_is_not_on_the_next_day(self):
        midnight = datetime(2026, 3, 11, 23, 0)
        self.assertEqual(
            spread_over_days(midnight - minutes(60), midnight, BRUSSELS), [(date(2026, 3, 11), 1380, 1440)]
        )

    def test_ten_is_ten_on_the_day_of_a_clock_change(self):
        for day, hour in ((date(2026, 3, 29), 8), (date(2026, 10, 25), 9)):
            start = datetime(day.year, day.month, day.day, hour)
            self.assertEqual(spread_over_days(start, start + minutes(60), BRUSSELS), [(day, 600, 660)])


class TestCountMinutes(unittest.TestCase):
    @given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda it: (min(it), max(it)))))
    @thorough
    def test_each_minute_counts_once(self, spans):
        self.assertEqual(count_minutes(spans), len({it for begins, ends in spans for it in range(begins, ends)}))
