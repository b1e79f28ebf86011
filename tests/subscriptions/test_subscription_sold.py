"""What was sold stays sold: what is given back goes by the lines that were billed, and never above what they hold."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.sold import SoldCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestMasterDataChanges(SoldCase):
    """Taxes, product, account and fiscal position of today concern what is charged today."""

    def reverse_charge(self, subscription):
        """Let the organisation's invoices be without tax from now on."""
        position = self.env["account.fiscal.position"].create({"name": "Reverse charge"})
        self.make_tax(
            0.0,
            name="PB reverse charge",
            price_include_override="tax_excluded",
            account=False,
            fiscal_position_ids=[Command.set(position.ids)],
            original_tax_ids=[Command.set(self.tax.ids)],
        )
        subscription.organisation_id.property_account_position_id = position
        return position

    def test_nothing_changed(self):
        subscription, invoice = self.begin()
        self.go_on("2026-07-01")
        note = self.end(subscription)
        self.assertEqual(self.licence_line(note).practice_origin_id, self.licence_line(invoice))
        self.assertGivenBack(note)

    def test_a_fiscal_position_that_maps_to_accounts_of_another_kind_is_told(self):
        subscription = self.subscribe(seats=("An",), interval="year", date_start=day(1, 1))
        position = self.reverse_charge(subscription)
        debt = self.make_account("liability_current", "PB other debt")
        for account, wrong, words in (
            (self.waiting, self.licences, "Reverse charge.* wait on .*PB licences.*no liability"),
            (self.licences, debt, "Reverse charge.*release .*PB other debt.*no revenue"),
        ):
            position.account_ids = [
                Command.clear(),
                Command.create({"account_src_id": account.id, "account_dest_id": wrong.id}),
            ]
            subscription._bill_now()
            self.assertRegex(subscription.error, words)
            self.assertFalse(subscription.period_ids)
        position.account_ids.unlink()
        self.assertTrue(self.bill(subscription))

    def test_an_organisation_that_moved_abroad_gets_its_tax_back(self):
        subscription, invoice = self.begin()
        self.go_on("2026-07-01")
        self.reverse_charge(subscription)
        note = self.end(subscription)
        self.assertEqual(note.fiscal_position_id, invoice.fiscal_position_id)
        self.assertGivenBack(note)

    def test_a_change_gives_the_old_tax_back_and_charges_the_new_one(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-07-01")
        position = self.reverse_charge(subscription)
        move = self.change(subscription)
        self.assertInvoice(move, {"Credit for unused days": [-196.6], "Blended": [297.42]}, 100.82, -41.29)
        self.assertEqual(move.fiscal_position_id, position)
        self.assertEndsWell()

    def test_a_product_that_got_another_tax(self):
        low = self.make_tax(6.0, name="PB 6", price_include_override="tax_excluded")
        for name in ("cancelled", "changed"):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                subscription, _invoice = self.begin()
                self.go_on("2026-07-01")
                self.licence_product.taxes_id = low
                if name == "cancelled":
                    self.assertGivenBack(self.end(subscription))
                else:
                    self.assertEqual(self.change(subscription).amount_tax, round(-41.29 + 17.85, 2))
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_a_product_whose_tax_is_included_now(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-07-01")
        self.licence_product.taxes_id = self.make_tax(21.0, name="PB in", price_include_override="tax_included")
        self.assertGivenBack(self.end(subscription))

    def test_what_was_billed_with_its_tax_inside_is_given_back_so(self):
        self.licence_product.taxes_id = self.make_tax(21.0, name="PB in", price_include_override="tax_included")
        subscription, invoice = self.begin()
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (322.31, 390.0))
        self.go_on("2026-07-01")
        self.licence_product.taxes_id = self.tax
        note = self.end(subscription)
        self.assertEqual(note.amount_total, 195.53)
        self.assertGivenBack(note, 161.6, 33.93)

    def test_another_product_and_archived_ones(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-07-01")
        self.standard.product_id = self.make_service("Licence B", taxes_id=[Command.clear()])
        self.licence_product.active = False
        self.tax.active = False
        note = self.end(subscription)
        self.assertEqual(self.licence_line(note).product_id, self.licence_product)
        self.assertGivenBack(note)

    def test_a_balance_post_that_is_not_used_any_more(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-07-01")
        self.standard.deferred_account_id = self.make_account("liability_current", "PB new")
        self.waiting.active = False
        note = self.end(subscription)
        self.assertEqual(self.licence_line(note).account_id, self.waiting)
        self.assertEqual((note.amount_untaxed, note.amount_tax), (195.53, 41.06))
        self.assertHeld()

    def test_a_plan_without_balance_post_gives_back_from_the_account_of_the_sale(self):
        before = self.make_account("income", "PB before")
        plan = self.make_plan("Standard", deferred_account_id=False, income_account_id=before.id)
        subscription, _invoice = self.begin(plan)
        self.go_on("2026-07-01")
        plan.write({"deferred_account_id": self.waiting.id, "income_account_id": self.licences.id})
        self.assertGivenBack(self.end(subscription))
        self.assertEqual((self.balance(before), self.balance(self.licences)), (-194.47, 0.0))

    def test_the_discount_is_given_back_with_the_tax_it_was_billed_with(self):
        subscription, invoice = self.begin(code=self.make_code(duration="forever"))
        self.assertEqual(invoice.amount_untaxed, 312.0)
        self.go_on("2026-07-01")
        self.reverse_charge(subscription)
        note = self.end(subscription)
        self.assertEqual(self.products(note).mapped("price_subtotal"), [195.53, -39.11])
        self.assertEqual(self.products(note).practice_origin_id, self.products(invoice))
        self.assertGivenBack(note, 156.42, 32.85)

    def test_a_discount_on_two_periods_is_shared_by_what_it_took_off_each(self):
        code = self.make_code(duration="forever")
        subscription, _invoice = self.begin(interval="month", code=code)
        self.go_on("2026-01-16")
        self.seat(subscription, "Dirk")
        invoice = self.bill(subscription, "2026-02-01")
        # Dirk: 16 of 31 days of January, 20.13; the code takes 20 % of 98.13.
        self.assertEqual(self.amounts(invoice)["Discount"], [-19.63])
        self.go_on("2026-02-14")
        note = self.end(subscription)
        # 14 of 28 days of 78.00, less 20 %: what was for January stays.
        self.assertEqual(self.products(note).mapped("price_subtotal"), [39.0, -7.8])
        self.assertGivenBack(note, 31.2, 6.55)


@tagged("post_install", "-at_install")
class TestWhatIsHeld(SoldCase):
    """Never more is given back than the posted documents hold."""

    def test_goodwill_by_hand_lowers_it_in_proportion(self):
        subscription, invoice = self.begin()
        self.go_on("2026-02-01")
        self.credit_by_hand(invoice, price_unit=200.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 95.26, 20.0)

    def test_the_unused_half_that_was_credited_by_hand_lowers_it(self):
        subscription, invoice = self.begin()
        self.go_on("2026-07-01")
        self.credit_by_hand(invoice, price_unit=195.53)
        self.assertGivenBack(self.end(subscription), 97.5, 20.48)

    def test_a_credit_note_that_says_which_days_it_is_for_is_not_repeated(self):
        subscription, invoice = self.begin()
        self.go_on("2026-07-01")
        self.credit_by_hand(invoice, price_unit=195.53, practice_date_from=day(7, 2))
        self.assertFalse(self.end(subscription))
        self.assertEndsWell()

    def test_everything_that_was_credited_by_hand_leaves_nothing(self):
        subscription, invoice = self.begin()
        self.go_on("2026-02-01")
        self.credit_by_hand(invoice)
        self.go_on("2026-07-01")
        self.assertFalse(self.end(subscription))
        self.assertEndsWell()

    def test_an_amount_that_was_edited_before_posting(self):
        for price, given_back in ((100.0, (50.14, 10.53)), (500.0, (250.68, 52.64))):
            with self.subTest(price), self.env.cr.savepoint() as savepoint:
                subscription, invoice = self.begin(pay=False)
                self.edit(invoice, price_unit=price)
                self.go_on("2026-07-01")
                self.assertGivenBack(self.end(subscription), *given_back)
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_an_upgrade_credits_what_is_held(self):
        subscription, invoice = self.begin()
        self.credit_by_hand(invoice, price_unit=200.0)
        self.go_on("2026-07-01")
        move = self.change(subscription)
        # 190 × 184 ÷ 365
        self.assertInvoice(move, {"Credit for unused days": [-95.78], "Blended": [297.42]})
        self.assertIn("of 190.00", self.products(move)[0].name)
        self.assertEndsWell()

    def test_of_two_seats_one_was_credited(self):
        subscription, invoice = self.begin(seats=("An", "Bert"))
        self.go_to("2026-01-05")
        self.credit_by_hand(invoice, quantity=1)
        self.leave(subscription, "Bert")
        self.go_on("2026-07-01")
        self.assertInvoice(self.change(subscription), {"Credit for unused days": [-196.6], "Blended": [297.42]})
        self.assertEndsWell()

    def test_a_rebate_that_somebody_added(self):
        subscription, invoice = self.begin(pay=False)
        invoice.button_draft()
        invoice.invoice_line_ids = [
            Command.create({"name": "Rebate", "price_unit": -90, "account_id": self.waiting.id, "tax_ids": []})
        ]
        invoice.action_post()
        self.assertEqual(self.due_releases(), 300.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 150.41, 41.06)

    def test_a_licence_that_somebody_replaced(self):
        subscription, invoice = self.begin(pay=False)
        invoice.button_draft()
        self.licence_line(invoice).unlink()
        invoice.invoice_line_ids = [
            Command.create({"product_id": self.licence_product.id, "price_unit": 300, "account_id": self.waiting.id})
        ]
        invoice.action_post()
        self.assertEqual(self.due_releases(), 300.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 150.41, 31.59)


@tagged("post_install", "-at_install")
class TestMadeAnew(SoldCase):
    """Odoo's *Reverse and Create Invoice*."""

    def made_anew(self, **vals):
        subscription, invoice = self.begin()
        self.go_to("2026-01-05")
        new = self.make_anew(invoice, **vals)
        if new.amount_residual:
            self.pay(new)
        return subscription, new

    def test_the_new_invoice_is_that_of_the_period(self):
        subscription, new = self.made_anew()
        self.assertEqual((subscription.period_id.state, subscription.period_id.move_id), ("billed", new))
        self.assertTrue(subscription.period_id.licence_ids.is_paid_for)
        rows = self.env["practice.subscription.mrr"].search([("subscription_id", "=", subscription.id)])
        self.assertEqual(rows.mapped("mrr"), [32.5])
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))

    def test_it_may_have_another_price(self):
        subscription, _new = self.made_anew(price_unit=100.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 50.14, 10.53)

    def test_it_may_have_another_tax(self):
        low = self.make_tax(6.0, name="PB 6", price_include_override="tax_excluded")
        subscription, _new = self.made_anew(tax_ids=[Command.set(low.ids)])
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 195.53, 11.73)

    def test_an_upgrade_credits_it(self):
        subscription, _new = self.made_anew()
        self.go_on("2026-07-01")
        self.assertInvoice(self.change(subscription), {"Credit for unused days": [-196.6], "Blended": [297.42]})
        self.assertEndsWell()

    def test_whoever_comes_back_is_not_billed_again(self):
        subscription, _new = self.made_anew()
        self.go_on("2026-03-01")
        self.end(subscription, credit_unused=False)
        subscription._begin_billing()
        self.assertFalse(self.bill(subscription))
        self.assertEqual(subscription.next_invoice_date, day(1, 1, 2027))
        self.assertEndsWell()

    def test_while_it_is_a_draft_nobody_knows(self):
        subscription, new = self.made_anew()
        new.button_draft()
        self.assertEqual(subscription.period_id.state, "draft")
        with self.assertRefused("is a draft"):
            subscription._change_plan(self.blended, "year")


