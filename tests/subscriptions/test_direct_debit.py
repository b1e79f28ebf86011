"""Direct debit by bank file, from the mandate to the money that comes back."""

import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.practice_billing.models.direct_debit import payment_provider, sepa_batch_making
from odoo.addons.practice_billing.tools.sepa_file import Collection

from ..common.collection import CollectionCase
from ..common.direct_debit import CREDITOR_IBAN, DEBTOR_IBANS, DirectDebitMixin


class DirectDebitCase(DirectDebitMixin, CollectionCase):
    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_direct_debit()
        return result

    def collect_by_mandate(self, organisation=None, iban=DEBTOR_IBANS[0]):
        """Return an invoice that is collected with a new mandate, and its collection."""
        organisation = organisation or self.organisation
        mandate = self.sign(organisation, iban)
        subscription = self.subscribe(organisation=organisation)
        subscription._set_payment_token(mandate.token_id)
        invoice = self.bill_one(subscription)
        self.collect()
        return invoice, invoice.practice_attempt_ids

    def upload(self, batch):
        batch.action_mark_uploaded()

    def settle(self, batch):
        """Let the day of a file come."""
        self.go_to(batch.requested_day)
        self.run_cron("ir_cron_direct_debit")


@tagged("post_install", "-at_install")
class TestDirectDebit(DirectDebitCase):
    def test_from_the_mandate_to_the_payment(self):
        invoice, collection = self.collect_by_mandate()
        self.assertEqual((collection.state, invoice.practice_collection), ("pending", "collecting"))
        batch = self.make_files()
        [paid] = self.read_file(batch)
        mandate = collection.token_id._practice_get_mandate_sudo()
        self.assertEqual(paid["name"], collection.reference)
        self.assertEqual((float(paid["amount"]), paid["currency"]), (invoice.amount_total, "EUR"))
        self.assertEqual((paid["iban"], paid["mandate"]), (DEBTOR_IBANS[0], mandate.name))
        self.assertEqual((paid["sequence"], paid["scheme"], paid["before"]), ("FRST", "CORE", ""))
        self.assertEqual((paid["day"], paid["signed"]), (batch.requested_day, self.today()))
        self.assertFalse(self.make_files(), "it is in one file")
        self.upload(batch)
        self.assertEqual(invoice.practice_collection, "collecting")
        self.settle(batch)
        self.assertEqual((batch.state, collection.state), ("settled", "done"))
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        entry = collection.payment_id.move_id
        self.assertEqual(entry.line_ids.filtered("debit").account_id, self.outstanding)
        self.assertEqual((mandate.collection_count, mandate.last_collected_on), (1, batch.requested_day))

    def test_a_cancelled_file_gives_its_collections_to_the_next(self):
        _invoice, collection = self.collect_by_mandate()
        first = self.make_files()
        first.action_cancel()
        self.assertFalse(collection.sepa_batch_id)
        self.assertEqual(collection.token_id._practice_get_mandate_sudo().collection_count, 0)
        second = self.make_files()
        self.assertEqual(self.read_file(second)[0]["sequence"], "FRST")
        with self.assertRaises(UserError):
            first.action_cancel()
        self.upload(second)
        for action in ("action_cancel", "action_mark_uploaded"):
            with self.assertRaises(UserError):
                getattr(second, action)()
        with self.assertRaises(UserError):
            first.action_settle()

    def test_the_second_collection_of_a_mandate_is_recurring(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        self.go_to(invoice.practice_subscription_id.next_invoice_date)
        second = self.bill_one(invoice.practice_subscription_id)
        self.collect()
        self.assertEqual(self.read_file(self.make_files())[0]["sequence"], "RCUR")
        self.assertEqual(second.practice_attempt_ids.token_id, collection.token_id)

    def test_another_account_is_told_once(self):
        invoice, _collection = self.collect_by_mandate()
        batch = self.make_files()
        mandate = invoice.practice_attempt_ids.token_id._practice_get_mandate_sudo()
        mandate.new_iban = DEBTOR_IBANS[1]
        with self.assertRaises(UserError):
            mandate.action_change_account()
        self.upload(batch)
        self.settle(batch)
        mandate.action_change_account()
        self.assertEqual((mandate.iban, mandate.original_iban), DEBTOR_IBANS[1::-1])
        befores = []
        for _period in range(2):
            self.go_to(invoice.practice_subscription_id.next_invoice_date)
            self.bill_one(invoice.practice_subscription_id)
            self.collect()
            batch = self.make_files()
            batch.action_cancel()
            batch = self.make_files()
            befores.append(self.read_file(batch)[0]["before"])
            self.upload(batch)
            self.settle(batch)
        self.assertEqual(befores, [DEBTOR_IBANS[0], ""])

    # === COMING BACK === #

    def test_a_rejection_before_the_day_is_tried_again(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        message = self.load(self.say_rejected(batch, collection, "AM04"))
        self.assertEqual(message.line_ids.outcome, "followed")
        self.assertEqual((collection.state, invoice.practice_collection), ("error", "retry"))
        self.assertIn("AM04", invoice.practice_collection_reason)
        self.assertEqual(len(self.mails("mail_template_payment_failed", invoice)), 1)
        self.settle(batch)
        self.assertEqual((batch.state, collection.state), ("settled", "error"))
        self.assertEqual(invoice.payment_state, "not_paid")
        self.collect(invoice.practice_collect_date or self.today())
        self.assertEqual(self.read_file(self.make_files())[0]["sequence"], "FRST")

    def test_money_that_comes_back_opens_the_invoice(self):
        for code, standing, is_active in (("AM04", "retry", True), ("MD06", "refused", False)):
            with self.subTest(code=code):
                organisation = self.make_organisation()
                invoice, collection = self.collect_by_mandate(organisation)
                batch = self.make_files()
                self.upload(batch)
                self.settle(batch)
                payment = collection.payment_id
                self.travel(days=3)
                xml = self.say_returned(collection, code)
                self.load(xml)
                self.assertEqual(invoice.payment_state, "not_paid")
                self.assertEqual(invoice.practice_collection, standing)
                self.assertEqual(collection.token_id.active, is_active)
                mandate = collection.token_id._practice_get_mandate_sudo()
                self.assertEqual(mandate.state, "active" if is_active else "revoked")
                self.assertEqual(payment.move_id.state, "posted")
                reversal = payment.move_id.reversal_move_ids
                self.assertEqual((reversal.date, reversal.state), (self.today(), "posted"))
                lines = (payment.move_id + reversal).line_ids
                self.assertEqual(sum(lines.filtered(lambda it: it.account_id == self.outstanding).mapped("balance")), 0)
                self.assertFalse(any(lines.filtered(lambda it: it.account_id == self.outstanding).mapped("reconciled")))
                before = len(self.env["account.move"].search([]))
                self.load(xml)
                again = self.load(self.say_returned(collection, code, kind="053"))
                self.assertEqual(again.line_ids.outcome, "known")
                self.assertEqual(len(self.env["account.move"].search([])), before)

    def test_a_refused_file_says_nothing_of_mandates(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.load(self.say_rejected(batch, code="AM05", whole=True))
        self.assertEqual((batch.state, collection.state), ("uploaded", "error"))
        self.assertTrue(collection.token_id.active)
        self.assertEqual(invoice.practice_collection, "retry")

    def test_a_statement_settles_a_file(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.load(self.say_arrived(batch))
        self.assertEqual((batch.state, collection.state), ("settled", "done"))
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        again = self.load(self.say_arrived(batch, message="S2"))
        self.assertFalse(again.line_ids)

    def test_what_does_not_fit_is_for_a_person(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        message = self.load(self.say_returned(collection, amount=1.0))
        self.assertEqual(message.line_ids.outcome, "differs")
        self.assertTrue(message.to_look_at and message.activity_ids)
        stranger = self.say_returned(collection, message="X").replace(collection.sepa_end_to_end, "SOMETHING")
        self.assertEqual(self.load(stranger).line_ids.outcome, "unknown")
        self.assertEqual(collection.state, "done")
        message.line_ids.is_sorted_out = True
        self.assertFalse(message.to_look_at)

    def test_files_of_another_company_are_refused(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        with self.assertRaises(UserError):
            self.load(self.say_returned(collection, iban=DEBTOR_IBANS[2]))
        other = self.env["res.company"].create({"name": "Another"})
        for xml in (self.say_rejected(batch, collection), self.say_returned(collection)):
            messages = self.env["practice.sepa.message"].with_company(other)
            with self.assertRaises(UserError):
                messages.load_file("a.xml", base64.b64encode(xml.encode()).decode())
        self.assertEqual(collection.state, "pending")
        self.assertNotEqual(CREDITOR_IBAN, DEBTOR_IBANS[2])

    def test_another_amount_than_the_file_settles_nothing(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        message = self.load(self.say_arrived(batch, amount=batch.amount_total - 1))
        self.assertEqual((batch.state, collection.state), ("uploaded", "pending"))
        [line] = message.line_ids
        self.assertEqual((line.outcome, line.amount, line.expected), ("differs", 93.38, 94.38))
        for figure in ("94.38", "93.38"):
            self.assertIn(figure, message.activity_ids.note)
        self.assertIn(batch.name, batch.arrival_problem)
        self.settle(batch)
        self.assertEqual(batch.state, "uploaded", "its day does not settle it either")
        again = self.load(self.say_arrived(batch, amount=batch.amount_total - 1, message="S2"))
        self.assertEqual(again.line_ids.outcome, "known")
        line.is_sorted_out = True
        self.run_cron("ir_cron_direct_debit")
        self.assertEqual((batch.state, collection.state, batch.arrival_problem), ("settled", "done", ""))
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        late = self.load(self.say_arrived(batch, amount=1.0, message="S3"))
        self.assertEqual(late.line_ids.outcome, "differs", "also when its day had settled it")

    def test_money_less_what_came_back_before_settles(self):
        _invoice, first = self.collect_by_mandate()
        _invoice, second = self.collect_by_mandate(self.make_organisation(), DEBTOR_IBANS[1])
        batch = self.make_files()
        self.load(self.say_rejected(batch, first))
        message = self.load(self.say_arrived(batch, amount=second.amount))
        self.assertEqual(message.line_ids.outcome, "settled")
        self.assertEqual((batch.state, first.state, second.state), ("settled", "error", "done"))

    def test_the_money_of_a_part_settles_that_part(self):
        invoice, _collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        self.go_to(invoice.practice_subscription_id.next_invoice_date)
        again = self.bill_one(invoice.practice_subscription_id)
        _invoice, first = self.collect_by_mandate(self.make_organisation(), DEBTOR_IBANS[1])
        recurring = again.practice_attempt_ids
        batch = self.make_files()
        self.assertEqual((first.sepa_batch_id, recurring.sepa_batch_id), (batch, batch))
        self.load(self.say_arrived(batch, amount=first.amount, part=f"{batch.name}-FRST"))
        self.assertEqual((batch.state, first.state, recurring.state), ("uploaded", "done", "pending"))
        self.load(self.say_arrived(batch, amount=recurring.amount, names=[recurring.sepa_end_to_end], message="S2"))
        self.assertEqual((batch.state, recurring.state), ("settled", "done"))

    # === FEES === #

    def test_the_fee_of_the_bank_is_read(self):
        said = {
            "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>3.50</TtlChrgsAndTaxAmt></Chrgs>": 3.5,
            "<Chrgs><Rcrd><Amt Ccy='EUR'>3.00</Amt></Rcrd><Rcrd><Amt Ccy='EUR'>0.63</Amt></Rcrd></Chrgs>": 3.63,
            "<Chrgs><Amt Ccy='EUR'>2.00</Amt></Chrgs><Chrgs><Amt Ccy='EUR'>1.00</Amt></Chrgs>": 3.0,
            "": 0.0,
        }
        for charges, fee in said.items():
            with self.subTest(charges=charges):
                _invoice, collection = self.collect_by_mandate(self.make_organisation())
                batch = self.make_files()
                self.upload(batch)
                self.settle(batch)
                line = self.load(self.say_returned(collection, "AM04", charges=charges)).line_ids
                self.assertEqual(
                    (line.outcome, line.fee, line.fee_currency or ""), ("followed", fee, (fee and "EUR") or "")
                )
        moves = self.env["account.move"].search([("practice_fee_origin_id", "!=", False)])
        self.assertFalse(moves, "customers pay a fee only where somebody said so")

    def test_a_fee_within_what_the_bank_booked_is_told_apart(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        inside = f"<AmtDtls><InstdAmt><Amt Ccy='EUR'>{collection.amount}</Amt></InstdAmt></AmtDtls>"
        line = self.load(self.say_returned(collection, "AM04", amount=collection.amount + 4, charges=inside)).line_ids
        self.assertEqual((line.outcome, line.fee), ("followed", 4.0))

    def test_the_debtor_is_charged_a_fee_for_a_return_once(self):
        product = self.make_service("Returned direct debit")
        with self.assertRaises(ValidationError):
            self.debits.sepa_return_fee_product_id = product
        self.debits.write({"sepa_return_fee_product_id": product.id, "sepa_return_fee": 5.0})
        for code, count in (("AM04", 1), ("MD06", 0), ("AM05", 0)):
            with self.subTest(code=code):
                organisation = self.make_organisation(email="org@example.com")
                invoice, collection = self.collect_by_mandate(organisation)
                batch = self.make_files()
                self.upload(batch)
                self.settle(batch)
                self.load(self.say_returned(collection, code))
                self.load(self.say_returned(collection, code, kind="053"))
                fees = self.env["account.move"].search([("practice_fee_origin_id", "=", invoice.id)])
                self.assertEqual(len(fees), count)
                for fee in fees:
                    self.assertEqual((fee.state, fee.amount_untaxed, fee.partner_id), ("posted", 5.0, organisation))
                    self.assertIn(invoice.name, fee.invoice_line_ids.name)
                    self.assertTrue(fee.sending_data)
        self.assertBooksAgree()

    def test_a_fee_that_cannot_be_invoiced_does_not_hold_up_the_return(self):
        product = self.make_service("Returned direct debit")
        self.debits.write({"sepa_return_fee_product_id": product.id, "sepa_return_fee": 5.0})
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        refused = UserError("No income account")
        with patch.object(type(invoice), "_practice_bill_fee", side_effect=refused):
            self.load(self.say_returned(collection, "AM04"))
        self.assertEqual((collection.state, invoice.payment_state), ("error", "not_paid"))
        mandate = collection.token_id._practice_get_mandate_sudo()
        self.assertIn("No income account", mandate.activity_ids.note)

    # === ONE BAD COLLECTION === #

    def break_field(self, name, collection):
        """Break what stands in a field of a file, as no form lets anybody: only the database is left to do it."""
        mandate = collection.token_id._practice_get_mandate_sudo()
        table, column, value, number = {
            "end_to_end": ("payment_transaction", "sepa_end_to_end", "X" * 36 + str(collection.id), collection.id),
            "amount": ("payment_transaction", "amount", 1_000_000_000, collection.id),
            "sequence": ("practice_sepa_mandate", "collection_count", 3, mandate.id),
            "mandate": ("practice_sepa_mandate", "name", f"M {mandate.id}", mandate.id),
            "signed_on": ("practice_sepa_mandate", "signed_on", "1900-01-01", mandate.id),
            "holder": ("practice_sepa_mandate", "holder", "\N{CJK UNIFIED IDEOGRAPH-4E2D}", mandate.id),
            "iban": ("practice_sepa_mandate", "iban", "BE00", mandate.id),
            "bic": ("practice_sepa_mandate", "bic", "ABC", mandate.id),
            "text": (
                "account_move",
                "name",
                "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * (200 + mandate.id),
                collection.invoice_ids.id,
            ),
            "original_iban": ("practice_sepa_mandate", "original_iban", "BE00", mandate.id),
        }[name]
        self.env.flush_all()
        statement = SQL(
            "UPDATE %s SET %s = %s WHERE id = %s", SQL.identifier(table), SQL.identifier(column), value, number
        )
        self.env.cr.execute(statement)
        self.env.invalidate_all()

    @mute_logger("odoo.addons.practice_billing.models.common.retry_mixin")
    def test_one_bad_collection_never_holds_up_the_others(self):
        harmless = {"sequence", "signed_on", "holder", "text"}
        for version in ("pain.008.001.08", "pain.008.001.02"):
            self.debits.sepa_file_version = version
            for name in Collection._fields:
                with self.subTest(version=version, name=name):
                    _invoice, good = self.collect_by_mandate(self.make_organisation())
                    _invoice, bad = self.collect_by_mandate(self.make_organisation(), DEBTOR_IBANS[1])
                    self.break_field(name, bad)
                    batch = self.make_files()
                    self.assertEqual(len(batch), 1)
                    self.assertIn(good.sepa_end_to_end, [it["name"] for it in self.read_file(batch)])
                    if name in harmless:
                        self.assertEqual(bad.sepa_batch_id, batch)
                        continue
                    self.assertFalse(bad.sepa_batch_id)
                    mandate = bad.token_id._practice_get_mandate_sudo()
                    if name == "amount":
                        self.assertEqual(bad.state, "error")
                        continue
                    self.assertIn(bad.reference, mandate.activity_ids.note)
                    self.assertIn(bad.sepa_error, mandate.left_out)
                    self.assertEqual(mandate.collection_count, 0)
                    self.assertFalse(self.make_files(), "it is left alone until tomorrow")
                    with self.assertRaises(UserError) as refused:
                        self.env["practice.sepa.batch"].with_company(self.company).action_make()
                    self.assertIn(bad.reference, str(refused.exception))
                    bad._set_error("Not collected")

    def test_an_archived_debtor_is_collected_from(self):
        _invoice, collection = self.collect_by_mandate()
        self.organisation.active = False
        batch = self.make_files()
        self.assertEqual((len(batch), collection.sepa_batch_id), (1, batch))

    @mute_logger("odoo.addons.practice_billing.models.common.retry_mixin")
    def test_what_was_set_aside_goes_into_a_file_once_it_is_mended(self):
        _invoice, collection = self.collect_by_mandate()
        self.break_field("mandate", collection)
        self.assertFalse(self.make_files())
        mandate = collection.token_id._practice_get_mandate_sudo()
        self.assertTrue(mandate.activity_ids and collection.sepa_error)
        mandate.name = "M-1"
        self.env["practice.sepa.batch"].with_company(self.company).action_make()
        self.assertTrue(collection.sepa_batch_id)
        self.assertFalse(
            collection.sepa_error or collection.sepa_retry_date or mandate.activity_ids or mandate.left_out
        )

    @mute_logger("odoo.addons.practice_billing.models.common.retry_mixin")
    def test_what_no_program_foresaw_is_set_aside_alone(self):
        _invoice, bad = self.collect_by_mandate()
        good = [self.collect_by_mandate(self.make_organisation(), iban)[1] for iban in DEBTOR_IBANS * 2]
        take = type(self.env["practice.sepa.batch"])._take

        def stumble(batch, collection):
            if collection == bad:
                raise ZeroDivisionError("stumbled")
            return take(batch, collection)

        with patch.object(type(self.env["practice.sepa.batch"]), "_take", stumble):
            batch = self.make_files()
        self.assertEqual(len(self.read_file(batch)), len(good))
        self.assertIn("stumbled", bad.sepa_error)

    @mute_logger("odoo.addons.practice_billing.models.common.retry_mixin")
    def test_several_that_are_bad_in_the_same_way_do_not_hold_up_what_comes_later(self):
        for name in ("iban", "bic", "original_iban", "end_to_end"):
            with self.subTest(name=name):
                bad = [self.collect_by_mandate(self.make_organisation())[1] for _number in range(2)]
                for collection in bad:
                    self.break_field(name, collection)
                self.assertFalse(self.make_files())
                self.assertFalse(self.debits.sepa_error)
                _invoice, good = self.collect_by_mandate(self.make_organisation())
                self.assertEqual(self.make_files(), good.sepa_batch_id)
                for collection in bad:
                    self.assertTrue(collection.sepa_error)
                    collection._set_error("Not collected")

    @mute_logger("odoo.addons.practice_billing.models.common.retry_mixin")
    def test_what_is_wrong_with_all_of_them_is_the_provider_s(self):
        collections = [self.collect_by_mandate(self.make_organisation())[1] for _number in range(3)]
        with patch.object(sepa_batch_making, "write_file", side_effect=ValueError("schema")):
            self.assertFalse(self.make_files())
        self.assertIn("schema", self.debits.sepa_error)
        self.assertFalse([it.sepa_error for it in collections if it.sepa_error])
        self.company.name = "\N{CJK UNIFIED IDEOGRAPH-4E2D}"
        self.assertIn("name of the company", self.debits.sepa_problems)

    # === IN BETWEEN === #

    def test_revoked_before_the_file(self):
        invoice, collection = self.collect_by_mandate()
        collection.token_id.active = False
        self.assertEqual(collection.token_id._practice_get_mandate_sudo().state, "revoked")
        self.assertFalse(self.make_files())
        self.follow_payments()
        self.assertEqual((collection.state, invoice.practice_collection), ("error", "refused"))

    def test_revoked_after_the_file(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        collection.token_id._practice_get_mandate_sudo().action_revoke()
        self.assertFalse(collection.token_id.active)
        with self.assertRaises(UserError) as refused:
            self.upload(batch)
        self.assertIn(collection.reference, str(refused.exception))
        batch.action_cancel()
        self.assertFalse(self.make_files())
        self.assertEqual(collection.state, "error")

    def test_cancelled_or_paid_in_another_way(self):
        invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.pay(invoice)
        with self.assertRaises(UserError):
            self.upload(batch)
        batch.action_cancel()
        self.assertFalse(self.make_files())
        self.assertEqual(collection.state, "error")

    def test_the_mandate_of_somebody_else(self):
        _invoice, collection = self.collect_by_mandate()
        other = self.make_organisation()
        transaction = collection.copy({"partner_id": other.id, "reference": "X-1", "practice_attempt": 9})
        transaction._send_payment_request()
        self.assertEqual(transaction.state, "error")

    def test_a_mandate_expires_after_36_months(self):
        mandate = self.sign(self.organisation)
        self.go_to(mandate.expires_on)
        self.run_cron("ir_cron_direct_debit")
        self.assertEqual(mandate.state, "active")
        self.travel(days=1)
        self.run_cron("ir_cron_direct_debit")
        self.assertEqual((mandate.state, mandate.token_id.active), ("expired", False))

    def test_a_payment_that_a_person_makes_with_the_mandate_counts_once_it_is_collected(self):
        mandate = self.sign(self.organisation)
        invoice = self.bill_one(self.subscribe(organisation=self.organisation))
        line = self.debits._practice_get_sepa_method_line()
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create(
            {
                "journal_id": self.bank.id,
                "payment_method_line_id": line.id,
                "payment_token_id": mandate.token_id.id,
            }
        ).action_create_payments()
        collection = invoice.transaction_ids
        self.assertEqual((collection.state, invoice.payment_state), ("pending", "not_paid"))
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        self.assertEqual(collection.state, "done")
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        self.assertEqual(len(self.env["account.payment"].search([("payment_transaction_id", "=", collection.id)])), 1)

    def test_many_collections_take_few_queries_each(self):
        counts = []
        for count in (2, 8):
            for _number in range(count):
                self.collect_by_mandate(self.make_organisation())
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.debits._practice_make_sepa_files()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess((counts[1] - counts[0]) / 6, 6, counts)

    # === TOLD BEFORE === #

    def test_the_invoice_and_its_mail_say_what_is_collected_when(self):
        self.debits.sepa_notice_days = 14
        self.organisation.email = "org@example.com"
        mandate = self.sign(self.organisation)
        subscription = self.subscribe(organisation=self.organisation)
        subscription._set_payment_token(mandate.token_id)
        invoice = self.bill_one(subscription)
        self.assertEqual(invoice.practice_collection, "scheduled")
        before = invoice._practice_get_debit_notice()
        self.assertEqual((before["amount"], before["mandate"]), (invoice.amount_total, mandate.name))
        self.assertGreaterEqual((before["day"] - self.today()).days, 14)
        html = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", invoice.ids)[0].decode()
        self.assertIn(mandate.name, html)
        invoice.message_post(  # pylint: disable=translation-required
            body="Your invoice", partner_ids=self.organisation.ids, subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].search([("model", "=", "account.move"), ("res_id", "=", invoice.id)], limit=1)
        self.assertIn(mandate.name, mail.body_html)
        self.assertNotIn(DEBTOR_IBANS[0], html + mail.body_html)
        self.collect()
        self.assertEqual(invoice._practice_get_debit_notice()["day"], before["day"])
        batch = self.make_files()
        self.assertEqual(self.read_file(batch)[0]["day"], before["day"], "what was promised is kept")

    def test_who_pays_in_another_way_is_told_nothing(self):
        invoice = self.bill_one(self.subscribe_with("done"))
        self.assertFalse(invoice._practice_get_debit_words())

    # === MANDATES === #

    def test_mandates_on_paper_need_their_day_and_scan(self):
        mandate = self.env["practice.sepa.mandate"].create(
            {
                "provider_id": self.debits.id,
                "partner_id": self.organisation.id,
                "holder": "De Brug",
                "iban": "be68 5390 0754 7034",
            }
        )
        with self.assertRaises(UserError):
            mandate.action_activate()
        mandate.write({"signed_on": self.today(), "scan": base64.b64encode(b"scan")})
        mandate.action_activate()
        self.assertEqual((mandate.state, mandate.iban), ("active", DEBTOR_IBANS[0]))
        self.assertTrue(mandate.token_id)
        self.assertFalse(mandate.text)
        self.run_cron("ir_cron_direct_debit")
        self.assertFalse(mandate.document_id, "the scan is the document")
        with self.assertRaises(UserError):
            mandate.unlink()

    def test_a_mandate_follows_when_customers_are_merged(self):
        _invoice, collection = self.collect_by_mandate()
        mandate = collection.token_id._practice_get_mandate_sudo()
        twin = self.make_organisation()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            [self.organisation.id, twin.id], twin, extra_checks=False
        )
        self.env.invalidate_all()
        self.assertEqual((mandate.partner_id, collection.partner_id), (twin, twin))
        self.assertEqual(len(self.make_files()), 1)

    def test_a_mandate_keeps_what_was_shown_and_its_document(self):
        self.organisation.email = "org@example.com"
        mandate = self.sign(self.organisation)
        self.assertIn(self.company.name, mandate.text)
        self.assertIn("8 weeks", mandate.text)
        self.run_cron("ir_cron_direct_debit")
        self.assertTrue(mandate.document_id, mandate.error)
        mail = self.env["mail.mail"].search([("model", "=", mandate._name), ("res_id", "=", mandate.id)])
        self.assertEqual(mail.attachment_ids, mandate.document_id)
        self.run_cron("ir_cron_direct_debit")
        self.assertEqual(
            len(self.env["mail.mail"].search([("res_id", "=", mandate.id), ("model", "=", mandate._name)])), 1
        )

    def test_what_is_no_account_is_refused(self):
        for vals in ({"iban": "BE00 1234"}, {"holder": " "}, {"version": "1999"}):
            with self.assertRaises(UserError):
                self.sign(self.organisation, **vals)
        with self.assertRaises(ValidationError):
            self.debits.sepa_creditor_identifier = "BE69ZZZ0123456789"

    def test_account_numbers_are_the_accountants(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        mandate = collection.token_id._practice_get_mandate_sudo()
        mandate._document()
        manager = new_test_user(self.env, "dd_manager", "practice_billing.group_manager,account.group_account_readonly")
        accountant = new_test_user(self.env, "dd_accountant", "practice_billing.group_accountant")
        for user in (manager, accountant):
            user.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        self.assertIn("7034", mandate.with_user(manager).masked_iban)
        for record, name in (
            (mandate, "iban"),
            (mandate, "document_id"),
            (batch, "file_id"),
            (collection, "sepa_iban"),
        ):
            self.assertTrue(record.with_user(accountant)[name])
            with self.assertRaises(AccessError):
                record.with_user(manager).read([name])
        for file in (mandate.document_id, batch.file_id):
            self.assertTrue(file.with_user(accountant).raw)
            with self.assertRaises(AccessError):
                file.with_user(manager).read(["raw"])
        self.assertTrue(batch.with_user(accountant).action_download()["url"])

    def test_signing_twice_gives_one_mandate(self):
        self.assertEqual(self.sign(self.organisation), self.sign(self.organisation))
        self.assertNotEqual(self.sign(self.organisation), self.sign(self.organisation, DEBTOR_IBANS[1]))

    def test_without_the_package_the_provider_says_what_to_install(self):
        self.collect_by_mandate()
        with patch.object(payment_provider, "is_available", lambda: False):
            self.assertFalse(self.make_files())
            self.assertIn("sepaxml", self.debits.sepa_problems)
            self.assertIn("sepaxml", self.debits.sepa_error)
        self.travel(days=1)
        self.assertTrue(self.make_files())
        self.assertFalse(self.debits.sepa_error)

    def test_the_books_agree(self):
        _invoice, collection = self.collect_by_mandate()
        batch = self.make_files()
        self.upload(batch)
        self.settle(batch)
        self.load(self.say_returned(collection))
        self.assertBooksAgree()
