"""What the billing run makes is, field by field, what bare Odoo makes of the same values; with far fewer queries."""

# PostgreSQL's statistics know only what is committed; pylint: disable=invalid-commit
import gc
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.sql_db import Cursor
from odoo.tests import tagged

from odoo.addons.account.models.account_move import AccountMove
from odoo.addons.account.models.sequence_mixin import SequenceMixin

from ...models.common import carried
from ...models.subscriptions.billing import account_move_batch, invoice_batch, subscription_statistics
from ..common.databases import CopyCase
from ..common.practice import TODAY, PracticeCase
from ..common.subscriptions import SubscriptionMixin

#: Columns that say which row it is and when it was written.
ROW = {"id", "move_id", "create_date", "write_date"}
#: Tables whose ids show in other columns: Belgian payment references, matching numbers.
COUNTED = ("account_move", "account_partial_reconcile", "account_full_reconcile")


@tagged("post_install", "-at_install")
class TestInvoiceBatch(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={})  # as a cron has it: tracking and logging on
        cls.company = cls.env.company
        cls.tax = cls.make_tax(21.0, name="PB normal", price_include_override="tax_excluded")
        cls.plan = cls.make_product(cls.package, name="Plan", package_id=False, taxes_id=[Command.set(cls.tax.ids)])
        cls.customer = cls.make_patient("De Brug", is_company=True)
        cls.customer.child_ids = [
            Command.create({"name": "Invoices", "type": "invoice"}),
            Command.create({"name": "Entrance", "type": "delivery", "street": "Kade 1"}),
        ]

    # === MAKING THINGS === #

    def line(self, name="Licence", quantity=2, price=39.0, tax=None, **vals):
        return {
            "name": name,
            "product_id": self.plan.id,
            "quantity": quantity,
            "price_unit": price,
            "tax_ids": [Command.set((self.tax if tax is None else tax).ids)],
            "account_id": self.income.id,
            **vals,
        }

    def section(self, name):
        return {"display_type": "line_section", "name": name}

    def document(self, *lines, **vals):
        lines = lines or (self.section("Licences"), self.line(), self.line("Student", 1, 19.0))
        return {
            "move_type": "out_invoice",
            "company_id": self.company.id,
            "journal_id": self.sales.id,
            "currency_id": self.currency.id,
            "partner_id": self.customer.id,
            "fiscal_position_id": False,
            "invoice_date": TODAY,
            "invoice_origin": "SUB/00001",
            "invoice_user_id": False,
            "invoice_line_ids": [Command.create(dict(line)) for line in lines],
            **vals,
        }

    def make_term(self, *shares, **vals):
        lines = [
            Command.create({"value": "percent", "value_amount": share, "nb_days": 30 * number})
            for number, share in enumerate(shares)
        ]
        return self.env["account.payment.term"].create({"name": "Term", "line_ids": lines, **vals})

    # === COMPARING === #

    def read_moves(self, moves):
        """Return everything that is stored of these documents and of those that they reverse, in their order."""
        self.env.cr.flush()
        moves += moves.reversed_entry_id
        places = {move.id: place for place, move in enumerate(moves)}
        lines = moves.line_ids.sorted(lambda line: (places[line.move_id.id], line.id))
        links = {line.id: (line.tax_ids, line.tax_tag_ids) for line in lines}
        analytic = lines.analytic_line_ids.sorted("id")
        return {
            "documents": self.read_rows(moves),
            "lines": [
                (places[line.move_id.id], row, links[line.id])
                for line, row in zip(lines, self.read_rows(lines), strict=True)
            ],
            "analytic": [(line.account_id, line.amount, line.partner_id, line.product_id) for line in analytic],
            "followers": [
                (move.message_follower_ids.partner_id, move.message_follower_ids.subtype_ids) for move in moves
            ],
            "payments": [(payment.state, payment.is_matched) for payment in moves.reconciled_payment_ids],
            "ranks": [move.partner_id.customer_rank for move in moves],
        }

    def read_rows(self, records):
        self.env.cr.execute(f"SELECT * FROM {records._table} WHERE id = ANY(%s)", [records.ids])
        rows = {row["id"]: row for row in self.env.cr.dictfetchall()}
        return [{name: value for name, value in rows[id_].items() if name not in ROW} for id_ in records.ids]

    def read_messages(self, moves):
        messages = moves.message_ids.sorted("id")
        return [
            (message.message_type, message.subtype_id, message.body, message.tracking_value_ids.mapped("field_id"))
            for message in messages.sudo()
        ]

    def both(self, vals_list, env=None, makers=None):
        """Return what bare Odoo makes of the values and what the billing run does, both from the same state.

        :param makers: two other ways to make the documents
        """
        env = env or self.env
        results = []
        counters = [(f"{table}_id_seq", self.query(f"SELECT nextval('{table}_id_seq')")[0][0]) for table in COUNTED]
        for make in makers or (self.bare, self.ours):
            for counter in counters:
                self.query("SELECT setval(%s, %s)", *counter)
            with self.env.cr.savepoint() as savepoint:
                moves = make(env, [dict(vals) for vals in vals_list])
                results.append((self.read_moves(moves), self.read_messages(moves)))
                savepoint.rollback()
        return results

    def bare(self, env, vals_list):
        moves = env["account.move"].create(vals_list)
        moves._post(soft=False)
        return moves

    def ours(self, env, vals_list):
        return env["account.move"]._practice_bill(vals_list, [f"From {n}" for n in range(len(vals_list))])

    def switched_off(self, env, vals_list):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(invoice_batch.SWITCH, "0")
        moves = self.ours(env, vals_list)
        parameters.set_param(invoice_batch.SWITCH, False)
        return moves

    def assertSame(self, *vals_list, env=None):
        (expected, _messages), (found, _messages) = self.both(vals_list, env)
        for part, rows in expected.items():
            self.assertEqual(len(found[part]), len(rows), part)
            for row_found, row in zip(found[part], rows, strict=True):
                self.assertEqual(row_found, row, part)
        return expected["lines"]

    # === THE SAME AS ODOO === #

    def test_invoices_are_what_odoo_makes_of_them(self):
        other = self.make_patient("Zorg")
        lines = self.assertSame(
            self.document(),
            self.document(self.line(quantity=1 / 3, price=10.125), partner_id=other.id),
            self.document(
                self.section("Licences"),
                self.line(),
                self.section("Usage"),
                self.line("Files", 7, 5.0),
                self.line("Code SPRING", 1, -20.005),
                invoice_date=date(2025, 12, 31),
            ),
        )
        self.assertEqual(len(lines), 5 + 3 + 7)

    def test_past_midnight_in_brussels_but_not_in_utc_invoices_are_posted_all_the_same(self):
        [move] = self.ours(self.env, [self.document(invoice_date=TODAY + timedelta(days=1))])
        self.assertEqual((move.state, move.auto_post), ("posted", "no"))

    def test_the_caller_goes_on_with_its_own_context(self):
        self.assertEqual(self.ours(self.env, [self.document()]).env, self.env)

    def test_without_company_journal_and_currency(self):
        vals = self.document()
        for name in ("company_id", "journal_id", "currency_id", "fiscal_position_id", "invoice_user_id"):
            del vals[name]
        self.assertSame(vals)

    def test_the_other_fields_of_lines_are_kept(self):
        self.assertSame(self.document(self.line(product_uom_id=self.env.ref("uom.product_uom_dozen").id, sequence=7)))

    def test_credit_notes_and_invoices_in_one_batch(self):
        self.sales.refund_sequence = True
        documents = [
            self.document(move_type=kind) for kind in ("out_invoice", "out_refund", "out_refund", "out_invoice")
        ]
        self.assertSame(*documents)
        self.sales.refund_sequence = False
        self.assertSame(*documents)

    def test_an_invoice_of_nothing_is_paid_at_once(self):
        self.assertSame(self.document(self.line(price=0.0)), self.document(self.line(), self.line("Code", -2)))

    def test_an_invoice_without_tax(self):
        self.assertSame(self.document(self.line(tax=self.tax.browse())))

    def test_taxes_inside_the_price_of_several_kinds_and_on_each_other(self):
        inside = self.make_tax(21.0)
        first = self.make_tax(6.0, price_include_override="tax_excluded", include_base_amount=True, sequence=1)
        fixed = self.make_tax(0.35, amount_type="fixed", price_include_override="tax_excluded", sequence=2)
        exempt = self.make_tax(0.0, account=False)
        tags = self.env["account.account.tag"].create(
            [
                {"name": name, "applicability": "taxes", "country_id": self.company.account_fiscal_country_id.id}
                for name in "ab"
            ]
        )
        for tax in (inside, first):
            for repartition in (tax.invoice_repartition_line_ids, tax.refund_repartition_line_ids):
                for row, tag in zip(repartition, tags, strict=True):
                    row.tag_ids = tag
        documents = [
            self.document(self.line(price=10.01, tax=tax), self.line(quantity=3, price=0.07, tax=tax), move_type=kind)
            for kind in ("out_invoice", "out_refund")
            for tax in (inside, first + self.tax, fixed + self.tax, exempt, first + inside)
        ]
        for method in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = method
            self.assertSame(*documents)

    def test_tax_that_is_due_when_paid(self):
        self.company.tax_exigibility = True
        waiting = self.make_account("liability_current", "PB waiting tax", reconcile=True)
        tax = self.make_tax(
            21.0, name="PB waiting", tax_exigibility="on_payment", cash_basis_transition_account_id=waiting.id
        )
        self.assertSame(self.document(self.line(tax=tax), self.line()))

    def test_reverse_charge_with_a_fiscal_position(self):
        tax = self.make_tax(21.0, name="PB reverse", account=False, price_include_override="tax_excluded")
        for repartition in (tax.invoice_repartition_line_ids, tax.refund_repartition_line_ids):
            [row] = repartition.filtered(lambda row: row.repartition_type == "tax")
            row.copy({"factor_percent": -100.0})
        other = self.make_account("asset_receivable", "PB foreign customers", reconcile=True)
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        position.account_ids = [
            Command.create(
                {
                    "account_src_id": self.customer.property_account_receivable_id.id,
                    "account_dest_id": other.id,
                }
            )
        ]
        lines = self.assertSame(self.document(self.line(tax=tax), fiscal_position_id=position.id))
        self.assertEqual(len(lines), 4)
        # Without one in the values, Odoo takes the customer's.
        self.customer.property_account_position_id = position
        vals = self.document(self.line(tax=tax))
        del vals["fiscal_position_id"]
        self.assertSame(vals)

    def test_foreign_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"name": TODAY, "currency_id": dollar.id, "rate": 1.0837})
        documents = [
            self.document(
                self.line(price=33.33), self.line(quantity=7, price=0.335), currency_id=dollar.id, move_type=kind
            )
            for kind in ("out_invoice", "out_refund")
        ]
        self.assertSame(*documents, self.document())

    def test_payment_terms_with_instalments(self):
        term = self.make_term(30.0, 30.0, 40.0)
        lines = self.assertSame(
            self.document(invoice_payment_term_id=term.id),
            self.document(invoice_payment_term_id=term.id, move_type="out_refund"),
            self.document(self.line(price=0.01), invoice_payment_term_id=term.id),
        )
        self.assertEqual(len([row for _place, row, _links in lines if row["display_type"] == "payment_term"]), 9)
        self.customer.property_payment_term_id = term
        self.assertSame(self.document())

    def test_a_credit_note_is_reconciled_with_the_invoice_that_it_reverses(self):
        invoices = [self.invoice(self.customer, self.plan, price=100.0) for _number in range(3)]
        self.pay(invoices[0], amount=21.0)
        self.pay(invoices[1])
        self.assertSame(
            *(
                self.document(self.line(quantity=1, price=100.0), move_type="out_refund", reversed_entry_id=invoice.id)
                for invoice in invoices
            ),
            self.document(),
        )

    def test_a_company_that_logs_everything(self):
        self.company.restrictive_audit_trail = True
        vals_list = [self.document(), self.document(move_type="out_refund")]
        self.assertSame(*vals_list)
        (_rows, expected), (_rows, found) = self.both(vals_list)
        ours = [message for message in found if "From" in message[2]]
        self.assertEqual([message for message in found if message not in ours], expected)
        self.assertEqual(len(ours), 2)

    def test_whoever_bills_by_hand_follows_the_invoice_as_in_odoo(self):
        self.make_staff()
        (expected, _messages), (found, _messages) = self.both([self.document()], self.env(user=self.accountant))
        self.assertEqual(found, expected)
        self.assertEqual(found["followers"][0][0], self.accountant.partner_id)

    def test_the_chatter_says_where_the_invoice_comes_from_and_nothing_else(self):
        moves = self.ours(self.env, [self.document(), self.document()])
        self.env.cr.flush()
        self.assertEqual(
            [move.message_ids.mapped("body") for move in moves], [["<span>From 0</span>"], ["<span>From 1</span>"]]
        )

    # === THE SHORTCUTS === #

    @contextmanager
    def watched(self):
        """Yield ``(batches, counts)``: the batches that are made meanwhile, and how often Odoo takes its long ways.

        ``counts`` has the lines that are compared, the numbers that are looked for, and the documents whose payments
        are.
        """
        batches, counts = [], Counter()

        class WatchedBatch(invoice_batch.InvoiceBatch):
            def __init__(batch):  # noqa: N805
                super().__init__()
                batches.append(batch)

            def clear(batch):  # noqa: N805
                taken, batch.left = Counter(batch.taken), dict(batch.totals)
                invoice_batch.InvoiceBatch.clear(batch)
                batch.taken = taken

        def counting(model, name, count):
            original = getattr(model, name)

            def counted(moves, *args, **kwargs):
                counts[name] += count(moves, *args)
                return original(moves, *args, **kwargs)

            return patch.object(model, name, counted)

        with ExitStack() as stack:
            stack.enter_context(patch.object(account_move_batch, "InvoiceBatch", WatchedBatch))
            for watched in (
                counting(AccountMove, "_sync_tax_lines", lambda moves, container: len(container["records"].line_ids)),
                counting(SequenceMixin, "_get_next_sequence_format", lambda moves: 1),
                counting(AccountMove, "_compute_reconciled_payment_ids", len),
            ):
                stack.enter_context(watched)
            yield batches, counts

    def test_every_shortcut_is_taken_for_every_document(self):
        vals_list = [self.document(move_type=kind) for kind in ("out_invoice",) * 4 + ("out_refund",) * 2]
        self.sales.refund_sequence = True
        with self.watched() as ([], bare_counts):
            self.bare(self.env, [dict(vals) for vals in vals_list])
        with self.watched() as (batches, counts):
            self.ours(self.env, vals_list)
        [batch] = batches
        self.assertEqual(batch.taken["complete"], 6)
        self.assertEqual(batch.taken["posted"], 6)
        self.assertEqual(batch.taken["numbered"], 4, "all but the first of each kind")
        self.assertGreaterEqual(batch.taken["unreconciled"], 6)
        self.assertEqual(batch.taken["totalled"], 6 * 5, "every line")
        self.assertFalse(batch.left, "each is taken once")
        self.assertGreaterEqual(batch.taken["unchanged"], 6)
        self.assertGreater(batch.taken["checked"], 6 * 5)
        self.assertGreater(batch.taken["kept"], 6 * 5)
        # What Odoo did instead, and whether these are its long ways at all.
        expected = {"_sync_tax_lines": 0, "_get_next_sequence_format": 2, "_compute_reconciled_payment_ids": 0}
        self.assertEqual({name: counts[name] for name in expected}, expected)
        for name, number in expected.items():
            self.assertGreaterEqual(bare_counts[name], max(6, number), name)

    def test_nobody_else_takes_them(self):
        with self.watched() as (_batches, counts):
            moves = self.ours(self.env, [self.document()])
            self.assertNotIn(invoice_batch.BATCH_KEY, moves.env.context)
            before = counts["_sync_tax_lines"]
            self.bare(self.env, [self.document()])
        self.assertGreater(counts["_sync_tax_lines"], before)

    def test_a_draft_is_posted_by_its_batch_only_while_that_posts(self):
        batch = invoice_batch.InvoiceBatch(is_open=True)
        moves = self.env["account.move"].with_context(**{invoice_batch.BATCH_KEY: batch})
        moves.create([self.document()])._post(soft=False)
        self.assertTrue(batch.taken["checked"])
        self.assertFalse(batch.taken["posted"])

    def test_who_only_says_that_there_is_a_batch_takes_none_of_them(self):
        moves = self.env["account.move"].with_context(**{invoice_batch.BATCH_KEY: True})
        with self.watched() as (_batches, counts):
            moves.create([self.document()])._post(soft=False)
        self.assertTrue(all(counts.values()), counts)

    def test_batches_leave_no_environments_behind(self):
        known = self.env.transaction.envs
        gc.disable()  # what keeps itself alive stays until it is looked for, which takes many batches
        self.addCleanup(gc.enable)
        self.ours(self.env, [self.document()])
        before = len(known)
        for _number in range(3):
            moves = self.ours(self.env, [self.document()])
        self.assertEqual(len(known), before)
        # Some records keep the context of a batch, and are used when it is over.
        [batch] = carried._unused[self.env.cr][invoice_batch.InvoiceBatch]
        moves.with_context(**{invoice_batch.BATCH_KEY: batch}).copy()._post(soft=False)
        self.assertNothingCarried(invoice_batch.InvoiceBatch)

    def test_switched_off_the_invoices_are_the_same(self):
        term = self.make_term(30.0, 70.0)
        vals_list = [
            self.document(),
            self.document(self.line(quantity=1 / 3, price=10.125), self.line("Code", 1, -1.005)),
            self.document(move_type="out_refund"),
            self.document(invoice_payment_term_id=term.id, practice_period_id=False),
        ]
        for audited in (False, True):
            self.company.restrictive_audit_trail = audited
            on, off = self.both(vals_list, makers=(self.ours, self.switched_off))
            self.assertEqual(off, on)

    def test_switched_off_no_shortcut_is_taken(self):
        for value in ("0", "False"):
            self.env["ir.config_parameter"].set_param(invoice_batch.SWITCH, value)
            with self.watched() as (batches, counts):
                self.ours(self.env, [self.document(), self.document()])
            self.assertFalse(batches)
            self.assertTrue(all(counts.values()), counts)

    # === OTHER ADD-ONS === #

    @contextmanager
    def overriding(self, model, name, extra):
        """Let an add-on override a method: it calls ``extra(records, result, *args)`` after ``super()``."""
        parent = type(self.env[model])
        original = getattr(parent, name)

        def override(records, *args, **kwargs):
            result = original(records, *args, **kwargs)
            extra(records, result, *args)
            return result

        with patch.object(parent, name, override):
            yield

    def test_what_other_add_ons_do_when_documents_are_made_and_posted_is_done(self):
        def note_creation(_records, moves, _vals_list):
            moves.narration = "Made"

        def note_line(_records, lines, _vals_list):
            for line in lines.filtered("product_id"):
                line.name = f"{line.name} of {line.product_id.name}"

        def note_writing(moves, _result, vals):
            if vals.get("state") == "posted":
                moves.ref = "Posted"

        def note_posting(moves, _result, **_kwargs):
            for move in moves:
                move.invoice_source_email = f"{move.sequence_number}@example.com"

        documents = [self.document(), self.document(move_type="out_refund")]
        with ExitStack() as add_ons:
            for model, name, extra in (
                ("account.move", "create", note_creation),
                ("account.move", "write", note_writing),
                ("account.move", "_post", note_posting),
                ("account.move.line", "create", note_line),
            ):
                add_ons.enter_context(self.overriding(model, name, extra))
            lines = self.assertSame(*documents)
            moves = self.ours(self.env, documents)
        self.assertIn("Licence of Plan", [row["name"] for _place, row, _links in lines])
        self.assertEqual(set(moves.mapped("ref")), {"Posted"})
        self.assertTrue(all(moves.mapped("narration")))
        self.assertTrue(all(moves.mapped("invoice_source_email")))

    def test_who_has_a_say_in_what_a_shortcut_does_has_it(self):
        for model, methods in account_move_batch.REPLACED.items():
            for name, known in methods.items():
                self.assertTrue(hasattr(self.env[model], name), f"{model}.{name} is no method of Odoo any more")
                self.assertLessEqual(invoice_batch.get_add_ons_of(self.env[model], name), known)
                original = getattr(type(self.env[model]), name)
                with self.subTest(model=model, name=name), patch.object(type(self.env[model]), name, original):
                    with self.watched() as (batches, _counts):
                        self.ours(self.env, [self.document()])
                    self.assertFalse(batches[0].taken["complete"])
                    self.assertSame(self.document(), self.document(move_type="out_refund"))

    # === WHAT IS LEFT TO ODOO === #

    def test_a_term_with_discount_for_early_payment(self):
        term = self.make_term(100.0, early_discount=True, discount_percentage=2.0, discount_days=7)
        for computation in ("mixed", "included", "excluded"):
            term.early_pay_discount_computation = computation
            self.assertSame(
                self.document(), self.document(invoice_payment_term_id=term.id), self.document(move_type="out_refund")
            )

    def test_discounts_on_lines_and_cash_rounding(self):
        cents = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.income.id,
                "loss_account_id": self.income.id,
            }
        )
        self.company.account_discount_income_allocation_id = self.make_account("income_other", "PB discounts")
        self.assertSame(
            self.document(self.line(discount=10.0)),
            self.document(),
            self.document(self.line(price=10.01), invoice_cash_rounding_id=cents.id),
        )

    def test_analytic_distribution(self):
        plan = self.env["account.analytic.plan"].create({"name": "PB plan"})
        account = self.env["account.analytic.account"].create({"name": "PB analytic", "plan_id": plan.id})
        self.assertSame(self.document(self.line(analytic_distribution={str(account.id): 100.0}), self.line()))
        self.env["account.analytic.distribution.model"].create(
            {"product_id": self.plan.id, "analytic_distribution": {str(account.id): 40.0}}
        )
        self.tax.analytic = True
        lines = self.assertSame(self.document(), self.document(move_type="out_refund"))
        self.assertTrue(any(row["analytic_distribution"] for _place, row, _links in lines))

    def test_an_account_whose_taxes_odoo_prefers(self):
        self.income.tax_ids = self.make_tax(6.0)
        self.assertSame(self.document())
        self.plan.taxes_id = False
        self.assertSame(self.document(), self.document(self.line(tax=self.tax.browse())))

    def test_a_company_that_corrects_with_negative_amounts(self):
        self.company.account_storno = True
        self.assertSame(self.document(), self.document(self.line(), self.line("Code", 1, -5.0), move_type="out_refund"))

    # === FAILURES === #

    def test_what_odoo_refuses_is_refused(self):
        broken = {
            "negative total": self.document(self.line(price=-1.0)),
            "archived account": self.document(
                self.line(account_id=self.make_account("income", "old", active=False).id)
            ),
            "receivable account": self.document(self.line(account_id=self.customer.property_account_receivable_id.id)),
            "no customer": self.document(partner_id=False),
        }
        for name, vals in broken.items():
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                self.ours(self.env, [self.document(), vals])

    def test_a_date_in_locked_books_is_moved_as_odoo_does(self):
        self.company.sale_lock_date = date(2026, 2, 28)
        self.assertSame(self.document(invoice_date=date(2026, 2, 10)), self.document())

    # === NUMBERS === #

    def test_a_batch_that_failed_leaves_no_hole(self):
        first = self.ours(self.env, [self.document()])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.ours(self.env, [self.document(), self.document(self.line(price=-1.0))])
        with self.env.cr.savepoint() as savepoint:
            self.ours(self.env, [self.document(), self.document()])
            savepoint.rollback()
        later = self.bare(self.env, [self.document()]) + self.ours(self.env, [self.document()])
        numbers = (first + later).mapped("sequence_number")
        self.assertEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2])
        self.assertFalse(any((first + later).mapped("made_sequence_gap")))

    def test_every_year_counts_for_itself(self):
        days = (date(2025, 12, 31), TODAY, date(2025, 12, 30), TODAY)
        moves = self.ours(self.env, [self.document(invoice_date=day) for day in days])
        self.assertEqual(moves.mapped("invoice_date"), list(days), "in the order they were asked for")
        numbers = {
            year: sorted(moves.filtered(lambda m, y=year: m.date.year == y).mapped("name")) for year in (2025, 2026)
        }
        self.assertEqual(numbers[2025], ["PBSAL/2025/00001", "PBSAL/2025/00002"])
        self.assertEqual(numbers[2026], ["PBSAL/2026/00001", "PBSAL/2026/00002"])

    # === QUERIES === #

    def count(self, make, invoices, **vals):
        """Return how many queries ``make`` takes for a batch of customers, made with ``vals``, of two contacts each."""
        contacts = [Command.create({"name": name}) for name in ("An", "Bert")]
        customers = [
            self.make_patient(f"Customer {number}", is_company=True, child_ids=contacts, **vals)
            for number in range(invoices)
        ]
        vals_list = [self.document(partner_id=customer.id) for customer in customers]
        self.env.flush_all()
        self.env.invalidate_all()
        with self.env.cr.savepoint():
            before = self.env.cr.sql_log_count
            make(self.env, vals_list)
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_batch(self):
        for rank in (0, 1):
            with self.subTest(had_an_invoice_before=bool(rank)):
                few, many = (self.count(self.ours, number, customer_rank=rank) for number in (10, 50))
                self.assertLessEqual(many - few, 5, f"{few} for 10 and {many} for 50")
                self.assertLessEqual(many, 100)

    def test_customers_rank_as_odoo_ranks_them(self):
        """A new one is a customer at once; who is one already is counted after the commit."""
        ranks = []
        for make in (self.bare, self.ours):
            postcommit = self.env.cr.postcommit
            with self.env.cr.savepoint() as savepoint:
                new, known, group = (
                    self.make_patient(name, is_company=True, customer_rank=rank)
                    for name, rank in (("New", 0), ("Known", 3), ("Group", 0))
                )
                branch = self.make_patient("Branch", parent_id=group.id)
                partners = new + new + known + known + branch
                make(self.env, [self.document(partner_id=partner.id) for partner in partners])
                waiting = postcommit.data.pop("account.res.partner.increase_rank.customer_rank", {})
                postcommit.clear()
                people = new + known + group + branch
                ranks.append([(it.customer_rank, waiting.get(it.id, 0)) for it in people])
                savepoint.rollback()
        self.assertEqual(*ranks)
        self.assertEqual(ranks[0], [(2, 0), (3, 2), (1, 0), (1, 0)])

    def test_an_audited_company_keeps_odoos_messages_and_their_queries_only(self):
        self.company.restrictive_audit_trail = True
        few, many = self.count(self.ours, 10), self.count(self.ours, 50)
        self.assertLessEqual((many - few) / 40, 6, f"{few} for 10 and {many} for 50")


