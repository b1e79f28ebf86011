"""A package that is paid in parts gives its credits as it is paid: the rows of docs/books.md, and every door."""

from ast import literal_eval

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from ..common.instalments import InstalmentsCase, InstalmentsMixin
from ..common.pages import FamilyMixin


@tagged("post_install", "-at_install")
class TestInstalmentBooks(InstalmentsCase):
    """Each row of the table *Instalments*."""

    def assertPost(self, balance):
        self.assertEqual(-self.balance(self.liability), balance)
        self.assertBooksAgree()
        self.assertFalse(self.env["practice.credit.proof"]._get_keys_with_difference())

    def test_sold(self):
        lot = self.in_parts()
        invoice = lot.invoice_id
        self.assertEqual(invoice._practice_get_parts().mapped("balance"), [400.0, 400.0, 400.0])
        self.assertEntry(
            invoice, *[(self.receivable(), 400.0) for _part in range(3)], (self.liability, -1200.0), date=self.today()
        )
        self.assertLot(lot, total=10, available=10, paid=0, spendable=0, value=1200.0, state="pending")
        self.assertPost(1200.0)

    def test_paid_part_by_part(self):
        lot = self.in_parts()
        for covered in (3, 6, 10):
            payment = self.pay_part(lot.invoice_id)
            self.assertEqual(payment.amount, 400.0)
            self.assertLot(lot, available=10, paid=covered, spendable=covered, value=1200.0, state="active")
        self.assertTrue(lot.is_paid)
        self.assertPost(1200.0)

    def test_a_visit_releases_as_ever(self):
        lot = self.in_parts(paid=1)
        self.visit()
        self.release()
        self.assertEqual(self.balance(self.income), -120.0)
        self.assertLot(lot, used=1, available=9, spendable=2, value=1080.0)
        self.assertPost(1080.0)

    def test_bounced_after_a_visit_and_with_one_planned(self):
        lot = self.in_parts()
        payment = self.pay_part(lot.invoice_id)
        self.visit()
        planned = self.plan()
        self.bounce(payment)
        self.assertLot(lot, available=8, used=1, reserved=1, paid=0, spendable=0, overdrawn=2, state="pending")
        self.assertTrue(self.is_unpaid(planned))
        self.release()
        self.assertPost(1080.0)

    def test_one_of_two_parts_bounced(self):
        lot = self.in_parts(paid=1)
        payment = self.pay_part(lot.invoice_id)
        planned = [self.plan(start=self.at(days=day)) for day in (1, 2, 3, 4)]
        self.bounce(payment)
        self.assertLot(lot, reserved=4, paid=3, spendable=0, overdrawn=1, state="active")
        self.assertTrue(all(self.is_unpaid(event) for event in planned))
        planned[-1].active = False
        self.assertFalse(any(self.is_unpaid(event) for event in planned))
        self.assertLot(lot, reserved=3, available=7, spendable=0, overdrawn=0)
        self.assertPost(1200.0)

    def test_credit_note_for_three_when_one_part_is_paid(self):
        lot = self.in_parts(paid=1)
        note = self.credit_note(lot.invoice_id, quantity=0.3)
        self.assertEqual(
            sum(note.line_ids.filtered(lambda it: it.account_id == self.liability).mapped("balance")), 360.0
        )
        self.assertEqual((note.amount_residual, lot.invoice_id.amount_residual), (0.0, 440.0))
        self.assertLot(lot, available=7, refunded=3, paid=3, unpaid=4, spendable=3, value=840.0)
        self.assertPost(840.0)

    def test_a_lower_price_pays_nothing(self):
        lot = self.in_parts(paid=1)
        note = self.credit_note(lot.invoice_id, post=False)
        note.invoice_line_ids.write({"price_unit": 200.0, "practice_credits": 0})
        note.action_post()
        # 400 of 1,000.
        self.assertLot(lot, available=10, paid=4, spendable=4, value=1000.0)
        self.assertPost(1000.0)

    def test_the_last_part_written_off(self):
        lot = self.in_parts(paid=2)
        self.lose(lot, 400.0)
        self.assertEqual(lot.invoice_id.payment_state, "paid")
        self.assertLot(lot, available=10, paid=6, spendable=6, value=1200.0, state="active")
        self.assertIn("4 credits", lot.invoice_id.activity_ids.note)
        self.assertPost(1200.0)

    def test_the_loss_of_the_last_part_taken_back(self):
        lot = self.in_parts(paid=2)
        self.lose(lot, 400.0)
        entry = self.take_back(lot)
        self.assertEntry(entry, (self.liability, 400.0), (self.loss, -400.0))
        self.assertLot(lot, available=6, refunded=4, paid=6, unpaid=0, spendable=6, value=800.0, state="active")
        self.assertEqual(self.balance(self.loss), 0.0)
        self.assertPost(800.0)

    def test_what_was_agreed_for_paying_early_is_no_loss(self):
        agreed = self.make_account("expense", "PB early")
        self.company.account_journal_early_pay_discount_loss_account_id = agreed
        lot = self.in_parts(paid=2)
        self.pay(lot.invoice_id, 380.0)
        self.settle(lot.invoice_id, agreed, 20.0)
        self.assertLot(lot, paid=10, spendable=10)
        self.assertPost(1200.0)

    def test_the_rest_taken_back(self):
        lot = self.in_parts(paid=1)
        note = self.take_back(lot)
        self.assertEntry(note, (self.liability, 800.0), (self.receivable(), -800.0))
        self.assertEqual((note.amount_residual, lot.invoice_id.amount_residual), (0.0, 0.0))
        self.assertLot(lot, available=3, refunded=7, paid=3, unpaid=0, spendable=3, value=400.0, state="active")
        self.visit()
        self.assertEqual(lot.value_open, 266.67)
        self.release()
        self.assertPost(266.67)

    def test_the_rest_taken_back_one_part_owed_and_one_lost(self):
        lot = self.in_parts(paid=1)
        self.lose(lot, 400.0)
        note = self.take_back(lot)
        self.assertEntry(note, (self.liability, 400.0), (self.receivable(), -400.0))
        self.assertLot(lot, available=6, refunded=4, paid=3, spendable=3, value=800.0)
        entry = self.take_back(lot)
        self.assertEntry(entry, (self.liability, 400.0), (self.loss, -400.0))
        self.assertLot(lot, available=3, refunded=7, paid=3, unpaid=0, spendable=3, value=400.0)
        self.assertPost(400.0)

    def test_refund_of_all(self):
        lot = self.in_parts(paid=1)
        note = self.credit_note(lot.invoice_id)
        self.assertEqual((note.amount_residual, lot.invoice_id.amount_residual), (400.0, 0.0))
        self.assertLot(lot, refunded=10, paid=0, unpaid=0, spendable=0, value=0.0, state="cancelled")
        self.assertPost(0.0)


