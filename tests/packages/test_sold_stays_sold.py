"""What was sold stays sold: product, package, accounts and fiscal position change between sale and refund."""

from collections import Counter
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.master_data import MasterData, Subject
from ..common.practice import PracticeCase, dose


class SoldCase(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_post = cls.make_account("liability_current", "PB other balance post")
        cls.other_income = cls.make_account("income", "PB other ledger account")
        cls.other_package = cls.make_package("Other", deferred_account_id=cls.other_post.id)

    def assertNothingLeft(self, revenue=0.0):
        """Both balance posts are empty, and this much became revenue, to the cent."""
        self.release()
        self.assertBooksAgree()
        self.assertEqual((self.balance(self.liability), self.balance(self.other_post)), (0.0, 0.0))
        self.assertEqual(self.balance(self.income), -revenue)

    @classmethod
    def make_master_data(cls):
        """Return whatever of today's master data an old sale must not follow, derived from the models."""
        return MasterData(
            [
                Subject(cls.package),
                Subject(cls.product.product_tmpl_id, ("practice_billing", "account")),
            ],
            {
                "account.account": cls.other_post + cls.other_income + cls.breakage,
                "account.tax": cls.make_tax(),
                "practice.package": cls.package + cls.other_package,
                "res.company": cls.company,
            },
            {
                "practice.package.vat_moment": "refused as long as appointment types have no tax: test_vat_at_use",
                "practice.package.company_id": "refused once credits were sold: test_package_wizards",
                "product.template.account_tag_ids": "for reports of Odoo only",
            },
        )


@tagged("post_install", "-at_install")
class TestAfterPosting(SoldCase):
    def each_change(self):
        """Yield an invoice that was sold and paid before the change, for each change that is not refused.

        Of each field two values; `make test-slow` takes all.
        """
        invoice, changed = self.invoice(), Counter()
        self.pay(invoice)
        master_data = self.make_master_data()
        for words, record, name, value in master_data.all_changes():
            if changed[record._name, name] == dose(2, 100):
                continue
            with self.subTest(words), self.env.cr.savepoint() as savepoint:
                if self.is_accepted(master_data, record, name, value):
                    changed[record._name, name] += 1
                    yield invoice
                savepoint.rollback()
                self.env.invalidate_all()
        attacked = {(it.records._name, name) for it in master_data.subjects for name in master_data.attacked(it)}
        self.assertEqual(attacked - changed.keys(), set(), "no value of these fields was accepted")

    def is_accepted(self, master_data, record, name, value):
        """Change a field; return whether that was accepted."""
        try:
            with self.env.cr.savepoint():
                master_data.change(record, name, value)
        except UserError:
            return False
        return True

    def test_every_field_is_changed_or_left_out_with_a_reason(self):
        self.assertEqual(self.make_master_data().problems(), [])

    def test_a_full_credit_note_takes_back_what_was_sold(self):
        for invoice in self.each_change():
            note = self.credit_note(invoice)
            self.assertEqual(note.invoice_line_ids.account_id, self.liability)
            self.assertLot(self.lot_of(invoice), available=0, refunded=10, value=0.0, state="cancelled")
            self.assertNothingLeft()

    def test_a_credit_note_for_four_takes_back_four_tenths(self):
        for invoice in self.each_change():
            self.credit_note(invoice, quantity=0.4)
            self.assertLot(self.lot_of(invoice), available=6, refunded=4, value=720.0)
            self.assertBooksAgree()

    def test_updated_taxes_and_accounts_of_a_credit_note_change_nothing(self):
        for invoice in self.each_change():
            note = self.credit_note(invoice, post=False)
            note.action_update_fpos_values()
            note.action_post()
            self.assertLot(self.lot_of(invoice), refunded=10, value=0.0)
            self.assertNothingLeft()

    def test_the_button_refunds_the_rest_as_it_was_sold(self):
        for invoice in self.each_change():
            self.visit()
            self.visit()
            lot = self.lot_of(invoice)
            note = self.env["account.move"].browse(lot.action_refund_rest()["res_id"])
            self.assertEqual((note.amount_total, note.invoice_line_ids.practice_credits), (960.0, 8))
            note.action_post()
            self.assertLot(lot, available=0, used=2, refunded=8, value=0.0)
            self.assertNothingLeft(revenue=240.0)

    def test_visits_release_as_it_was_sold(self):
        for invoice in self.each_change():
            self.happen(self.plan_daily(10))
            self.assertLot(self.lot_of(invoice), used=10, value=0.0)
            self.assertNothingLeft(revenue=1200.0)

    def test_a_withdrawn_invoice_takes_its_credits_along(self):
        for invoice in self.each_change():
            self.unpay(invoice)
            invoice.button_draft()
            invoice.button_cancel()
            self.assertLot(self.lot_of(invoice), total=0, value=0.0, state="cancelled")
            self.assertNothingLeft()

    def test_posted_again_it_sells_what_it_sold(self):
        for invoice in self.each_change():
            self.unpay(invoice)
            invoice.button_draft()
            invoice.action_post()
            self.assertEqual(invoice.invoice_line_ids.account_id, self.liability)
            self.assertLot(self.lot_of(invoice), total=10, value=1200.0, package_id=self.package)
            self.pay(invoice)
            self.happen(self.plan_daily(10))
            self.assertNothingLeft(revenue=1200.0)

    def test_credits_per_unit_doubled_two_of_ten_used(self):
        invoice = self.invoice()
        self.pay(invoice)
        for _number in range(4):
            self.visit()
        self.product.package_credits = 20
        note = self.env["account.move"].browse(self.lot_of(invoice).action_refund_rest()["res_id"])
        self.assertEqual((note.amount_total, note.invoice_line_ids.quantity), (720.0, 0.6))

    def test_a_fiscal_position_that_loses_its_mapping(self):
        mapped = self.make_account("liability_current", "PB mapped")
        position = self.env["account.fiscal.position"].create(
            {
                "name": "PB mapped",
                "account_ids": [
                    Command.create({"account_src_id": self.liability.id, "account_dest_id": mapped.id}),
                    Command.create({"account_src_id": self.income.id, "account_dest_id": self.other_income.id}),
                ],
            }
        )
        invoice = self.invoice(fiscal_position_id=position.id)
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), deferred_account_id=mapped, income_account_id=self.other_income)
        self.visit()
        position.account_ids.unlink()
        self.credit_note(invoice, quantity=0.4)
        self.release()
        self.assertBooksAgree()
        self.assertEqual((self.balance(mapped), self.balance(self.other_income)), (-600.0, -120.0))

    def test_a_fiscal_position_that_maps_to_accounts_of_another_kind_is_refused(self):
        other_debt = self.make_account("liability_current", "PB other debt")
        for account, wrong, words in (
            (self.liability, self.other_income, "wait on .*PB other .*no liability"),
            (self.income, other_debt, "release .*PB other debt.*no revenue"),
            (self.package.breakage_account_id, other_debt, "release .*PB other debt.*no revenue"),
        ):
            with self.subTest(account.name):
                row = Command.create({"account_src_id": account.id, "account_dest_id": wrong.id})
                position = self.env["account.fiscal.position"].create({"name": "Abroad", "account_ids": [row]})
                draft = self.invoice(post=False, fiscal_position_id=position.id)
                with self.assertRefused(f"Abroad.*{words}"):
                    draft.action_post()

    def test_the_validity_that_was_sold_begins_when_it_is_paid(self):
        self.package.validity_months = 24
        invoice = self.invoice()
        self.package.validity_months = 1
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), validity_months=24, expiry_date=date(2028, 3, 11))

    def test_an_extended_expiry_stays_when_the_invoice_is_posted_again(self):
        invoice = self.invoice()
        self.pay(invoice)
        lot = self.lot_of(invoice)
        lot._extend(date(2027, 1, 1), "long illness")
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(lot.expiry_date, date(2027, 1, 1))

    def test_a_credit_note_is_of_the_customer_who_was_billed(self):
        firm = self.make_patient("De Brug", is_company=True)
        self.patient.parent_id = firm
        invoice = self.invoice()
        self.pay(invoice)
        self.patient.parent_id = False
        note = self.credit_note(invoice)
        self.assertEqual(note.invoice_line_ids.partner_id, firm)
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})

    def test_without_a_link_the_credit_note_is_booked_where_the_credits_were_sold(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.package.deferred_account_id = self.other_post
        note = self.invoice(move_type="out_refund", quantity=0.4)
        self.assertEqual(note.invoice_line_ids.account_id, self.liability)
        self.assertLot(self.lot_of(invoice), refunded=4, value=720.0)
        self.assertBooksAgree()

    def test_a_posted_line_cannot_be_moved_away_from_its_credits(self):
        line = self.invoice().invoice_line_ids
        other = self.make_product(self.other_package)
        for name, value in (
            ("account_id", self.income.id),
            ("product_id", other.id),
            ("practice_credits", 3),
            ("practice_package_id", self.other_package.id),
            ("practice_patient_id", self.make_patient().id),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, "is posted"):
                line.write({name: value})

    def test_revenue_is_no_liability(self):
        for name in ("income_account_id", "breakage_account_id"):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "PB other balance post.*type income"):
                self.package.write({name: self.other_post.id})

    def test_accounts_that_open_credits_need_cannot_be_emptied(self):
        self.sell()
        with self.assertRaisesRegex(ValidationError, "10, worth 1,200"):
            self.package.write({"deferred_account_id": False, "income_account_id": False})


