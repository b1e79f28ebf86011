"""Documents of a period that are drafts, cancelled or made again, and whose customer becomes another one."""

from odoo.fields import Command
from odoo.tests import tagged

from ..common.sold import SoldCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestDraftsAndCancelled(SoldCase):
    """An upgrade on 1 July: 196.60 of Standard are given back, 297.42 of Blended are charged."""

    def upgraded(self):
        subscription, invoice = self.begin()
        self.go_on("2026-07-01")
        return subscription, invoice, self.change(subscription)

    def planned(self, period):
        return period.release_ids.filtered(lambda it: it.state == "due").sorted(lambda it: (it.date, it.id))

    def test_nothing_is_given_back_while_the_invoice_is_a_draft(self):
        subscription, invoice = self.begin(pay=False)
        self.go_on("2026-07-01")
        invoice.button_draft()
        for refused in (
            lambda: subscription._get_change_preview(self.blended, "year"),
            lambda: subscription._change_plan(self.blended, "year"),
            lambda: subscription._cancel_now("other", credit_unused=True),
        ):
            with self.assertRefused(rf"{invoice.name} of the period .* is a draft.*Post it, or cancel it"):
                refused()
        wizard = self.env["practice.subscription.change"].create(
            {"subscription_id": subscription.id, "plan_id": self.blended.id, "interval": "year"}
        )
        self.assertIn("is a draft", wizard.problem)
        invoice.action_post()
        self.assertInvoice(self.change(subscription), {"Credit for unused days": [-196.6], "Blended": [297.42]})
        self.assertEndsWell()

    def test_ending_without_credit_does_not_ask_for_it(self):
        subscription, invoice = self.begin(pay=False)
        self.go_on("2026-07-01")
        invoice.button_draft()
        self.assertFalse(self.end(subscription, credit_unused=False))
        self.assertEqual(subscription.state, "cancelled")

    def test_a_cancelled_invoice_gives_nothing_back_and_is_billed_again_until_the_last_day_served(self):
        subscription, invoice = self.begin(pay=False)
        self.go_to("2026-01-05")
        self.cancel_invoice(invoice)
        self.go_on("2026-07-01")
        upgrade = self.change(subscription)
        self.assertInvoice(upgrade, {"Blended": [297.42]})
        period = invoice.practice_period_id
        period.action_bill_again()
        period.move_id.action_post()
        again = period.move_id
        # 181 of 365 days; with the upgrade 490.82.
        self.assertEqual((again.amount_untaxed, again.amount_tax), (193.4, 40.61))
        self.assertEqual(self.currency.round(upgrade.amount_untaxed + again.amount_untaxed), 490.82)
        line = self.licence_line(again)
        self.assertEqual((line.practice_date_to, again.invoice_date), (day(6, 30), day(7, 1)))
        self.assertIn("Until 06/30/2026 only", line.name)
        self.assertEqual(self.planned(period).mapped(lambda it: (it.date, it.amount)), [(day(7, 1), 193.4)])
        self.assertEndsWell()

    def test_a_discount_is_billed_again_for_the_same_days(self):
        subscription, invoice = self.begin(pay=False, code=self.make_code(duration="forever"))
        self.cancel_invoice(invoice)
        self.go_on("2026-07-01")
        self.change(subscription)
        period = invoice.practice_period_id
        period.action_bill_again()
        self.assertEqual(self.products(period.move_id).mapped("price_subtotal"), [193.4, -38.68])

    def test_billed_again_in_the_whole_period_it_is_billed_in_full(self):
        subscription, invoice = self.begin(pay=False)
        self.cancel_invoice(invoice)
        subscription.period_id.action_bill_again()
        again = subscription.period_id.move_id
        again.action_post()
        self.assertEqual(again.amount_untaxed, 390.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))

    def test_when_the_invoice_of_the_upgrade_is_withdrawn_the_rest_waits_for_its_days(self):
        for name in ("cancel_invoice", "credit"):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                subscription, invoice, upgrade = self.upgraded()
                getattr(self, name)(upgrade)
                before = invoice.practice_period_id
                self.assertEqual(before.service_to, day(12, 31))
                planned = self.planned(before)
                self.assertEqual(planned[:1].date, day(7, 31))
                self.assertEqual(self.currency.round(sum(planned.mapped("amount"))), 196.62)
                self.assertHeld()
                # What was paid is given back when it all ends, and once only.
                self.assertGivenBack(self.end(subscription))
                savepoint.rollback()
                self.env.invalidate_all()
                self.go_to("2026-01-01")

    def test_another_upgrade_then_gives_it_back(self):
        subscription, _invoice, upgrade = self.upgraded()
        self.cancel_invoice(upgrade)
        self.assertInvoice(
            self.change(subscription, self.make_plan("Blended", {"year": {"standard": 790.0}})),
            {"Credit for unused days": [-196.6], "Blended": [398.25]},
        )
        self.assertEndsWell()

    def test_an_upgrade_that_is_billed_again_ends_the_days_before_it_again(self):
        subscription, invoice, upgrade = self.upgraded()
        self.cancel_invoice(upgrade)
        self.go_on("2026-08-01")
        subscription.period_id.action_bill_again()
        again = subscription.period_id.move_id
        again.action_post()
        self.assertEqual((again.amount_untaxed, again.invoice_date), (100.82, day(8, 1)))
        before = invoice.practice_period_id
        self.assertEqual(before.service_to, day(6, 30))
        # July was released meanwhile: it is taken back today.
        self.assertEqual(self.planned(before).mapped("date"), [day(8, 1)])
        self.assertEndsWell()

    def test_an_upgrade_is_not_billed_again_when_its_credit_was_given_meanwhile(self):
        subscription, _invoice, upgrade = self.upgraded()
        self.cancel_invoice(upgrade)
        self.end(subscription)
        with self.assertRefused(r"gave back .*196\.60.* for unused days of .*change the plan again"):
            upgrade.practice_period_id.action_bill_again()

    def test_an_upgrade_set_back_to_draft_books_nothing_in_the_past(self):
        _subscription, invoice, upgrade = self.upgraded()
        upgrade.button_draft()
        self.assertTrue(all(it.date >= day(7, 1) for it in self.planned(invoice.practice_period_id)))
        self.assertHeld()
        upgrade.action_post()
        self.assertEndsWell()