@tagged("post_install", "-at_install")
class TestInstalments(InstalmentsCase):
    """Every door through which parts are paid, and undone."""

    def test_an_invoice_that_is_due_on_one_day_gives_nothing_until_it_is_settled(self):
        lot = self.lot_of(self.invoice())
        self.pay(lot.invoice_id, 800.0)
        self.assertLot(lot, paid=0, spendable=0, state="pending")

    def test_payment_terms_changed_since_change_nothing(self):
        lot = self.in_parts(paid=1)
        self.three_parts.line_ids[1:].unlink()
        self.three_parts.line_ids.value_amount = 100.0
        lot.invoice_id._practice_get_parts().write({"date_maturity": self.today()})
        self.assertLot(lot, paid=3, due_date=self.today())
        self.pay(lot.invoice_id, 400.0)
        self.assertLot(lot, paid=6)

    def test_the_fourth_visit_is_refused_with_the_numbers(self):
        self.in_parts(paid=1)
        for day in (1, 2, 3):
            self.plan(start=self.at(days=day))
        with self.assertRefused(r"1 credit needed, 0 available \(0 used, 3 reserved, 7 waiting for payment\)"):
            self.plan(start=self.at(days=4))

    def test_any_amount_counts_not_only_whole_parts(self):
        lot = self.in_parts()
        for amount, covered in ((118.0, 0), (2.0, 1), (119.99, 2), (660.01, 7), (298.0, 9), (2.0, 10)):
            self.pay(lot.invoice_id, amount)
            self.assertEqual(lot.credits_paid, covered)

    def test_bank_statement(self):
        lot = self.in_parts()
        self.settle(lot.invoice_id, self.outstanding, 400.0)
        self.assertLot(lot, paid=3)

    def test_unreconciled(self):
        lot = self.in_parts(paid=2)
        self.unpay(lot.invoice_id)
        self.assertLot(lot, paid=0, spendable=0, state="pending")

    def test_the_validity_begins_with_the_first_credit(self):
        self.package.validity_months = 2
        lot = self.in_parts()
        self.assertFalse(lot.activation_date)
        self.travel(days=5)
        self.pay_part(lot.invoice_id)
        self.assertEqual((lot.activation_date, lot.expiry_date.isoformat()), (self.today(), "2026-05-16"))
        self.travel(days=25)
        self.pay_part(lot.invoice_id)
        self.assertEqual(lot.expiry_date.isoformat(), "2026-05-16")

    def test_two_packages_and_a_mat_share_what_is_paid(self):
        five = self.make_product(self.package, name="Five", package_credits=5, list_price=600.0)
        lines = [
            Command.create({"product_id": self.product.id}),
            Command.create({"product_id": five.id}),
            Command.create({"name": "Mat", "price_unit": 300.0, "tax_ids": [Command.clear()]}),
        ]
        lots = self.in_parts(invoice_line_ids=lines).sorted("credits_total")
        self.pay_part(lots.invoice_id)
        self.assertEqual(lots.mapped("credits_paid"), [1, 3])
        self.pay_part(lots.invoice_id)
        self.assertEqual(lots.mapped("credits_paid"), [3, 6])
        note = self.take_back(lots)
        self.assertEqual(note.amount_total, 600.0)
        self.assertEqual((lots.mapped("credits_paid"), lots.mapped("credits_unpaid")), ([3, 6], [0, 0]))
        self.assertBooksAgree()

    def test_what_is_credited_of_one_package_leaves_the_money_to_the_other(self):
        five = self.make_product(self.package, name="Five", package_credits=5, list_price=600.0)
        lines = [Command.create({"product_id": product.id}) for product in (self.product, five)]
        ten, _five = self.in_parts(paid=1, invoice_line_ids=lines).sorted("credits_total", reverse=True)
        note = self.credit_note(ten.invoice_id, post=False)
        note.invoice_line_ids[0].unlink()
        note.action_post()
        self.assertLot(ten, paid=5, spendable=5)  # 600 of 1,200

    def test_a_discount_on_a_line_of_its_own_is_no_payment(self):
        lines = [
            Command.create({"product_id": self.product.id}),
            Command.create({"name": "Discount", "price_unit": -120.0, "tax_ids": [Command.clear()]}),
        ]
        lot = self.in_parts(invoice_line_ids=lines)
        self.assertLot(lot, paid=0, value=1080.0)
        self.pay_part(lot.invoice_id)
        self.assertLot(lot, paid=3)

    def test_with_tax_and_in_dollars(self):
        dollar = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "CHF" if self.currency.name == "USD" else "USD")])
        )
        dollar.active = True
        dollar.rate_ids.unlink()
        dollar.rate_ids = [
            Command.create({"name": day, "rate": rate, "company_id": self.company.id})
            for day, rate in (("2026-01-01", 1.2), ("2026-03-20", 0.9))
        ]
        tax = self.make_tax(21.0, price_include_override="tax_excluded")
        line = {"tax_ids": [Command.set(tax.ids)]}
        lot = self.in_parts(price=1000.0, currency_id=dollar.id, line=line)
        for covered in (3, 6, 10):
            self.pay(lot.invoice_id, 403.33 if covered < 10 else 403.34, currency_id=dollar.id)
            self.assertEqual(lot.credits_paid, covered)
            self.travel(days=10)

    def test_credits_for_a_third_each(self):
        product = self.make_product(self.package, name="Three", package_credits=3, list_price=100.0)
        lot = self.in_parts(product=product)
        self.assertEqual(lot.invoice_id._practice_get_parts().mapped("balance"), [33.33, 33.33, 33.34])
        for covered in (1, 2, 3):
            self.pay_part(lot.invoice_id)
            self.assertEqual(lot.credits_paid, covered)

    def test_only_what_is_paid_expires(self):
        self.package.validity_months = 1
        lot = self.in_parts(paid=1)
        self.travel(days=40)
        self.assertIn(lot, lot.search(lot._get_expired_domain(self.company)))
        lot._expire()
        self.assertLot(lot, lost=3, available=7, spendable=0, state="active")
        self.assertNotIn(lot, lot.search(lot._get_expired_domain(self.company)))
        self.pay(lot.invoice_id, 800.0)
        lot.search(lot._get_expired_domain(self.company))._expire()
        self.assertLot(lot, lost=10, value=0.0, state="expired")
        self.release()
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestInstalmentsUnpaid(InstalmentsCase):
    """The list of what is unpaid, and taking it back."""

    def test_the_list_shows_the_oldest_unpaid_part(self):
        lot = self.in_parts(paid=1)
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action_unpaid")
        self.assertIn(lot, lot.search(literal_eval(action["domain"])))
        self.assertEqual((str(lot.due_date), lot.days_overdue), ("2026-04-10", 0))
        self.assertEqual((lot.amount_due, lot.amount_overdue), (800.0, 0.0))
        self.travel(days=40)
        lot.invalidate_recordset()
        self.assertEqual((lot.days_overdue, lot.amount_due, lot.amount_overdue), (10, 800.0, 400.0))
        self.assertIn("overdue", lot.parts_note)
        self.pay_part(lot.invoice_id)
        self.assertEqual((str(lot.due_date), lot.days_overdue), ("2026-05-10", 0))
        self.assertIn("Credits paid: 6 of 10", lot.parts_note)

    def test_what_is_paid_or_planned_is_not_taken_back(self):
        lot = self.in_parts(paid=1)
        planned = [self.plan(start=self.at(days=day)) for day in (1, 2)]
        self.take_back(lot)
        self.assertLot(lot, reserved=2, available=1, refunded=7, spendable=1)
        self.assertEqual({event.credit_state for event in planned}, {"reserved"})
        with self.assertRefused("Refund what is paid instead"):
            lot._take_back_unpaid(self.today(), self.loss)

    def test_planned_visits_that_are_not_covered_are_cancelled_first(self):
        lot = self.in_parts()
        payment = self.pay_part(lot.invoice_id)
        self.plan()
        self.bounce(payment)
        with self.assertRefused("Cancel those first"):
            lot._take_back_unpaid(self.today(), self.loss)

    def test_only_paid_credits_are_transferred(self):
        lot = self.in_parts(paid=1)
        bert = self.make_patient()
        wizards = self.env["practice.credit.transfer"]
        vals = {"lot_id": lot.id, "receiver_id": bert.id, "reason": "test"}
        self.assertEqual(wizards.create(vals).credits, 3)
        with self.assertRefused("Only 3 of the 10 available credits are paid"):
            wizards.create({**vals, "credits": 4}).action_transfer()
        wizards.create({**vals, "credits": 2}).action_transfer()
        received = lot.transferred_lot_ids
        self.assertLot(lot, available=8, transferred=2, spendable=1)
        self.assertLot(received, available=2, spendable=2)
        self.assertBooksAgree()

    def test_what_was_transferred_lacks_what_the_giver_has_taken_when_a_part_bounces(self):
        lot = self.in_parts()
        payment = self.pay_part(lot.invoice_id)
        bert = self.make_patient()
        vals = {"lot_id": lot.id, "receiver_id": bert.id, "reason": "test", "credits": 2}
        self.env["practice.credit.transfer"].create(vals).action_transfer()
        received = lot.transferred_lot_ids
        planned = self.plan()
        self.bounce(payment)
        self.assertLot(received, spendable=0, state="pending")
        self.pay(lot.invoice_id, 250.0)
        self.assertLot(lot, paid=2, overdrawn=1)
        self.assertLot(received, paid=1, spendable=1)
        planned.active = False
        self.assertLot(received, paid=2, spendable=2)
        with self.assertRaises(UserError):
            self.plan()


