"""Rows that are inserted without the ORM have to be those that the ORM makes."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ...models.common.insert_mixin import LOGGED, REPLACED
from ..common.practice import PracticeCase
from ..common.subscriptions import SubscriptionCase

#: Whose extension of these methods has the ORM make the rows.
ORM = ("_create", "_prepare_create_values")

#: Columns of a movement that are others in each life.
LINKS = ("event_id", "lot_id", "invoice_line_id")


@contextmanager
def extended(records, name):
    """Have another add-on extend a method of a model; what it was called with."""
    original, calls = getattr(type(records), name), []

    def extension(me, *args, **kwargs):
        calls.append(args)
        return original(me, *args, **kwargs)

    with patch.object(type(records), name, extension):
        records.pool.clear_cache()
        yield calls
    records.pool.clear_cache()


@tagged("post_install", "-at_install")
class TestInsertedRows(PracticeCase):
    def get_models(self):
        models = (self.env[name] for name in self.registry)
        return [it for it in models if not it._abstract and "_insert_columns" in dir(it)]

    def test_every_column_is_known(self):
        self.assertGreaterEqual(len(self.get_models()), 2)
        for model in self.get_models():
            columns = {field.name for field in model._fields.values() if field.store and field.column_type}
            with self.subTest(model._name):
                self.assertEqual(columns, {"id", *model._insert_columns, *LOGGED})
                self.assertTrue(model._is_left_to_us(), "in Odoo alone nobody has a say")

    def test_what_is_empty_is_what_the_orm_writes(self):
        for model in self.get_models():
            for name in model._insert_columns:
                field, empty = model._fields[name], model._insert_empty.get(name)
                with self.subTest(f"{model._name}.{name}"):
                    self.assertEqual(field.convert_to_cache(False, model), empty)

    def test_whoever_has_a_say_in_how_rows_are_made_is_asked(self):
        for model in self.get_models():
            for name in REPLACED:
                with self.subTest(f"{model._name}.{name}"), extended(model, name):
                    self.assertFalse(model._is_left_to_us())


@tagged("post_install", "-at_install")
class TestInsertedMovements(PracticeCase):
    def setUp(self):
        super().setUp()
        self.moves = self.env["practice.credit.move"].sudo()  # sudo: only the module writes the ledger

    def live(self):
        """Plan a series, of which one took place and one is cancelled; undo it. Return what the ledger had of it."""
        with self.env.cr.savepoint() as savepoint:
            lot = self.sell()
            events = self.plan_series(count=4, start=self.at(days=-1))
            events[1].attendance = "cancelled"
            events[0].attendance = "attended"
            moves = lot.move_ids.sorted("id")
            known = self.tell(moves, events, lot)
            listed = [events.credit_move_ids.ids, lot.move_ids.sorted("id").ids]
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(known, self.tell(moves, events, lot), "the cache says what the database has")
            self.assertEqual(sorted(listed[0]), sorted(events.credit_move_ids.ids))
            self.assertEqual(listed[1], lot.move_ids.sorted("id").ids)
            self.assertBooksAgree()
            savepoint.rollback()
        self.env.invalidate_all()
        return known

    def tell(self, moves, events, lot):
        places = {**{event.id: number for number, event in enumerate(events)}, False: None}
        rows = [
            {
                **{name: move[name] for name in self.moves._insert_columns if name not in LINKS},
                "place": places[move.event_id.id],
                "of_lot": move.lot_id == lot,
                "by": move.create_uid,
                "released": move.release_ids.mapped("amount"),
            }
            for move in moves
        ]
        return rows, events.mapped("credit_state"), lot.credits_available, lot.credits_used, lot.value_open

    def test_rows_are_those_that_the_orm_makes(self):
        ours = self.live()
        self.assertEqual(ours[1], ["used", "returned", "reserved", "reserved"])
        for name in ORM:
            with self.subTest(name), extended(self.moves, name) as calls:
                self.assertEqual(self.live(), ours)
                self.assertTrue(calls)


@tagged("post_install", "-at_install")
class TestInsertedLicences(SubscriptionCase):
    def live(self):
        """Bill three seats at a third less, then one that was added. Return what is known of the licences."""
        with self.env.cr.savepoint() as savepoint:
            self.go_to("2026-01-15")
            code = self.make_code(percentage=100 / 3, duration="forever")
            subscription = self.subscribe(seats=("An", "Bert"), students=("Cas",), code=code)
            first = self.bill(subscription)
            self.go_to("2026-01-20")
            self.seat(subscription, "Dirk")
            second = self.bill(subscription, "2026-02-15")
            periods = (first + second).practice_period_id
            known = self.tell(periods)
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(known, self.tell(periods), "the cache says what the database has")
            savepoint.rollback()
        self.env.invalidate_all()
        return known

    def tell(self, periods):
        places = {period: number for number, period in enumerate(periods)}
        columns = self.env["practice.subscription.licence"]._insert_columns
        columns = {name for name in columns if not name.endswith("_id")}
        return [
            (
                [
                    {
                        **{name: licence[name] for name in columns},
                        "billed": places[licence.billed_period_id],
                        "line": licence.invoice_line_id.name,
                        "discount": licence.discount_line_id.name,
                        "seat": licence.seat_id.practitioner_id.name,
                        "practitioner": licence.practitioner_id.name,
                        "company": licence.company_id,
                    }
                    for licence in period.licence_ids
                ],
                (period.seat_count, period.student_count, period.mrr),
            )
            for period in periods
        ]

    def test_rows_are_those_that_the_orm_makes(self):
        ours = self.live()
        self.assertEqual([len(licences) for licences, _sums in ours], [4, 4])
        self.assertEqual({row["discount_rate"] for row in ours[0][0]}, {0.3333333333})
        licences = self.env["practice.subscription.licence"]
        for name in ORM:
            with self.subTest(name), extended(licences, name) as calls:
                self.assertEqual(self.live(), ours)
                self.assertTrue(calls)
