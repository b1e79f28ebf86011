"""5 credits become 10 with one invoice: the rows of docs/books.md, who may, and what comes in between."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common.practice import PracticeCase, PracticeMixin
from ..common.races import RaceCase, done, refused


@tagged("post_install", "-at_install")
class TestUpgrades(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.five = cls.make_product(cls.package, name="Five", package_credits=5, list_price=650.0)

    def sell_five(self, used=2, **vals):
        """Sell 5 credits, of which some are used."""
        lot = self.sell(product=self.five, **vals)
        for _number in range(used):
            self.visit()
        return lot

    def dialog(self, lot, user=None, **vals):
        dialogs = self.env["practice.credit.upgrade"].with_user(user or self.env.user)
        return dialogs.create({"lot_id": lot.id, **vals})

    def upgrade(self, lot, **vals):
        """Upgrade as the dialog does; return the new lot and the invoice, whose amount is what was announced."""
        dialog = self.dialog(lot, **vals)
        announced = dialog.credits, dialog.amount_total
        invoice = self.env["account.move"].browse(dialog.action_upgrade()["res_id"])
        new = self.lot_of(invoice)
        self.assertEqual((new.credits_total, invoice.amount_total), announced)
        return new, invoice

    def assertHolds(self):
        """Check the books and the proof once all visits are released."""
        self.release()
        self.assertBooksAgree()
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})

    # === THE BOOKS === #

    def test_the_difference(self):
        lot = self.sell_five()
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 550.0)
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        waiting = invoice.line_ids.filtered(lambda it: it.account_id == self.liability)
        self.assertEqual(sum(waiting.mapped("balance")), -550.0)
        self.assertLot(lot, used=2, refunded=3, available=0, value=0.0, state="used_up")
        self.assertLot(new, available=8, value=940.0, state="active", payer_id=self.patient)
        self.visit()
        self.assertLot(new, used=1, available=7, value=822.5)
        self.assertHolds()
        self.assertEqual((self.balance(self.liability), self.balance(self.income)), (-822.5, -377.5))

    def test_until_it_is_paid_what_was_unused_can_be_planned(self):
        new, invoice = self.upgrade(self.sell_five())
        self.assertLot(new, available=8, credits_spendable=3, state="active")
        for number in range(3):
            self.plan(start=self.at(days=number + 2))
        with self.assertRefused("5 waiting for payment"):
            self.plan(start=self.at(days=9))
        self.pay(invoice, 300.0)
        self.assertLot(new, available=5, credits_spendable=2)
        self.pay(invoice)
        self.assertLot(new, available=5, credits_spendable=5)
        self.assertHolds()

    def test_never_paid_it_is_taken_back_and_what_was_unused_stays(self):
        new, invoice = self.upgrade(self.sell_five())
        [note] = new._take_back_unpaid(self.today(), self.env["account.account"])
        self.assertEqual((note.amount_total, invoice.amount_residual), (550.0, 0.0))
        self.assertLot(new, available=3, credits_spendable=3, refunded=5, value=390.0)
        self.assertHolds()

    def test_the_price_less_what_is_unused(self):
        self.package.upgrade_rule = "unused"
        new, invoice = self.upgrade(self.sell_five(), payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 810.0)
        self.assertLot(new, available=10, value=1200.0)
        self.assertHolds()

    def test_what_is_planned_stays_where_it_is(self):
        lot = self.sell_five()
        event = self.plan(start=self.at(days=5))
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 550.0)
        self.assertLot(lot, used=2, reserved=1, refunded=2, value=130.0)
        self.assertLot(new, available=7, value=810.0)
        event.unlink()
        self.assertLot(lot, available=1, value=130.0)
        self.assertHolds()

    def test_what_was_refunded_before_is_not_compared(self):
        lot = self.sell_five()
        self.credit_note(lot.invoice_id, quantity=0.2)
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 680.0)
        self.assertLot(new, available=8, value=940.0)
        self.assertHolds()

    def test_taxes_inside_and_on_top(self):
        for included in (True, False):
            with self.subTest(included=included):
                tax = self.make_tax(name=f"PB {included}")
                if not included:
                    tax.price_include_override = "tax_excluded"
                factor = 1.21 if included else 1.0
                self.five.write({"taxes_id": tax.ids, "list_price": 650.0 * factor})
                self.product.write({"taxes_id": tax.ids, "list_price": 1200.0 * factor})
                patient = self.make_patient(f"Patient {included}")
                lot = self.sell(patient, product=self.five)
                for _number in range(2):
                    self.visit(patient=patient)
                new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
                self.assertEqual((invoice.amount_total, invoice.amount_untaxed), (665.5, 550.0))
                self.assertLot(new, available=8, value=940.0)
        self.assertHolds()

    def test_the_tax_changed_in_between(self):
        lot = self.sell_five(price=650.0)
        tax = self.make_tax()
        (self.five + self.product).taxes_id = tax
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 550.0)
        # 940 with 21 % inside, less what was bought without tax.
        self.assertLot(new, available=8, value=776.86)
        self.assertHolds()

    def test_the_price_of_today_counts(self):
        lot = self.sell_five()
        self.five.list_price = 700.0
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 500.0)
        self.assertLot(new, available=8, value=890.0)
        self.assertHolds()

    def test_a_discount_of_then_is_given_back_as_it_was_paid(self):
        lot = self.sell_five(price=500.0)
        new, invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.assertEqual(invoice.amount_total, 550.0)
        self.assertLot(new, available=8, value=850.0)
        self.assertHolds()

    def test_reset_and_posted_again_it_is_the_same(self):
        lot = self.sell_five()
        new, invoice = self.upgrade(lot)
        invoice.button_draft()
        self.assertLot(lot, used=2, available=3, value=390.0)
        self.assertLot(new, total=0, value=0.0, state="cancelled")
        self.product.package_credits = 12
        self.package.upgrade_rule = "unused"
        invoice.action_post()
        self.assertLot(new, total=8, value=940.0)
        self.assertHolds()

    def test_it_is_not_posted_again_when_the_credits_are_used_by_then(self):
        _new, invoice = self.upgrade(self.sell_five())
        invoice.button_draft()
        self.visit()
        with self.assertRefused("Only 2 can go back"):
            invoice.action_post()
        self.assertHolds()

    def test_credited_as_a_whole_what_was_unused_comes_back(self):
        lot = self.sell_five()
        new, invoice = self.upgrade(lot)
        note = self.credit_note(invoice)
        self.assertEqual(note.amount_total, 550.0)
        self.assertLot(new, available=0, refunded=8, value=0.0)
        self.assertLot(self.lot_of(note), total=3, value=390.0)
        self.assertHolds()

    def test_a_part_of_the_new_ones_is_refunded(self):
        new, _invoice = self.upgrade(self.sell_five(), payment_journal_id=self.bank.id)
        refund = self.env["practice.credit.refund"].create({"lot_id": new.id, "credits": 4, "method": "open"})
        self.assertEqual(refund.amount_total, 470.0)
        refund.action_refund()
        self.assertLot(new, available=4, refunded=4, value=470.0)
        self.assertHolds()

    def test_an_upgrade_of_an_upgrade(self):
        new, _invoice = self.upgrade(self.sell_five(), payment_journal_id=self.bank.id)
        twenty = self.make_product(self.package, name="Twenty", package_credits=20, list_price=2200.0)
        last, invoice = self.upgrade(new, payment_journal_id=self.bank.id)
        self.assertEqual(last.invoice_line_id.product_id, twenty)
        # The two that were used of the first count as two of the twenty.
        self.assertEqual(invoice.amount_total, 1000.0)
        self.assertLot(last, available=18, value=1940.0)
        self.assertHolds()

    def test_another_pays(self):
        employer = self.make_patient("De Brug", is_company=True)
        lot = self.sell(employer, product=self.five, line={"practice_patient_id": self.patient.id})
        new, invoice = self.upgrade(lot)
        self.assertEqual((invoice.partner_id, new.payer_id, new.partner_id), (employer, employer, self.patient))
        self.assertHolds()

    # === WHAT THE DIALOG SAYS === #

    def test_it_proposes_the_next_larger_one_and_says_what_happens(self):
        self.make_product(self.package, name="Twenty", package_credits=20, list_price=2200.0)
        self.package.validity_months = 12
        lot = self.sell_five()
        form = Form(self.env["practice.credit.upgrade"].with_context(default_lot_id=lot.id))
        self.assertEqual((form.product_id, form.credits, form.amount_total), (self.product, 8, 550.0))
        self.assertIn("Unused credits that go into it: 3, for which", form.consequence)
        self.assertIn("390.00", form.consequence)
        self.assertIn("Until it is paid", form.consequence)
        self.assertIn("expires on", form.consequence)
        form.payment_journal_id = self.bank
        self.assertNotIn("Until it is paid", form.consequence)

    def test_without_a_larger_product_it_says_so(self):
        lot = self.sell()
        dialog = Form(self.env["practice.credit.upgrade"].with_context(default_lot_id=lot.id))
        self.assertFalse(dialog.product_id)
        self.assertFalse(dialog.consequence)

    def test_the_invoice_says_what_it_is(self):
        _new, invoice = self.upgrade(self.sell_five())
        sold, back = invoice.invoice_line_ids
        self.assertIn("Upgrade of INV", sold.name.replace("PBSAL", "INV"))
        self.assertIn("8 credits", sold.name)
        self.assertIn("Unused credits of", back.name)
        self.assertIn(": 3", back.name)

    # === WHAT IS REFUSED === #

    def test_what_cannot_be_upgraded(self):
        used = self.sell_five(used=5)
        unpaid = self.lot_of(self.invoice(product=self.five))
        gift = self.env["practice.credit.lot"]._give_away(
            {
                "partner_id": self.patient.id,
                "package_id": self.package.id,
                "company_id": self.company.id,
                "credits": 1,
            },
            "Sorry",
        )
        cheap = self.sell_five(used=0)
        for lot, words in (
            (unpaid, "Register it first"),
            (gift, "Only credits that were sold"),
            (used, "nothing is left"),
        ):
            with self.subTest(words), self.assertRefused(words):
                lot._upgrade(self.product)
        with self.assertRefused("Choose a product of Ten sessions that gives more than 5"):
            cheap._upgrade(self.five)
        self.product.list_price = 600.0
        with self.assertRefused("nothing would be left to pay"):
            cheap._upgrade(self.product)
        self.package.validity_months = 1
        over = self.sell_five(used=0)
        self.travel(days=60)
        with self.assertRefused("have expired"):
            over._upgrade(self.product)

    def test_who_may(self):
        lot = self.sell_five()
        for user in (self.employee, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.dialog(lot, user).action_upgrade()
        invoice_id = self.dialog(lot, self.front_desk).action_upgrade()["res_id"]
        new = self.lot_of(self.env["account.move"].browse(invoice_id))
        self.assertLot(new, available=8, value=940.0)
        for name in ("practice_upgraded_credits", "practice_upgraded_had", "practice_upgraded_line_id"):
            with self.assertRefused("agreed to when it was made"):
                new.invoice_line_id.with_user(self.accountant)[name] = False

    # === MEANWHILE === #

    def test_the_history_of_both(self):
        lot = self.sell_five()
        self.upgrade(lot, payment_journal_id=self.bank.id)
        outcomes = [row["outcome"] for row in lot._prepare_history()]
        self.assertIn("Upgraded", outcomes[-1])

    def test_a_visit_before_it_was_upgraded_that_is_corrected_later(self):
        lot = self.sell_five()
        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)], limit=1)
        new, _invoice = self.upgrade(lot, payment_journal_id=self.bank.id)
        self.travel(days=1)
        event.attendance = "cancelled"
        self.assertLot(lot, used=1, available=1, value=130.0)
        self.assertLot(new, available=8, value=940.0)
        self.assertHolds()


@tagged("post_install", "-at_install")
class TestUpgradeRaces(PracticeMixin, RaceCase):
    now = None

    def test_pressed_twice_it_is_upgraded_once(self):
        five = self.make_product(self.package, name="Racing five", package_credits=5, list_price=650.0)
        lot = self.sell(self.make_patient("Racing Upgrader"), product=five)
        self.cr.commit()
        product = self.product

        def upgrade(env):
            return lot.with_env(env)._upgrade(product.with_env(env)).id

        outcomes = self.race([upgrade] * 2)
        for loser in refused(outcomes):
            if not isinstance(loser, UserError):
                raise loser  # with where it comes from
        self.assertEqual(len(done(outcomes)), 1)
        self.assertLot(lot, available=0, refunded=5, value=0.0)
        self.assertBooksAgree()