@tagged("post_install", "-at_install")
class TestWarnings(SoldCase):
    """Changing master data says before it is saved what it does not touch."""

    def warning_of(self, record, **vals):
        return record.onchange(vals, list(vals), {name: {} for name in vals}).get("warning", {}).get("message", "")

    def test_a_package_warns_with_the_numbers(self):
        self.assertFalse(self.warning_of(self.package, deferred_account_id=self.other_post.id))
        self.sell()
        self.invoice(post=False)
        message = self.warning_of(self.package, deferred_account_id=self.other_post.id)
        self.assertRegex(message, "Open credits: 10.*Draft invoices: 1")

    def test_a_product_warns_with_its_own_numbers(self):
        template = self.product.product_tmpl_id
        self.sell(product=self.make_product(self.package))
        self.assertFalse(self.warning_of(template, package_credits=12))
        self.sell()
        self.assertRegex(self.warning_of(template, package_credits=12), "Open credits: 10.*Draft invoices: 0")
        self.assertRegex(self.warning_of(template, package_id=False), "Open credits: 10")

    def test_a_changed_product_is_logged_on_its_package(self):
        self.sell()
        self.product.package_credits = 12
        self.assertRegex(self.package.message_ids[:1].body, "12 credits.*before 10 of.*sold before: 10")

    def test_two_packages_of_one_name(self):
        new = self.env["practice.package"]
        self.assertIn("another package", self.warning_of(new, name="ten sessions", company_id=self.company.id))
        self.assertFalse(self.warning_of(new, name="Eleven sessions", company_id=self.company.id))