@tagged("post_install", "-at_install")
class TestInstalmentsSold(InstalmentsCase):
    """The dialog *Sell Package*."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def form(self):
        return Form(
            self.env["practice.package.sale"]
            .with_user(self.front_desk)
            .with_context(default_partner_id=self.patient.id)
        )

    def test_the_terms_of_the_payer_and_what_they_mean(self):
        self.patient.property_payment_term_id = self.three_parts
        form = self.form()
        form.product_id = self.product
        self.assertEqual(form.payment_term_id, self.three_parts)
        words = form.parts_note.replace("\N{NO-BREAK SPACE}", " ")
        for said in ("3 parts", "400.00", "on 03/11/2026", "on 05/10/2026", "after each part: 3, 6, 10"):
            self.assertIn(said, words)
        form.payment_journal_id = self.bank
        self.assertIn("is paid now: 3 credits can be planned at once", form.parts_note)
        form.payment_term_id = self.three_parts.browse()
        self.assertFalse(form.parts_note)

    def test_what_is_said_is_what_is_billed_and_paid(self):
        form = self.form()
        form.product_id = self.product
        form.quantity = 2
        form.payment_term_id = self.three_parts
        form.payment_journal_id = self.bank
        said = form.save()._get_parts()
        form.save().action_sell()
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)])
        parts = lot.invoice_id._practice_get_parts()
        self.assertEqual([day for day, _amount, _credits in said], parts.mapped("date_maturity"))
        self.assertEqual([credits for _day, _amount, credits in said], [6, 13, 20])
        self.assertEqual(parts.mapped("amount_residual"), [0.0, 800.0, 800.0])
        self.assertLot(lot, paid=6, spendable=6)

    def test_sold_without_terms_although_the_payer_has_some(self):
        self.patient.property_payment_term_id = self.three_parts
        form = self.form()
        form.product_id = self.product
        form.payment_term_id = self.three_parts.browse()
        form.payment_journal_id = self.bank
        form.save().action_sell()
        self.assertTrue(self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]).is_paid)

    def test_the_dialog_that_takes_back_says_what_stays(self):
        lot = self.in_parts(paid=1)
        wizard = self.env["practice.credit.take.back"].with_context(default_lot_ids=lot.ids).create({})
        self.assertIn("Credits that are taken back: 7", wizard.consequence)
        self.assertIn("800.00", wizard.consequence)
        self.assertIn("credits that are kept: 3", wizard.consequence)


@tagged("post_install", "-at_install")
class TestInstalmentsOnThePortal(InstalmentsMixin, FamilyMixin, HttpCase):
    def test_what_is_paid_and_the_next_part(self):
        lot = self.in_parts(paid=1, patient=self.parent)
        self.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "True")
        self.authenticate("pb_parent", "pb_parent")
        page = self.page("/my/packages").replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn("Credits paid: 3 of 10. Next part: ", page)
        self.assertIn("<strong>3</strong> left", page)
        self.assertIn("<strong>7</strong> waiting for payment", page)
        self.assertIn(f"/my/invoices/{lot.invoice_id.id}?payment=True#portal_pay", page)
        self.assertEqual(self.url_open(f"/my/invoices/{lot.invoice_id.id}?payment=True").status_code, 200)

    def test_nothing_of_the_money_for_whom_somebody_else_pays(self):
        line = {"practice_patient_id": self.parent.id}
        lot = self.in_parts(paid=1, patient=self.stranger, line=line)
        self.assertEqual(lot.partner_id, self.parent)
        self.authenticate("pb_parent", "pb_parent")
        page = self.page("/my/packages")
        self.assertIn("<strong>3</strong> left", page)
        self.assertNotIn("Next part", page)
        self.assertNotIn("/my/invoices/", page)
