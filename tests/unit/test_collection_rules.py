"""When money is asked for again, who has access and until when a card is good; no database is needed."""

import unittest
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.collection import (
    RESEND_MINUTES,
    RETRY_DAYS,
    card_expiry,
    has_access,
    needs_payer,
    next_attempt,
    next_sending,
    parse_retry_days,
)

TODAY = date(2026, 3, 11)


class TestRetryDays(unittest.TestCase):
    def test_the_usual_days(self):
        self.assertEqual(parse_retry_days(RETRY_DAYS), (3, 5, 7))

    def test_any_usual_way_to_write_a_list(self):
        for text in ("3,5,7", " 3 5 7 ", "3; 5;7", "3,\t5\n7"):
            with self.subTest(text):
                self.assertEqual(parse_retry_days(text), (3, 5, 7))

    def test_nothing_means_no_retry(self):
        for text in (None, False, "", " , "):
            self.assertEqual(parse_retry_days(text), ())

    def test_what_is_no_list_of_days_is_refused(self):
        for text in ("three", "3, x", "0", "-3", "61", "3.5", "1 " * 11, "٣"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_retry_days(text)


class TestNextAttempt(unittest.TestCase):
    def test_three_five_and_seven_days_after_each_failure(self):
        days, day = [], TODAY
        for failures in (1, 2, 3):
            day = next_attempt(day, failures, (3, 5, 7))
            days.append(day)
        self.assertEqual(days, [date(2026, 3, 14), date(2026, 3, 19), date(2026, 3, 26)])
        self.assertIsNone(next_attempt(day, 4, (3, 5, 7)))

    def test_a_company_that_does_not_retry(self):
        self.assertIsNone(next_attempt(TODAY, 1, ()))

    @given(st.dates(date(2024, 1, 1), date(2032, 1, 1)), st.lists(st.integers(1, 60), max_size=10))
    def test_as_many_retries_as_days_each_later_than_the_one_before(self, day, days):
        attempts = [day]
        while following := next_attempt(attempts[-1], len(attempts), days):
            self.assertGreater(following, attempts[-1])
            attempts.append(following)
        self.assertEqual(len(attempts), len(days) + 1)
        self.assertEqual(attempts[-1] - day, timedelta(days=sum(days)))


class TestAccess(unittest.TestCase):
    def test_states(self):
        access = {state: has_access(state, TODAY) for state in ("trial", "active", "past_due", "cancelled", "expired")}
        self.assertEqual(
            access, {"trial": True, "active": True, "past_due": True, "cancelled": False, "expired": False}
        )

    def test_who_paused_uses_what_is_paid_for(self):
        self.assertTrue(has_access("suspended", TODAY, paid_until=TODAY))
        self.assertFalse(has_access("suspended", TODAY, paid_until=TODAY - timedelta(days=1)))
        self.assertFalse(has_access("suspended", TODAY))

    def test_who_does_not_pay_has_none(self):
        self.assertFalse(has_access("suspended", TODAY, paid_until=TODAY, unpaid=True))


class TestCardExpiry(unittest.TestCase):
    def test_a_card_is_good_until_the_last_day_of_its_month(self):
        stripe = {"payment_method": {"card": {"exp_month": 2, "exp_year": 2028}}}
        self.assertEqual(card_expiry(stripe), date(2028, 2, 29))
        self.assertEqual(card_expiry({"additionalData": {"expiryDate": "03/2030"}}), date(2030, 3, 31))
        self.assertEqual(card_expiry({"additionalData": {"expiryDate": "12/2030"}}), date(2030, 12, 31))

    def test_who_does_not_say_it(self):
        for data in (
            None,
            {},
            {"payment_method": "pm_1"},
            {"payment_method": {"sepa_debit": {}}},
            {"payment_method": {"card": {"exp_month": 13, "exp_year": 2030}}},
            {"payment_method": {"card": {"exp_month": None, "exp_year": None}}},
            {"additionalData": {"expiryDate": "2030"}},
            {"additionalData": {"expiryDate": "1/30"}},
            {"additionalData": None},
        ):
            with self.subTest(data=data):
                self.assertIsNone(card_expiry(data))


class TestNeedsPayer(unittest.TestCase):
    def test_what_stripe_answers_and_tells(self):
        error = {"code": "authentication_required", "message": "This transaction requires authentication."}
        for data in ({"error": error}, {"payment_intent": {"last_payment_error": error}}):
            with self.subTest(data):
                self.assertTrue(needs_payer(data))

    def test_any_other_refusal(self):
        for data in (
            None,
            [],
            {"error": "authentication_required"},
            {"error": {"code": "card_declined"}},
            {"payment_intent": {"last_payment_error": None}},
            {"payment_intent": "pi_1"},
        ):
            with self.subTest(data):
                self.assertFalse(needs_payer(data))


class TestSendingAgain(unittest.TestCase):
    def test_sooner_at_first_and_not_for_ever(self):
        now = datetime(2026, 3, 11, 9, 0)
        moments = [next_sending(now, failures) for failures in range(1, len(RESEND_MINUTES) + 1)]
        self.assertEqual(moments[0], now + timedelta(minutes=1))
        self.assertEqual(moments, sorted(moments))
        self.assertIsNone(next_sending(now, len(RESEND_MINUTES) + 1))
