"""Usage is recorded once and billed once, however often and however late it is sent."""

# The race needs sessions that see what others committed; pylint: disable=invalid-commit
import json
from functools import partial

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.databases import post_json, server
from ..common.races import RaceCase
from ..common.subscriptions import SubscriptionCase, SubscriptionMixin, day

SESSIONS = 8

#: What a person is told is wrong: by the module, or by the database, whose words Odoo translates.
REFUSALS = (UserError, IntegrityError)


@tagged("post_install", "-at_install")
class TestRecord(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.subscription = cls.subscribe(cls.starter)

    def record(self, subscription=None, kind="file", quantity=1, reference="r1", **vals):
        usage = self.env["practice.subscription.usage"].with_user(self.front_desk)
        return usage.record(subscription or self.subscription.id, kind, quantity, reference, **vals)

    def usages(self):
        return self.env["practice.subscription.usage"].search([("subscription_id", "=", self.subscription.id)])

    def test_it_answers_what_was_recorded(self):
        answer = self.record(quantity=2, description="Two files")
        usage = self.usages()
        self.assertEqual(
            answer, {"id": usage.id, "reference": "r1", "status": "recorded", "state": "unbilled", "quantity": 2.0}
        )
        self.assertEqual((usage.kind_id, usage.date, usage.description), (self.file, day(1, 15), "Two files"))

    def test_sending_it_again_changes_nothing_and_says_so(self):
        first = self.record(quantity=2)
        again = self.record(quantity=7, kind="questionnaire", date="2026-01-01")
        self.assertEqual(again, {**first, "status": "duplicate"})
        self.assertEqual(self.usages().quantity, 2.0)

    def test_sending_it_again_after_it_was_billed_changes_nothing_either(self):
        self.bill(self.subscription)
        self.record()
        self.bill(self.subscription, "2026-02-15")
        answer = self.record()
        self.assertEqual((answer["status"], answer["state"]), ("duplicate", "billed"))
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Starter": [30.0]})

    def test_a_reference_is_the_senders_and_the_subscriptions(self):
        other = self.subscribe(self.starter, self.make_organisation("De Kade"))
        self.assertEqual(self.record(other.id)["status"], "recorded")
        self.assertEqual(self.record()["status"], "recorded")
        self.assertEqual(self.record(reference=" r1 ")["status"], "duplicate")
        self.assertEqual(self.record(reference=1)["status"], "recorded")
        self.assertEqual(self.record(reference="1")["status"], "duplicate")
        self.assertEqual(self.record(reference="R1")["status"], "recorded")

    def test_the_database_refuses_a_second_one_of_the_same_reference(self):
        self.record()
        with mute_logger("odoo.sql_db"), self.assertRefused("reference_uniq", Exception):
            self.usages().create({"subscription_id": self.subscription.id, "kind_id": self.file.id, "reference": "r1"})

    def test_a_subscription_is_found_by_id_or_number(self):
        self.record(self.subscription.name)
        self.assertEqual(len(self.usages()), 1)

    def test_unknown_things_are_refused_in_words(self):
        for words, vals in {
            "no subscription SUB99": {"subscription": "SUB99"},
            "no subscription 0": {"subscription": "0"},
            "no subscription 123456789": {"subscription": 123456789},
            "no subscription -1": {"subscription": -1},
            "no subscription True": {"subscription": True},
            "no subscription %": {"subscription": "%"},
            "no subscription 1.0": {"subscription": 1.0},
            "There is no subscription [1-9]": {"subscription": [self.subscription.id]},
            "There is no subscription id": {"subscription": {"id": 1}},
            "no subscription 99999999999999999999": {"subscription": 99999999999999999999},
            "no kind of usage dossier; known: file, questionnaire": {"kind": "dossier"},
            "no kind of usage FILE": {"kind": "FILE"},
            "no kind of usage None": {"kind": None},
            "no kind of usage 1": {"kind": 1},
            "There is no kind of usage file": {"kind": ["file"]},
            "There is no kind of usage code": {"kind": {"code": "file"}},
            "needs a reference": {"reference": ""},
            "needs a reference of its own": {"reference": "   "},
            "needs a reference of": {"reference": None},
        }.items():
            with self.subTest(**vals), self.assertRefused(words):
                self.record(**vals)
        self.assertFalse(self.usages())

    def test_a_quantity_is_a_positive_number(self):
        for quantity in (
            0,
            -1,
            -0.5,
            float("nan"),
            float("inf"),
            float("-inf"),
            10**400,
            1e300,
            "2",
            "many",
            None,
            True,
            [1],
            {},
            0.00001,
        ):
            with self.subTest(quantity=quantity), self.assertRefused("quantity"):
                self.record(quantity=quantity)
        self.assertFalse(self.usages())

    def test_a_day_is_a_day_and_no_later_than_tomorrow(self):
        for words, value in {
            "lies in the future": "2026-01-17",
            "lies in the future: usage is recorded when it happens": "9999-12-31",
            "is no date": "15/01/2026",
            "is no date; write it as": "yesterday",
            "20260115 is no date": 20260115,
            "2026-02-30 is no date": "2026-02-30",
            "^2026-01-15 is no date": ["2026-01-15"],
            "day.*is no date": {"day": 1},
            "True is no date": True,
            "2026-1 is no date": "2026-1",
        }.items():
            with self.subTest(date=value), self.assertRefused(words):
                self.record(date=value)
        self.assertFalse(self.usages())

    def test_long_ago_is_a_mistake_and_not_free(self):
        for value in ("0001-01-01", "1926-01-15", "2025-01-13"):
            with self.subTest(date=value), self.assertRefused("too long ago"):
                self.record(date=value)
        self.assertEqual(self.record(date="2025-01-14")["status"], "recorded")

    def test_texts_have_a_length_and_characters_that_can_be_kept(self):
        for words, vals in (
            ("101 characters, at most 100", {"reference": "r" * 101}),
            ("501 characters, at most 500", {"description": "d" * 501}),
            ("no text that can be kept", {"reference": "a\0b"}),
            ("no text that can be kept", {"description": "half \ud83d"}),
            ("no text that can be kept", {"reference": 1.5}),
            ("no text that can be kept", {"reference": ["r"]}),
            ("no text that can be kept", {"description": {"a": 1}}),
            ("no subscription", {"subscription": "SUB\0"}),
            ("no subscription", {"subscription": "\udfff"}),
            ("no kind of usage", {"kind": "file\0"}),
            ("no kind of usage", {"kind": "\ud83d"}),
            ("is no date", {"date": "2026-01-15\0"}),
            ("is no date", {"date": "2026-01-15 or so"}),
        ):
            with self.subTest(words=words, vals=repr(vals)), self.assertRefused(words):
                self.record(**vals)
        self.assertFalse(self.usages())

    def test_many_rows_at_once_have_a_result_each(self):
        self.record(reference="known")
        row = {"subscription": self.subscription.name, "kind": "file", "quantity": 1, "reference": "a"}
        ended = self.subscribe(self.starter, organisation=self.make_organisation("Gone"))
        ended._cancel_now("other")
        answers = (
            self.usages()
            .with_user(self.front_desk)
            .record_many(
                [
                    row,
                    {**row, "reference": "known"},
                    row,
                    {**row, "reference": "b", "quantity": -1},
                    {**row, "reference": "c", "date": "2026-01-14", "description": "One"},
                    {**row, "reference": "d", "colour": "red"},
                    {"reference": "e"},
                    {**row, "reference": "f", "subscription": ended.id, "date": "2026-01-16"},
                    {**row, "reference": ["g"]},
                    {**row, "reference": 7},
                ]
            )
        )
        self.assertEqual(
            [(answer["reference"], answer["status"]) for answer in answers],
            [
                ("a", "recorded"),
                ("known", "duplicate"),
                ("a", "duplicate"),
                ("b", "refused"),
                ("c", "recorded"),
                ("d", "refused"),
                ("e", "refused"),
                ("f", "refused"),
                (None, "refused"),
                ("7", "recorded"),
            ],
        )
        self.assertIn("Unknown: colour", answers[5]["error"])
        self.assertIn("Missing: kind, quantity, subscription", answers[6]["error"])
        self.assertIn("ended on", answers[7]["error"])
        self.assertEqual(set(self.usages().mapped("reference")), {"a", "c", "7", "known"})

    def test_a_call_takes_a_thousand_rows_and_says_so(self):
        row = {"subscription": self.subscription.name, "kind": "file", "quantity": 1, "reference": "a"}
        for rows, words in ([row] * 1001, "1001 rows are too many"), (row, "list of objects"), ([1], "list of objects"):
            with self.assertRefused(words):
                self.usages().record_many(rows)
        self.assertEqual(self.usages().record_many([]), [])

    def test_rows_take_no_query_of_their_own(self):
        row = {"subscription": self.subscription.name, "kind": "file", "quantity": 1}
        counts = []
        for size in (10, 210):
            rows = [{**row, "reference": f"{size} {number}"} for number in range(size)]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.usages().record_many(rows)), size)
            counts.append(self.env.cr.sql_log_count - before)
        # A row more costs at most a share of an INSERT of many.
        self.assertLess(counts[1] - counts[0], 25, counts)

    def test_a_clock_that_runs_ahead_is_forgiven(self):
        self.record(date="2026-01-16")
        self.record(date="2026-01-15 23:30:00", reference="r2")
        self.assertEqual(self.usages().sorted("id").mapped("date"), [day(1, 16), day(1, 15)])

    def test_without_a_day_it_is_today_where_the_company_is(self):
        self.clock.move_to("2026-01-15 23:30:00")  # half past midnight in Brussels
        self.record()
        self.assertEqual(self.usages().date, day(1, 16))

    def test_only_staff_records(self):
        usage = self.env["practice.subscription.usage"]
        for role in ("accountant", "employee", "portal"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                usage.with_user(getattr(self, role)).record(self.subscription.id, "file", 1, "r1")

    def test_nobody_records_for_another_company(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.front_desk.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRefused("no subscription"):
            self.record()

    # === BY HAND === #

    def test_a_person_may_enter_it_and_it_gets_a_reference(self):
        vals = {"subscription_id": self.subscription.id, "kind_id": self.file.id}
        usages = self.usages().with_user(self.front_desk).create([vals, vals])
        self.assertEqual(len(set(usages.mapped("reference"))), 2)

    def test_a_person_is_bound_by_the_same_rules(self):
        kind = self.file.copy(
            {"company_id": self.env["res.company"].create({"name": "PB other"}).id, "product_id": False}
        )
        for words, vals in {
            "lies in the future": {"date": day(1, 17)},
            "positive": {"quantity": -1},
            "not a kind of usage of": {"kind_id": kind.id},
        }.items():
            with self.subTest(**vals), mute_logger("odoo.sql_db"), self.assertRefused(words, REFUSALS):
                self.usages().create({"subscription_id": self.subscription.id, "kind_id": self.file.id, **vals})

    def test_nobody_says_that_usage_was_billed(self):
        self.bill(self.subscription)
        vals = {"subscription_id": self.subscription.id, "kind_id": self.file.id}
        period = self.subscription.period_id
        line = period.move_id.invoice_line_ids[-1]
        usage = self.usages().create(vals)
        for user in (self.front_desk, self.manager):
            for forged in (
                {"period_id": period.id},
                {"service_period_id": period.id},
                {"invoice_line_id": line.id},
                {"state": "included"},
            ):
                with self.subTest(user=user.name, **forged), self.assertRaises(AccessError):
                    usage.with_user(user).write(forged)
                with self.subTest(user=user.name, **forged), self.assertRaises(AccessError):
                    usage.with_user(user).create({**vals, **forged})
                defaults = {f"default_{name}": value for name, value in forged.items()}
                with self.subTest(user=user.name, **defaults), self.assertRaises(AccessError):
                    usage.with_user(user).with_context(**defaults).create(vals)
        usage.with_user(self.front_desk).quantity = 3

    def test_nobody_has_usage_billed_twice(self):
        self.bill(self.subscription)
        usage = self.use(self.subscription)
        self.bill(self.subscription, "2026-02-15")
        with self.assertRaises(AccessError):
            usage.with_user(self.manager).period_id = False

    def test_what_was_billed_stays_as_it_is(self):
        self.bill(self.subscription)
        usage = self.use(self.subscription)
        self.bill(self.subscription, "2026-02-15")
        for vals in ({"quantity": 2}, {"date": day(1, 1)}, {"kind_id": self.questionnaire.id}, {"reference": "x"}):
            with self.subTest(**vals), self.assertRefused("is on an invoice already"):
                usage.write(vals)
        with self.assertRefused("that was billed stays"):
            usage.unlink()
        usage.description = "A file"

    def test_what_is_not_billed_yet_may_be_put_right(self):
        usage = self.use(self.subscription, 3)
        usage.with_user(self.front_desk).quantity = 2
        usage.with_user(self.manager).unlink()


@tagged("post_install", "-at_install")
class TestBilledUsage(SubscriptionCase):
    def begin(self, **price):
        """Bill the first period, with this price of a file."""
        self.starter.usage_price_ids.write(price)
        self.subscription = self.subscribe(self.starter)
        self.bill(self.subscription)

    def usage_lines(self, move):
        return move.invoice_line_ids.filtered(lambda line: line.product_id == self.usage_product)

    def test_every_usage_points_at_the_line_that_billed_it(self):
        self.begin()
        usages = self.use(self.subscription, 2) + self.use(self.subscription, 3)
        self.assertEqual(self.subscription.unbilled_usage_count, 2)
        invoice = self.bill(self.subscription, "2026-02-15")
        self.assertEqual(usages.invoice_line_id, self.usage_lines(invoice))
        self.assertEqual(usages.move_id, invoice)
        self.assertEqual(set(usages.mapped("state")), {"billed"})
        self.assertEqual(usages.period_id, self.subscription.period_id)
        self.assertEqual(self.subscription.unbilled_usage_count, 0)

    def test_usage_of_the_new_period_waits_for_the_next_invoice(self):
        self.begin()
        self.go_to("2026-02-15")
        self.use(self.subscription, 2)
        self.assertInvoice(self.bill(self.subscription), {"Starter": [30.0]})
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Starter": [30.0], "Usage": [10.0]})

    def test_late_usage_is_billed_with_the_next_invoice_at_the_price_of_its_day(self):
        self.begin(included=3)
        self.use(self.subscription, 2)
        self.bill(self.subscription, "2026-02-15")
        late = self.use(self.subscription, 2, day="2026-01-20")
        self.go_to("2026-02-20")
        self.use(self.subscription, 4)
        invoice = self.bill(self.subscription, "2026-03-15")
        # Of January's four one is above the three included; of February's four, too.
        self.assertInvoice(invoice, {"Starter": [30.0], "Usage": [5.0, 5.0]})
        dates = self.usage_lines(invoice).mapped(lambda line: (line.practice_date_from, line.practice_date_to))
        self.assertCountEqual(dates, [(day(1, 15), day(2, 14)), (day(2, 15), day(3, 14))])
        self.assertEqual(late.service_period_id.date_from, day(1, 15))

    def test_what_is_included_or_free_counts_as_billed_without_a_line(self):
        self.begin(included=3)
        included = self.use(self.subscription, 2)
        free = self.use(self.subscription, 5, kind="questionnaire")
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Starter": [30.0]})
        self.assertEqual((included + free).mapped("state"), ["included", "included"])
        self.assertFalse((included + free).invoice_line_id)

    def test_what_is_included_does_not_carry_over_and_does_not_count_twice(self):
        self.begin(included=3)
        self.use(self.subscription, 1)
        self.bill(self.subscription, "2026-02-15")
        self.use(self.subscription, 5)
        self.go_to("2026-02-20")
        self.subscription.action_bill_extras()
        self.assertInvoice(self.last_invoice(self.subscription), {"Usage": [10.0]})
        self.use(self.subscription, 2)
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Starter": [30.0], "Usage": [10.0]})

    def test_a_fraction_is_billed_to_the_cent(self):
        self.begin(unit_price=0.333)
        self.use(self.subscription, 2.5)
        self.use(self.subscription, 0.25)
        invoice = self.bill(self.subscription, "2026-02-15")
        self.assertEqual(self.amounts(invoice)["Usage"], [0.92])

    def test_a_price_of_usage_changes_with_the_periods_that_begin_later(self):
        self.begin()
        self.starter.usage_price_ids = [
            Command.create({"kind_id": self.file.id, "unit_price": 6.0, "date_from": day(2, 1)})
        ]
        self.go_to("2026-02-10")
        self.use(self.subscription, 1)
        self.assertEqual(self.amounts(self.bill(self.subscription, "2026-02-15"))["Usage"], [5.0])
        self.use(self.subscription, 1)
        self.assertEqual(self.amounts(self.bill(self.subscription, "2026-03-15"))["Usage"], [6.0])

    def test_a_price_of_usage_that_subscriptions_were_promised_stays(self):
        self.begin()
        price = self.starter.usage_price_ids
        self.use(self.subscription, 2)
        for vals in ({"unit_price": 50.0}, {"included": 100.0}, {"date_from": day(6, 1)}):
            with self.subTest(**vals), self.assertRefused("Add a price with a date instead"):
                price.write(vals)
        with self.assertRefused("Add a price with a date instead"):
            price.unlink()

    def test_each_kind_has_its_line_its_product_and_its_account(self):
        self.starter.usage_price_ids = [Command.create({"kind_id": self.questionnaire.id, "unit_price": 2.0})]
        self.begin()
        self.use(self.subscription, 1)
        self.use(self.subscription, 4, kind="questionnaire")
        invoice = self.bill(self.subscription, "2026-02-15")
        self.assertInvoice(invoice, {"Starter": [30.0], "Usage": [5.0, 8.0]})
        lines = invoice.invoice_line_ids.filtered(lambda line: line.price_subtotal in (5.0, 8.0))
        self.assertEqual(lines.product_id, self.usage_product + self.licence_product)
        # What was used is revenue at once.
        self.assertEqual(lines.account_id, self.extras + self.licences)
        self.assertFalse(lines.practice_period_id)

    def test_usage_is_not_discounted(self):
        self.begin()
        self.make_code(percentage=100.0, duration="forever")._redeem(self.subscription)
        self.use(self.subscription, 2)
        self.assertEqual(self.bill(self.subscription, "2026-02-15").amount_untaxed, 10.0)

    def test_usage_before_the_first_day_is_free(self):
        self.begin()
        early = self.use(self.subscription, 5, day="2026-01-14")
        self.assertEqual(early.state, "trial")
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Starter": [30.0]})
        self.assertEqual(early.state, "trial")


@tagged("post_install", "-at_install")
class TestOverHttp(SubscriptionMixin, RaceCase):
    """Usage as other software sends it: over `/json/2` with an API key, and all at once."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.keys = {"front_desk": cls.make_key(cls.front_desk), "portal": cls.make_key(cls.portal)}
        cls.subscription = cls.subscribe(cls.starter)
        cls.cr.commit()

    def usages(self):
        self.cr.rollback()
        self.env.invalidate_all()
        return self.env["practice.subscription.usage"].search([("subscription_id", "=", self.subscription.id)])

    def post(self, port, body, role="front_desk"):
        """Send a body (of text) to the API; return status and answer."""
        status, answer = post_json(port, "/json/2/practice.subscription.usage/record", self.keys[role], body)
        return status, json.loads(answer)

    def send(self, port, role="front_desk", **vals):
        body = {"subscription": self.subscription.id, "kind": "file", "quantity": 1, **vals}
        return self.post(port, json.dumps(body), role)

    def test_it_is_recorded_once_and_whatever_is_wrong_is_a_clear_answer(self):
        with server(self.database) as port:
            status, answer = self.send(port, reference="http 1", quantity=2)
            self.assertEqual((status, answer["status"], answer["quantity"]), (200, "recorded", 2.0))
            status, answer = self.send(port, reference="http 1", quantity=9)
            self.assertEqual((status, answer["status"], answer["quantity"]), (200, "duplicate", 2.0))
            for words, vals in {
                "There is no subscription SUB0": {"subscription": "SUB0"},
                "There is no kind of usage x": {"kind": "x"},
                "has to be a positive number": {"quantity": -1},
                "a positive number, not nan": {"quantity": float("nan")},
                "a positive number, not": {"quantity": 10**400},
                "lies in the future": {"date": "2999-01-01"},
                "needs a reference": {"reference": ""},
            }.items():
                with self.subTest(**vals):
                    status, answer = self.send(port, **{"reference": "http 2", **vals})
                    self.assertEqual(status, 422)
                    self.assertIn(words, answer["message"])
            with self.subTest("portal"):
                self.assertEqual(self.send(port, "portal", reference="http 2")[0], 403)
            with self.subTest("wrong key"):
                self.keys["nobody"] = "0" * 40
                self.assertEqual(self.send(port, "nobody", reference="http 2")[0], 401)
            with self.subTest("missing argument"):
                self.assertEqual(self.send(port)[0], 422)
            self.assertEqual(self.usages().filtered(lambda it: it.reference.startswith("http")).quantity, 2.0)

    def test_sent_many_times_at_the_same_instant_over_http_it_is_recorded_once(self):
        with server(self.database) as port:
            answers = self.at_once([partial(self.send, port, reference="race")] * SESSIONS)
        self.assertEqual({status for status, _answer in answers}, {200})
        self.assertEqual(sorted(answer["status"] for _status, answer in answers)[-1], "recorded")
        self.assertEqual(sum(answer["status"] == "recorded" for _status, answer in answers), 1)
        self.assertEqual(len(self.usages().filtered(lambda it: it.reference == "race")), 1)

    def test_sent_many_times_at_the_same_instant_it_is_recorded_once(self):
        def send(env):
            return env["practice.subscription.usage"].record(self.subscription.id, "file", 1, "cursor")

        answers = self.race([send] * SESSIONS, users=self.front_desk.id)
        self.assertEqual(sorted(answer["status"] for answer in answers), ["duplicate"] * (SESSIONS - 1) + ["recorded"])
        self.assertEqual(len({answer["id"] for answer in answers}), 1)