@tagged("post_install", "-at_install")
class TestStatistics(SubscriptionMixin, CopyCase):
    now = None

    def setUp(self):
        super().setUp()
        self.subscriptions = self.env["practice.subscription"]
        self.env["ir.config_parameter"].set_param(subscription_statistics.COUNTED, False)
        self.cr.commit()

    @contextmanager
    def asking(self):
        """Yield the statements that ask PostgreSQL meanwhile what it knows of the tables."""
        asked, execute = [], Cursor.execute

        def watched(cr, query, *args, **kwargs):
            if "pg_class" in str(query):
                asked.append(query)
            return execute(cr, query, *args, **kwargs)

        with patch.object(Cursor, "execute", watched):
            yield asked

    def remembered(self):
        self.cr.rollback()
        self.env.invalidate_all()
        return self.env["ir.config_parameter"].search_count([("key", "=", subscription_statistics.COUNTED)])

    def run_twice(self):
        """Let the run bill two subscriptions, each in a batch of its own."""
        for name in ("De Brug", "De Kade"):
            self.subscribe(organisation=self.make_organisation(f"{name} {time.time()}"))
        self.cr.commit()
        self.subscriptions._cron_bill(1)
        self.assertFalse(self.subscriptions.search_count(self.subscriptions._get_all_due_domain()))

    def test_tables_that_postgresql_knows_nothing_of_are_counted(self):
        for table, rows in (("pb_none", 0), ("pb_few", 5), ("pb_many", 200)):
            self.cr.execute(f"CREATE TABLE {table} AS SELECT number FROM generate_series(1, {rows}) number")
        self.cr.commit()
        self.wait_for("SELECT pg_stat_get_live_tuples('pb_many'::regclass) = 200")
        self.cr.commit()
        tables = ("pb_none", "pb_few", "pb_many")
        self.env["ir.config_parameter"].get_param(subscription_statistics.COUNTED)  # Odoo remembers it
        with patch.object(subscription_statistics, "TABLES", tables), self.assertQueryCount(0):
            self.subscriptions._ensure_statistics()
        self.cr.execute("SELECT relname, reltuples FROM pg_class WHERE relname IN %s", [tables])
        # What others have in flight would count as nothing, so few rows are not counted.
        self.assertEqual(dict(self.cr.fetchall()), {"pb_none": 0, "pb_few": -1, "pb_many": 200})

    def test_a_small_batch_is_not_worth_asking(self):
        with self.asking() as asked:
            self.run_twice()
        self.assertFalse(asked)

    @patch("odoo.addons.practice_billing.models.subscriptions.billing.subscription_billing.MANY", 1)
    @patch.object(subscription_statistics, "FILLED", ("pb_filled",))
    def test_once_the_tables_are_counted_no_run_asks_again(self):
        self.cr.execute("CREATE TABLE pb_filled (number integer)")
        self.cr.commit()
        with self.asking() as asked:
            self.run_twice()
        self.assertEqual(len(asked), 2, "before each batch: the first one fills the tables")
        self.assertFalse(self.remembered())
        # As runs fill it, and PostgreSQL counts it after a while.
        self.cr.execute("INSERT INTO pb_filled VALUES (1)")
        self.cr.execute("ANALYZE pb_filled")
        self.cr.commit()
        with self.asking() as asked:
            self.run_twice()
        self.assertEqual(len(asked), 1)
        self.assertEqual(self.remembered(), 1)
        with self.asking() as asked:
            self.run_twice()
        self.assertFalse(asked)

    def test_of_two_that_remember_it_at_once_both_go_on(self):
        self.cr.execute("ANALYZE")
        self.cr.commit()
        self.env["ir.config_parameter"].search([])  # begins the transaction of the other one
        with self.copy.cursor() as other:
            other.execute("SELECT 1 FROM ir_config_parameter")
            self.subscriptions._ensure_statistics()
            self.subscriptions._remember_counted(other)
        self.assertEqual(self.remembered(), 1)

    def wait_for(self, condition):
        """PostgreSQL tells what was committed a moment later."""
        for _attempt in range(50):
            self.cr.execute(condition)
            if self.cr.fetchone()[0]:
                return
            self.cr.rollback()
            time.sleep(0.2)
        self.fail(condition)
