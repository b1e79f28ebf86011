"""Rows of the ledger are inserted without the ORM: they have to be those that the ORM makes."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ...models.packages.credits.credit_move_insert import COLUMNS, LOGGED, REPLACED
from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestCreditInsert(PracticeCase):
    def setUp(self):
        super().setUp()
        self.moves = self.env["practice.credit.move"].sudo()

    @contextmanager
    def extended(self, name):
        """Have another add-on extend a method of the ledger; what it was called with."""
        original, calls = getattr(type(self.moves), name), []

        def extension(records, *args, **kwargs):
            calls.append(args)
            return original(records, *args, **kwargs)

        with patch.object(type(self.moves), name, extension):
            self.registry.clear_cache()
            yield calls
        self.registry.clear_cache()

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
                **{name: move[name] for name in COLUMNS if name not in ("event_id", "lot_id", "invoice_line_id")},
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
        for name in ("_create", "_prepare_create_values"):
            with self.subTest(name), self.extended(name) as calls:
                self.assertEqual(self.live(), ours)
                self.assertTrue(calls)

    def test_whoever_has_a_say_in_how_rows_are_made_is_asked(self):
        self.assertTrue(self.moves._is_left_to_us(), "in Odoo alone nobody has")
        for name in REPLACED:
            with self.subTest(name), self.extended(name):
                self.assertFalse(self.moves._is_left_to_us())

    def test_every_column_is_known(self):
        columns = {field.name for field in self.moves._fields.values() if field.store and field.column_type}
        self.assertEqual(columns, {"id", *COLUMNS, *LOGGED})