@tagged("post_install", "-at_install")
class TestSeatsThatAreNotPaid(SoldCase):
    def add(self, subscription, withdraw):
        """Let Dirk join on 1 February, bill him, and withdraw that invoice."""
        self.go_on("2026-02-01")
        self.seat(subscription, "Dirk")
        invoice = subscription._bill_extras()
        self.assertEqual(invoice.amount_untaxed, 356.88)
        withdraw(invoice)

    def test_a_seat_whose_invoice_was_withdrawn_is_not_given_back(self):
        for name in ("credit", "cancel_invoice"):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                subscription, _invoice = self.begin()
                self.add(subscription, getattr(self, name))
                self.go_on("2026-07-01")
                self.assertGivenBack(self.end(subscription))
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_a_newcomer_does_not_take_it_for_nothing(self):
        for name in ("credit", "cancel_invoice"):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                subscription, _invoice = self.begin()
                self.add(subscription, getattr(self, name))
                self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, False])
                self.leave(subscription, "Dirk", day(2, 9))
                self.go_on("2026-02-10")
                self.seat(subscription, "Els")
                # From 10 February: 325 of 365 days.
                self.assertInvoice(subscription._bill_extras(), {"Practitioners added": [347.26]})
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_whom_it_was_billed_for_is_not_billed_a_second_time(self):
        subscription, _invoice = self.begin()
        self.add(subscription, self.credit)
        self.go_on("2026-02-10")
        self.assertFalse(subscription._bill_extras())

    def test_billed_again_it_is_paid_for(self):
        subscription, _invoice = self.begin()
        self.add(subscription, self.cancel_invoice)
        extras = subscription.period_ids.filtered(lambda it: it.kind == "extras")
        self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, False])
        extras.action_bill_again()
        self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, True])
        extras.move_id.action_post()
        self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, True])
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription), 391.06, 82.12)

    def test_the_reverse_gives_back_what_was_paid_for_and_is_not_used(self):
        subscription, invoice = self.begin()
        self.add(subscription, self.pay)
        self.credit(invoice)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))

    def test_goodwill_of_less_than_a_seat_takes_none_away(self):
        subscription, invoice = self.begin(seats=("An", "Bert"))
        self.credit_by_hand(invoice, quantity=1, price_unit=200.0)
        self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, True])
        self.credit_by_hand(invoice, quantity=1, price_unit=200.0)
        self.assertEqual(subscription.period_id.licence_ids.mapped("is_paid_for"), [True, False])