@tagged("post_install", "-at_install")
class TestAccountsOfADraft(SoldCase):
    def draft(self):
        subscription, invoice = self.begin(pay=False)
        invoice.button_draft()
        return subscription, invoice

    def test_update_taxes_and_accounts_leaves_the_balance_post(self):
        mapped = self.make_account("liability_current", "PB mapped")
        account_ids = [
            Command.create({"account_src_id": source.id, "account_dest_id": mapped.id})
            for source in (self.waiting, self.licences)
        ]
        position = self.env["account.fiscal.position"].create({"name": "PB", "account_ids": account_ids})
        _subscription, invoice = self.draft()
        invoice.fiscal_position_id = position
        invoice.action_update_fpos_values()
        invoice.action_post()
        self.assertEqual(self.licence_line(invoice).account_id, self.waiting)
        self.assertEqual(self.due_releases(), 390.0)
        self.assertEndsWell()

    def test_another_liability_is_refused_with_both_names(self):
        _subscription, invoice = self.draft()
        self.licence_line(invoice).account_id = self.make_account("liability_current", "PB other")
        with self.assertRefused("waits on .*PB licences in advance: on .*PB other"):
            invoice.action_post()

    def test_on_a_revenue_account_nothing_waits_and_it_is_given_back_from_there(self):
        subscription, invoice = self.draft()
        self.licence_line(invoice).account_id = self.licences
        invoice.action_post()
        self.assertEqual(self.due_releases(), 0.0)
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))
        self.assertEqual(self.balance(self.licences), -194.47)

    def test_a_changed_amount_is_released(self):
        _subscription, invoice = self.draft()
        self.licence_line(invoice).price_unit = 100.0
        invoice.action_post()
        self.assertEqual(self.due_releases(), 100.0)
        self.assertEndsWell()

    def test_usage_with_the_product_of_the_plan_is_not_for_the_period(self):
        self.standard.usage_price_ids = [Command.create({"kind_id": self.questionnaire.id, "unit_price": 5.0})]
        subscription, _invoice = self.begin()
        self.go_to("2026-01-05")
        self.use(subscription, 2, kind="questionnaire")
        invoice = subscription._bill_extras()
        invoice.button_draft()
        invoice.action_post()
        self.assertFalse(self.products(invoice).practice_period_id)
        self.assertHeld()


@tagged("post_install", "-at_install")
class TestCustomerOfThePostedLine(SoldCase):
    def releases_of(self, subscription):
        return subscription.period_ids.release_ids.partner_id

    def test_an_organisation_that_becomes_a_department_takes_its_money_along(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-04-01")
        parent = self.make_organisation("De Groep")
        subscription.organisation_id.write({"parent_id": parent.id, "is_company": False})
        self.assertEqual(self.releases_of(subscription), parent)
        self.assertHeld()
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))

    def test_an_organisation_that_gets_a_parent_later_than_that_gives_each_their_own(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-04-01")
        organisation = subscription.organisation_id
        # A company with a parent invoices for itself; as a contact it does not, and Odoo leaves what was booked.
        organisation.parent_id = self.make_organisation("De Groep")
        self.assertEqual(self.releases_of(subscription), organisation)
        organisation.is_company = False
        self.go_on("2026-07-01")
        self.assertGivenBack(self.end(subscription))

    def test_a_customer_who_is_changed_on_the_draft(self):
        subscription, invoice = self.begin(pay=False)
        invoice.button_draft()
        payer = self.make_organisation("Payer")
        invoice.partner_id = payer
        invoice.action_post()
        self.assertEqual(self.releases_of(subscription), payer)
        self.go_on("2026-07-01")
        note = self.end(subscription)
        self.assertEqual(note.partner_id, payer)
        self.assertGivenBack(note)

    def test_a_customer_who_is_changed_after_months_were_released(self):
        subscription, invoice = self.begin(pay=False)
        self.go_on("2026-04-01")
        invoice.button_draft()
        payer = self.make_organisation("Payer")
        invoice.partner_id = payer
        invoice.action_post()
        self.assertHeld()
        self.assertEndsWell()
        self.assertEqual(len(self.releases_of(subscription)), 2)
