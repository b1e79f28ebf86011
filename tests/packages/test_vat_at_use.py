"""VAT at use: every row of its table in docs/books.md, to the cent, and what may not be."""

from datetime import date, timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from ..common.practice import TODAY, PracticeCase
from ..common.vat import MONTH_END, VatMixin


class VatCase(VatMixin, PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_vat()
        cls.voucher = cls.company.practice_voucher_tax_id

    def entry_of(self, event):
        self.release()
        return event.credit_move_ids.release_ids.sorted("id")[-1:].move_id

    def no_show(self, **vals):
        event = self.plan(**vals)
        self.travel(event.stop)
        event.attendance = "no_show"
        return event


@tagged("post_install", "-at_install")
class TestBooksOfVatAtUse(VatCase):
    """The table of docs/books.md."""

    def test_a_sale_carries_no_vat(self):
        invoice = self.invoice(product=self.card_product)
        self.assertEntry(invoice, (self.receivable(), 1200.0), (self.liability, -1200.0), date=TODAY)
        self.assertEqual(invoice.invoice_line_ids.tax_ids, self.voucher)
        self.assertLot(self.lot_of(invoice), total=10, value=1200.0, vat_at_use=True, state="pending")
        self.assertBooksAgree()

    def test_a_taxed_visit_releases_its_vat_apart(self):
        lot = self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        self.assertLot(lot, used=1, value=1080.0)
        self.assertEntry(
            self.entry_of(event),
            *((self.liability, 120.0), (self.income, -99.17), (self.used, -20.83)),
            date=date(2026, 3, 12),
            partner=self.patient,
        )
        self.assertBooksAgree()

    def test_an_exempt_visit_releases_no_vat(self):
        self.sell_card()
        event = self.visit(appointment_type=self.physio)
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.income, -120.0))
        self.assertBooksAgree()

    def test_both_kinds_on_one_day_have_one_entry(self):
        self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        self.visit(appointment_type=self.physio, start=self.at(hours=2))
        entry = self.entry_of(event)
        self.assertEntry(entry, (self.liability, 240.0), (self.income, -219.17), (self.used, -20.83))
        self.assertBooksAgree()

    def test_three_credits_for_100_hold_their_vat_to_the_cent(self):
        lot = self.sell_card(product=self.make_product(self.card, package_credits=3, list_price=100.0))
        for _number in range(3):
            self.visit(appointment_type=self.fitness)
        releases = lot.move_ids.release_ids.sorted("id")
        self.assertEqual(releases.mapped("amount"), [33.33, 33.34, 33.33])
        self.assertEqual(releases.mapped("tax_amount"), [5.78, 5.79, 5.78])
        self.assertLot(lot, value=0.0, used=3, state="used_up")
        [document] = self.invoice_visits()
        self.assertEqual(document.invoice_id.amount_total, 100.0)
        self.assertEqual(document.invoice_id.payment_state, "paid")
        self.assertEqual(self.balance(self.used), 0.0)
        self.assertEqual(-self.balance(self.income) - self.balance(self.vat_account), 100.0)
        self.assertEqual(-self.balance(self.vat_account), document.invoice_id.amount_tax)
        self.assertBooksAgree()

    def test_a_no_show_pays_vat_on_its_way_to_breakage(self):
        lot = self.sell_card()
        event = self.no_show(appointment_type=self.fitness)
        self.assertLot(lot, lost=1, value=1080.0)
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.breakage, -99.17), (self.used, -20.83))
        self.assertBooksAgree()

    def test_expiry_has_no_vat(self):
        lot = self.sell_card()
        lot._extend(self.today(), "test")
        self.travel(days=1)
        lot._expire()
        self.release()
        [release] = lot.move_ids.release_ids
        self.assertEntry(release.move_id, (self.liability, 1200.0), (self.breakage, -1200.0))
        self.assertFalse(release.tax_id)
        self.assertBooksAgree()

    def test_expected_breakage_has_no_vat(self):
        self.card.write({"recognises_breakage": True, "breakage_percent": 20.0})
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        lot._recognise_breakage()
        self.release()
        recognised = lot.move_ids.filtered(lambda move: move.kind == "breakage").release_ids
        self.assertTrue(recognised.amount)
        self.assertFalse(recognised.tax_id)
        self.assertBooksAgree()

    def test_the_month_is_invoiced_and_settled_at_once(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        invoice, settlement = document.invoice_id, document.settlement_id
        self.assertEntry(
            invoice,
            *((self.receivable(), 120.0), (self.used, -99.17), (self.vat_account, -20.83)),
            date=MONTH_END,
            partner=self.patient,
        )
        self.assertEntry(settlement, (self.used, 120.0), (self.receivable(), -120.0), date=MONTH_END)
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0.0))
        self.assertEqual(self.balance(self.used), 0.0)
        items = self.env["account.move.line"].search([("account_id", "=", self.used.id)])
        self.assertEqual(items.mapped("reconciled"), [True] * 3)
        self.assertBooksAgree()

    def test_an_invoice_of_both_rates_names_each_visit(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.visit(appointment_type=self.physio)
        self.no_show(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        invoice = document.invoice_id
        self.assertEqual(invoice.invoice_line_ids.mapped("price_total"), [120.0, 120.0, 120.0])
        self.assertEqual(invoice.invoice_line_ids.mapped("price_subtotal"), [99.17, 120.0, 99.17])
        self.assertEqual((invoice.amount_total, invoice.amount_tax), (360.0, 41.65))
        for line, words in zip(invoice.invoice_line_ids, ("Fitness", "Physiotherapy", "not used"), strict=True):
            self.assertIn(words, line.name)
            self.assertNotIn("An Peeters", line.name)
        self.assertIn("paid in advance", str(invoice.narration))
        self.assertEqual(self.balance(self.used), 0.0)
        self.assertBooksAgree()

    def test_a_visit_undone_before_its_invoice_stands_on_none(self):
        self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        self.visit(appointment_type=self.physio)
        self.release()
        event.attendance = "cancelled"
        self.assertEntry(self.entry_of(event), (self.liability, -120.0), (self.income, 99.17), (self.used, 20.83))
        [document] = self.invoice_visits()
        self.assertEqual(document.invoice_id.invoice_line_ids.mapped("price_total"), [120.0])
        self.assertEqual(event.credit_move_ids.release_ids.mapped("vat_settled"), [True, True])
        self.assertFalse(self.invoice_visits())
        self.assertBooksAgree()

    def test_a_visit_undone_after_its_invoice_is_credited_once(self):
        lot = self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        event.attendance = "cancelled"
        self.assertLot(lot, available=10, value=1200.0)
        april = date(2026, 4, 30)
        [correction] = self.invoice_visits(april)
        note = correction.invoice_id
        self.assertEqual((correction.kind, note.move_type), ("out_refund", "out_refund"))
        self.assertEntry(note, (self.receivable(), -120.0), (self.used, 99.17), (self.vat_account, 20.83), date=april)
        self.assertEntry(correction.settlement_id, (self.used, -120.0), (self.receivable(), 120.0), date=april)
        self.assertEqual(note.reversed_entry_id, document.invoice_id)
        self.assertEqual(note.amount_residual, 0.0)
        for account in (self.used, self.vat_account, self.income):
            self.assertEqual(self.balance(account), 0.0)
        self.assertFalse(self.invoice_visits(april))
        self.assertBooksAgree()

    def test_a_visit_that_becomes_a_no_show_stays_invoiced(self):
        self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        self.invoice_visits()
        event.attendance = "no_show"
        self.assertFalse(self.invoice_visits(date(2026, 4, 30)))
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (0.0, -99.17))
        self.assertBooksAgree()

    def test_the_rest_is_refunded_without_vat(self):
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        refund = self.credit_note(lot.invoice_id, quantity=0.9)
        self.assertEntry(refund, (self.liability, 1080.0), (self.receivable(), -1080.0))
        self.assertLot(lot, used=1, refunded=9, value=0.0)
        self.invoice_visits()
        self.assertBooksAgree()

    def test_the_vat_of_what_was_sold_with_it_is_not_due_again(self):
        self.card.vat_moment = "use"
        package = self.make_package("One rate")
        product = self.make_product(package, list_price=121.0, taxes_id=[Command.set(self.vat.ids)])
        fitness = self.make_type(package, tax_id=self.vat.id)
        self.sell(product=product)
        package.vat_moment = "use"
        event = self.visit(appointment_type=fitness)
        self.assertEntry(self.entry_of(event), (self.liability, 10.0), (self.income, -10.0))
        self.assertFalse(self.invoice_visits())

    def test_credits_sold_with_vat_at_use_keep_it(self):
        self.sell_card()
        self.physio.active = False
        self.card_product.taxes_id = self.vat
        self.card.vat_moment = "sale"
        event = self.visit(appointment_type=self.fitness)
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.income, -99.17), (self.used, -20.83))
        with self.assertRefused("were sold with VAT at each visit: choose a tax for Fitness", ValidationError):
            self.fitness.tax_id = False