@tagged("post_install", "-at_install")
class TestMembershipIsFrozen(SoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visits = cls.make_product(cls.package, package_credits=4, taxes_id=[Command.set(cls.tax.ids)])
        cls.member_plan = cls.make_plan(
            "Member", {"month": {"standard": 100.0}}, product_id=cls.visits.id, deferred_account_id=False
        )

    def test_a_membership_whose_product_changed_gives_no_days_back(self):
        for name, change in (
            ("swapped", lambda: self.member_plan.write({"product_id": self.licence_product.id})),
            ("emptied", lambda: self.visits.write({"package_id": False})),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                subscription, invoice = self.begin(self.member_plan, interval="month")
                self.go_to("2026-01-11")
                change()
                with self.assertRefused("gives visits, not days"):
                    subscription._cancel_now("other", credit_unused=True)
                # Nor are days charged to whoever joins a period of visits.
                self.seat(subscription, "Dirk")
                self.assertFalse(subscription._bill_extras())
                self.assertEqual(self.lot_of(invoice).credits_available, 4)
                self.assertFalse(self.end(subscription))
                self.assertEqual(self.balance(self.liability), -100.0)
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_days_that_were_billed_stay_days_when_the_product_begins_to_sell_credits(self):
        plan = self.make_plan("Standard", deferred_account_id=False)
        subscription, _invoice = self.begin(plan, interval="month")
        self.go_to("2026-01-11")
        self.seat(subscription, "Dirk")
        (self.standard + self.starter + self.blended).deferred_account_id = False
        self.licence_product.write({"package_id": self.package.id, "package_credits": 4})
        self.assertInvoice(subscription._bill_extras(), {"Practitioners added": [26.42]})
        note = self.end(subscription)
        # 20 of 31 days: An 25.16; Dirk, from today on, all but today.
        self.assertEqual(self.products(note).mapped("price_subtotal"), [25.16, 25.16])
        self.assertFalse(subscription.period_ids.move_ids.practice_lot_ids)

    def test_a_plan_with_a_balance_post_keeps_a_product_without_credits(self):
        self.begin()
        with self.assertRefused(r"running subscriptions: 1.*Make another product", ValidationError):
            self.licence_product.package_id = self.package

    def test_the_forms_say_whose_next_period_changes(self):
        self.begin(self.member_plan, interval="month")
        for record, vals in (
            (self.visits.product_tmpl_id, {"package_id": False}),
            (self.member_plan, {"product_id": self.licence_product.id}),
        ):
            with self.subTest(record._name):
                values = {name: record._fields[name].convert_to_write(value, record) for name, value in vals.items()}
                result = record.onchange(values, list(values), {name: {} for name in values})
                self.assertIn("1", result["warning"]["message"])