@tagged("post_install", "-at_install")
class TestBeforePosting(SoldCase):
    def test_a_draft_follows_its_package_until_it_is_posted(self):
        invoice = self.invoice(post=False)
        self.package.deferred_account_id = self.other_post
        invoice.action_post()
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), value=1200.0, deferred_account_id=self.other_post)
        self.happen(self.plan_daily(10))
        self.assertNothingLeft(revenue=1200.0)

    def test_a_draft_sells_what_its_product_sells_when_it_is_posted(self):
        invoice = self.invoice(post=False)
        self.product.write({"package_id": self.other_package.id, "package_credits": 12})
        invoice.action_post()
        self.assertLot(
            self.lot_of(invoice), package_id=self.other_package, total=12, deferred_account_id=self.other_post
        )
        self.assertBooksAgree()

    def test_a_draft_of_a_product_that_sells_no_package_any_more(self):
        invoice = self.invoice(post=False)
        self.product.package_id = False
        invoice.action_post()
        self.assertFalse(self.lot_of(invoice))
        self.assertEqual(self.balance(self.liability), 0.0)

    def test_another_liability_is_refused_with_both_names(self):
        invoice = self.invoice(post=False)
        invoice.invoice_line_ids.account_id = self.other_post
        with self.assertRaisesRegex(UserError, "PB other balance post.*PB balance post"):
            invoice.action_post()

    def test_on_a_revenue_account_nothing_waits(self):
        invoice = self.invoice(post=False)
        invoice.invoice_line_ids.account_id = self.other_income
        invoice.action_post()
        self.assertLot(self.lot_of(invoice), total=10, value=0.0)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestAnalytics(SoldCase):
    def test_analytics_follow_the_revenue(self):
        plan = self.env["account.analytic.plan"].create({"name": "PB places"})
        place = self.env["account.analytic.account"].create({"name": "PB Ghent", "plan_id": plan.id})
        invoice = self.invoice(line={"analytic_distribution": {str(place.id): 100.0}})
        self.assertFalse(invoice.line_ids.analytic_line_ids)
        self.pay(invoice)
        other = self.sell(patient=self.make_patient())
        for _number in range(10):
            self.visit()
            self.visit(patient=other.partner_id)
        self.release()
        self.assertBooksAgree()
        lines = self.env["account.analytic.line"].search([(plan._column_name(), "=", place.id)])
        self.assertEqual(sum(lines.mapped("amount")), 1200.0)
        self.assertEqual(lines.general_account_id, self.income)