@tagged("post_install", "-at_install")
class TestVatAtUse(VatCase):
    # === WHICH PACKAGES AND TYPES FIT === #

    def test_types_of_such_a_package_need_a_tax_in_both_directions(self):
        with self.assertRefused("choose a tax for Untaxed", ValidationError):
            self.make_type(self.card, name="Untaxed")
        with self.assertRefused("choose a tax for Fitness", ValidationError):
            self.fitness.tax_id = False
        untaxed = self.make_type(self.package, name="Untaxed")
        with self.assertRefused("choose a tax for Untaxed", ValidationError):
            untaxed.package_id = self.card
        with self.assertRefused("choose a tax for Session", ValidationError):
            self.package.vat_moment = "use"

    def test_a_type_without_tax_is_not_restored_into_such_a_package(self):
        self.type.active = False
        (self.env["practice.appointment.type"].search([("package_id", "=", self.package.id)])).active = False
        self.package.vat_moment = "use"
        with self.assertRefused("choose a tax for Session", ValidationError):
            self.type.active = True

    def test_a_package_of_one_rate_refuses_types_of_another(self):
        self.product.taxes_id = self.vat
        with self.assertRefused("Exempt has the tax PB exempt, and .* is sold with PB 21 at use", ValidationError):
            self.make_type(self.package, name="Exempt", tax_id=self.exempt.id)
        self.make_type(self.package, name="Fits", tax_id=self.vat.id)
        with self.assertRefused("Let the package take VAT at each visit", ValidationError):
            self.product.taxes_id = self.exempt
        with self.assertRefused("Let the package take VAT at each visit", ValidationError):
            self.make_product(self.package, name="Untaxed")

    def test_only_a_sales_percentage_is_the_tax_of_a_type(self):
        purchase = self.make_tax(21.0, account=False, name="PB purchase", type_tax_use="purchase")
        fixed = self.make_tax(2.0, account=False, name="PB fixed", amount_type="fixed")
        for tax in (purchase, fixed, self.voucher):
            with self.assertRefused("cannot be the tax of Fitness", ValidationError):
                self.fitness.tax_id = tax

    def test_its_money_has_to_wait_and_be_released_as_it_was_paid(self):
        with self.assertRefused("choose its balance post", ValidationError):
            self.card.deferred_account_id = False
        with self.assertRefused("not the internal rate", ValidationError):
            self.card.release_method = "internal_rate"

    def test_its_products_have_the_tax_of_vouchers_whatever_they_are_given(self):
        product = self.make_product(self.card, name="New", taxes_id=[Command.set(self.vat.ids)])
        self.assertEqual(product.taxes_id, self.voucher)
        self.assertFalse(product.practice_lacks_tax)
        self.product.taxes_id = self.vat
        self.product.package_id = self.card
        self.assertEqual(self.product.taxes_id, self.voucher)
        with self.assertRefused("Choose the tax of the product first", ValidationError):
            self.physio.active = False
            self.card.vat_moment = "sale"

    def test_the_tax_of_vouchers_says_what_it_is(self):
        self.assertEqual((self.voucher.amount, self.voucher.type_tax_use), (0.0, "sale"))
        self.assertIn("Article 30b", str(self.voucher.invoice_legal_notes))
        self.assertFalse(self.voucher.invoice_repartition_line_ids.tag_ids)
        if "ubl_cii_tax_category_code" in self.voucher._fields:
            self.assertEqual(self.voucher.ubl_cii_tax_category_code, "O")
        self.assertEqual(self.company._practice_get_voucher_tax(), self.voucher)

    # === SELLING === #

    def test_it_is_not_sold_without_the_account(self):
        with self.assertRefused("instead of none", ValidationError):
            self.company.practice_used_account_id = False
        other = self.make_account("liability_current", "PB not reconcilable")
        with self.assertRefused("allows reconciliation", ValidationError):
            self.company.practice_used_account_id = other
        self.env.cr.execute("UPDATE res_company SET practice_used_account_id = NULL")
        self.company.invalidate_recordset()
        with self.assertRefused("has no account for what is used"):
            self.invoice(product=self.card_product)

    def test_no_product_and_no_fiscal_position_adds_vat(self):
        self.env.cr.execute(
            "UPDATE product_taxes_rel SET tax_id = %s WHERE prod_id = %s",
            (self.vat.id, self.card_product.product_tmpl_id.id),
        )
        self.card_product.invalidate_recordset()
        self.assertEqual(self.card_product.taxes_id, self.vat)
        foreign = self.make_tax(0.0, name="PB export")
        position = self.env["account.fiscal.position"].create({"name": "PB export"})
        foreign.write({"fiscal_position_ids": [Command.link(position.id)], "original_tax_ids": self.vat.ids})
        invoice = self.invoice(product=self.card_product, fiscal_position_id=position.id)
        self.assertEqual((invoice.invoice_line_ids.tax_ids, invoice.amount_total), (self.voucher, 1200.0))

    def test_another_tax_is_refused_at_posting(self):
        for taxes in (self.vat, self.exempt, self.vat.browse()):
            draft = self.invoice(product=self.card_product, line={"tax_ids": [Command.set(taxes.ids)]}, post=False)
            with self.assertRefused("Choose the tax Voucher, VAT at Use"):
                draft.action_post()
        draft = self.invoice(line={"tax_ids": [Command.set(self.voucher.ids)]}, post=False)
        with self.assertRefused("none would ever be due"):
            draft.action_post()

    def test_an_account_on_which_nothing_waits_is_refused(self):
        draft = self.invoice(product=self.card_product, line={"account_id": self.income.id}, post=False)
        with self.assertRefused("has to wait on"):
            draft.action_post()

    def test_drafts_follow_the_package(self):
        self.type.tax_id = self.exempt
        draft = self.invoice(post=False)
        self.package.vat_moment = "use"
        self.assertEqual(draft.invoice_line_ids.tax_ids, self.voucher)
        draft.action_post()
        self.assertTrue(self.lot_of(draft).vat_at_use)

    def test_an_invoice_that_is_reset_stays_what_it_sold(self):
        self.type.tax_id = self.exempt
        invoice = self.invoice()
        self.package.vat_moment = "use"
        invoice.button_draft()
        invoice.action_post()
        self.assertFalse(self.lot_of(invoice).vat_at_use)
        self.assertFalse(invoice.invoice_line_ids.tax_ids)
        note = self.credit_note(invoice)
        self.assertEqual(note.amount_tax, 0.0)

    def test_what_visits_had_is_not_made_cheaper_afterwards(self):
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        note = self.credit_note(lot.invoice_id, post=False)
        note.invoice_line_ids.practice_credits = 9
        with self.assertRefused("gives back more than its credits hold"):
            note.action_post()

    # === OTHER WAYS OF CREDITS === #

    def test_transferred_credits_keep_it_and_go_to_whose_money_they_are(self):
        lot = self.sell_card()
        bert = self.make_patient()
        received = lot._transfer(bert, 3, receiver_pays=True, day=TODAY, expiry_date=False, reason="")
        self.assertLot(received, vat_at_use=True, value=360.0)
        self.visit(patient=bert, appointment_type=self.fitness)
        [document] = self.invoice_visits()
        self.assertEqual(document.partner_id, bert)
        self.assertBooksAgree()

    def test_who_gave_credits_away_is_invoiced_and_not_told_who_used_them(self):
        bert = self.make_patient()
        self.sell_card()._transfer(bert, 3, receiver_pays=False, day=TODAY, expiry_date=False, reason="")
        self.visit(patient=bert, appointment_type=self.fitness)
        [document] = self.invoice_visits()
        self.assertEqual(document.partner_id, self.patient)
        self.assertNotIn("Bert", document.invoice_id.invoice_line_ids.name)
        self.assertBooksAgree()

    def test_who_paid_is_invoiced_for_each_patient(self):
        firm = self.make_patient("De Brug", is_company=True)
        bert = self.make_patient()
        for patient in (self.patient, bert):
            self.sell_card(firm, line={"practice_patient_id": patient.id})
            self.visit(patient=patient, appointment_type=self.fitness)
        [document] = self.invoice_visits()
        self.assertEqual(document.invoice_id.partner_id, firm)
        names = document.invoice_id.invoice_line_ids.mapped("name")
        self.assertIn("An Peeters", names[0])
        self.assertIn("Bert Claes", names[1])
        self.assertEqual(self.balance(self.used), 0.0)
        self.assertBooksAgree()

    def test_courtesy_credits_have_no_vat_and_imported_ones_have_it_inside(self):
        self.give(self.patient, package_id=self.card.id)
        self.assertFalse(self.visit(appointment_type=self.fitness).credit_move_ids.release_ids)
        bert = self.make_patient()
        row = self.import_credits(bert, booking="entry", package=self.card)
        self.assertTrue(row.lot_id.vat_at_use)
        event = self.visit(patient=bert, appointment_type=self.fitness)
        self.release()
        self.assertEqual(event.credit_move_ids.release_ids.tax_amount, 13.02)
        self.assertBooksAgree()

    def test_an_upgrade_has_no_vat_either(self):
        five = self.make_product(self.card, name="Five", package_credits=5, list_price=650.0)
        lot = self.sell_card(product=five)
        invoice = lot._upgrade(self.card_product)
        self.assertEqual((invoice.amount_total, invoice.amount_tax), (550.0, 0.0))
        self.assertTrue(self.lot_of(invoice).vat_at_use)
        self.assertBooksAgree()

    def test_a_type_that_changes_its_tax_does_so_from_then_on(self):
        self.sell_card()
        first = self.visit(appointment_type=self.fitness)
        reduced = self.make_tax(6.0)
        self.fitness.tax_id = reduced
        second = self.visit(appointment_type=self.fitness)
        taxes = [event.credit_move_ids.release_ids.tax_amount for event in (first, second)]
        self.assertEqual(taxes, [20.83, 6.79])
        first.attendance = "cancelled"
        self.assertEqual(sum(first.credit_move_ids.release_ids.mapped("tax_amount")), 0.0)
        [document] = self.invoice_visits()
        self.assertEqual(document.invoice_id.amount_tax, 6.79)
        self.assertBooksAgree()

    def test_a_tax_on_top_is_taken_out_of_what_was_paid_all_the_same(self):
        self.vat.price_include_override = "tax_excluded"
        lot = self.sell_card(product=self.make_product(self.card, package_credits=1, list_price=100.0))
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        invoice = document.invoice_id
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax, invoice.amount_total), (82.64, 17.36, 100.0))
        self.assertEqual(lot.value_open, 0.0)
        self.assertBooksAgree()

    def test_cents_that_documents_round_otherwise_are_revenue(self):
        for method in ("round_per_line", "round_globally"):
            with self.subTest(method):
                self.company.tax_calculation_rounding_method = method
                patient = self.make_patient(method)
                self.sell_card(patient, product=self.make_product(self.card, package_credits=7, list_price=100.0))
                for _number in range(7):
                    self.visit(patient=patient, appointment_type=self.fitness)
                [document] = self.invoice_visits(self.today() + timedelta(days=1))
                self.assertEqual((document.invoice_id.amount_total, document.invoice_id.amount_residual), (100.0, 0.0))
                self.assertEqual(self.balance(self.used), 0.0)
                self.assertBooksAgree()

    # === THE INVOICES === #

    def test_they_are_no_sale_and_stay(self):
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        invoice = document.invoice_id
        self.assertFalse(invoice.practice_sells_credits or invoice.practice_lot_ids)
        self.assertEqual(self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]), lot)
        for move in document.move_ids:
            self.assertFalse(move.show_reset_to_draft_button)
            with self.assertRefused("Correct the visit instead"):
                move.button_draft()
            with self.assertRefused("Correct the visit instead"):
                move._reverse_moves()
            with self.assertRefused("Correct the visit instead"):
                move.button_cancel()
        self.assertEqual(invoice.action_open_practice_visits()["domain"], [("vat_document_id", "=", document.id)])

    @mute_logger("odoo.sql_db")
    def test_visits_are_invoiced_once(self):
        self.make_staff()
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        self.assertFalse(self.invoice_visits())
        with self.assertRaises(AccessError):
            document.with_user(self.front_desk).action_make()
        document.with_user(self.accountant).action_make()
        self.assertEqual(len(document.move_ids), 2)
        with self.assertRefused("invoiced already|unique", UniqueViolation):
            document._make()

    def test_one_that_fails_says_so_and_stops_nobody(self):
        bert = self.make_patient()
        for patient in (self.patient, bert):
            self.sell_card(patient)
            self.visit(patient=patient, appointment_type=self.fitness)
        self.release()
        bert.property_account_receivable_id = self.make_account("asset_receivable", "PB archived", active=False)
        self.travel("2026-04-01 06:00")
        self.run_visit_invoices()
        documents = self.env["practice.vat.document"].search([])
        failed = documents.filtered(lambda it: it.partner_id == bert)
        self.assertEqual((documents - failed).mapped("state"), ["made"])
        self.assertEqual(failed.state, "failed")
        self.assertTrue(failed.error)
        self.assertTrue(failed.activity_ids)
        self.assertBooksAgree()
        bert.property_account_receivable_id.active = True
        self.travel(days=1)
        self.run_visit_invoices()
        self.assertEqual((failed.state, failed.error, len(failed.activity_ids)), ("made", False, 0))
        self.assertBooksAgree()

    def test_the_run_invoices_months_that_are_over_once(self):
        run = self.run_visit_invoices
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        run()
        self.assertFalse(self.env["practice.vat.document"].search([]))
        self.travel("2026-04-01 01:00")
        run()  # the night's release comes first
        self.assertFalse(self.env["practice.vat.document"].search([]))
        run(release=True)
        [document] = self.env["practice.vat.document"].search([])
        self.assertEqual(document.invoice_id.invoice_date, MONTH_END)
        self.plan(appointment_type=self.fitness, start=self.at(days=-3)).attendance = "attended"
        self.travel(days=1)
        run(release=True)
        self.assertEqual(self.env["practice.vat.document"].search([]), document)

    def test_a_locked_month_is_invoiced_today(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.travel("2026-04-08 06:00")
        self.release()
        self.company.tax_lock_date = MONTH_END
        [document] = self.invoice_visits()
        self.assertEqual(document.invoice_id.invoice_date, date(2026, 4, 8))
        self.assertEqual(document.move_ids.mapped("date"), [date(2026, 4, 8)] * 2)
        self.assertBooksAgree()

    def test_a_rate_that_was_changed_is_told(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.release()
        self.vat.amount = 19.0
        self.travel("2026-04-01 06:00")
        document = self.env["practice.vat.document"]._invoice_until(self.company, MONTH_END)
        self.assertIn("the rate of a tax was changed", document.error)
        self.assertFalse(document.move_ids)
        self.assertBooksAgree()

    def test_they_are_sent_when_the_company_says_so(self):
        self.company.practice_mail_visit_invoices = True
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        self.assertTrue(document.invoice_id.sending_data)
        self.assertFalse(document.settlement_id.sending_data)

    def test_the_dialog_of_the_accountant(self):
        self.make_staff()
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.release()
        self.travel("2026-04-02 06:00")
        with self.assertRaises(AccessError):
            self.env["practice.vat.make"].with_user(self.front_desk).create({})
        form = Form(self.env["practice.vat.make"].with_user(self.accountant))
        self.assertEqual(form.date_to, MONTH_END)
        self.assertIn("20.83", form.consequence)
        form.save().action_make()
        [document] = self.env["practice.vat.document"].search([])
        self.assertEqual(document.state, "made")
        form.date_to = date(2026, 4, 3)
        with self.assertRefused("still to come"):
            form.save().action_make()

    def test_a_patient_with_visits_to_invoice_is_not_forgotten(self):
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.release()
        self.credit_note(lot.invoice_id, quantity=0.9)
        self.assertIn("to be invoiced", " ".join(self.patient._practice_find_forget_obstacles()))
        self.invoice_visits(self.today())
        self.assertNotIn("to be invoiced", " ".join(self.patient._practice_find_forget_obstacles()))

    def test_what_practitioners_get_is_of_what_is_left_without_vat(self):
        lot = self.sell_card()
        self.visit(appointment_type=self.fitness)
        self.env.flush_all()
        paid = self.env["practice.credit.move"]._get_paid_sql()
        rows = self.env.execute_query(
            SQL(
                """SELECT %s FROM practice_credit_move credit JOIN practice_credit_lot lot ON lot.id = credit.lot_id
                LEFT JOIN account_move_line line ON line.id = lot.invoice_line_id
                    WHERE credit.lot_id = %s AND credit.kind = 'use'""",
                paid,
                lot.id,
            )
        )
        self.assertEqual([round(float(amount), 2) for [amount] in rows], [99.17])

    def test_the_account_is_checked_at_each_month_end(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        documents = self.env["practice.vat.document"]
        self.assertEqual(documents._get_difference(self.company, MONTH_END), {})
        self.release()
        self.assertEqual(documents._get_waiting_vat(self.company, MONTH_END), {self.used: 20.83})
        self.invoice_visits()
        self.assertEqual(documents._get_difference(self.company, MONTH_END), {})
        self.assertEqual(documents._get_difference(self.company, MONTH_END - timedelta(days=1)), {})
        entry = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "date": MONTH_END,
                "line_ids": [
                    Command.create({"account_id": self.used.id, "balance": -5.0}),
                    Command.create({"account_id": self.income.id, "balance": 5.0}),
                ],
            }
        )
        entry.action_post()
        self.assertEqual(documents._get_difference(self.company, MONTH_END), {self.used: (0.0, 5.0)})

    def test_the_proof_agrees_also_with_the_entries_of_vat(self):
        self.sell_card()
        event = self.visit(appointment_type=self.fitness)
        self.visit(appointment_type=self.physio)
        self.release()
        self.invoice_visits()
        event.attendance = "cancelled"
        self.release()
        self.env.flush_all()
        proof = self.env["practice.credit.proof"]
        wrong = proof._get_keys_with_difference([("company_id", "=", self.company.id)])
        self.assertFalse([key for key in wrong if key[1] in self.liability + self.income + self.used])

    def test_it_prints_how_it_was_settled(self):
        self.sell_card()
        self.visit(appointment_type=self.fitness)
        [document] = self.invoice_visits()
        invoice = document.invoice_id
        self.assertEqual((invoice.invoice_date_due, invoice.ref), (MONTH_END, False))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html("account.account_invoices", invoice.ids)
        self.assertIn(b"Settled from credits paid in advance", html)

    def test_no_membership_gives_it(self):
        plan = self.env["practice.plan"].create({"name": "Member", "product_id": self.product.id})
        self.type.tax_id = self.exempt
        with self.assertRefused("given by the plan Member", ValidationError):
            self.package.vat_moment = "use"
        plan.product_id = self.make_product(self.make_package("Of members"))
        self.package.vat_moment = "use"
        with self.assertRefused("given by the plan Member", ValidationError):
            plan.product_id = self.product

    def test_a_posted_line_keeps_its_tax(self):
        with self.assertRaises(UserError):
            self.sell_card().invoice_id.invoice_line_ids.tax_ids = self.vat