@tagged("post_install", "-at_install")
class TestCreditsTakenBack(SoldCase):
    def setUp(self):
        super().setUp()
        self.sold = self.invoice()
        self.pay(self.sold)
        self.lot = self.lot_of(self.sold)

    def note(self, amount, credits):
        """Make a draft credit note of ``amount`` that takes ``credits``."""
        note = self.credit_note(self.sold, post=False)
        note.invoice_line_ids.write({"price_unit": amount})
        note.invoice_line_ids.practice_credits = credits
        return note

    def test_a_price_reduction_takes_no_credits(self):
        self.note(200.0, 0).action_post()
        self.assertLot(self.lot, available=10, refunded=0, value=1000.0)
        self.assertBooksAgree()
        rest = self.env["account.move"].browse(self.lot.action_refund_rest()["res_id"])
        self.assertEqual(rest.amount_total, 1000.0)

    def test_a_price_reduction_is_undone_with_its_credit_note(self):
        note = self.note(200.0, 0)
        note.action_post()
        note.button_draft()
        self.assertLot(self.lot, available=10, value=1200.0)
        self.assertBooksAgree()

    def test_another_number_of_credits_than_the_quantity_says(self):
        self.note(300.0, 3).action_post()
        self.assertLot(self.lot, available=7, refunded=3, value=900.0)
        self.assertBooksAgree()

    def test_a_kept_fee_is_breakage(self):
        self.note(600.0, 10).action_post()
        self.assertLot(self.lot, refunded=10, value=0.0)
        self.assertNothingLeft()
        self.assertEqual(self.balance(self.breakage), -600.0)

    def test_more_than_credits_hold_is_for_accountants_and_said(self):
        for _number in range(6):
            self.visit()
        self.make_staff()
        clerk = self.front_desk
        clerk.group_ids += self.env.ref("account.group_account_invoice")
        note = self.note(1080.0, 4)
        with self.assertRaisesRegex(AccessError, "600.00.*more.*PB ledger account"), self.env.cr.savepoint():
            note.with_user(clerk).action_post()
        note.with_user(self.accountant).action_post()
        self.assertIn("600.00", note.message_ids[:1].body)
        self.assertLot(self.lot, used=6, refunded=4, value=0.0)
        self.assertNothingLeft(revenue=120.0)

    def test_nonsense_is_refused(self):
        note = self.credit_note(self.sold, post=False)
        with self.assertRaises(ValidationError):
            note.invoice_line_ids.practice_credits = -3
