"""What the proof cannot be fooled by: accounts that nobody names today, customers whose differences cancel each other
out, entries that were changed. And what is right and may not look wrong: opening balances, firms and their contacts."""

from odoo.tests import tagged

from ..common.proof import ProofCase


@tagged("post_install", "-at_install")
class TestAccounts(ProofCase):
    """No account vanishes."""

    def balance_in_proof(self, account):
        return sum(self.proof_model.search([("account_id", "=", account.id)]).mapped("balance"))

    def test_an_account_that_once_was_the_balance_post_stays(self):
        self.entry((self.liability, 5000.0, None, None))
        self.package.deferred_account_id = self.make_account("liability_current", "PB B")
        self.assertEqual(self.balance_in_proof(self.liability), 5000.0)
        self.assertEqual(self.wrong(), {(self.env["practice.package"], self.nobody): -5000.0})

    def test_an_account_on_which_an_item_names_a_package_is_proved(self):
        stray = self.make_account("liability_non_current", "PB stray")
        self.entry((stray, 80.0, self.package, self.bert))
        self.assertEqual(self.wrong(stray), {(self.package, self.bert): -80.0})

    def test_an_account_that_is_no_liability_is_not(self):
        other = self.make_account("asset_current", "PB asset")
        self.entry((other, 80.0, self.package, self.bert))
        self.assertFalse(self.proof_model.search([("account_id", "=", other.id)]))

    def test_a_draft_makes_nothing_a_balance_post(self):
        stray = self.make_account("liability_current", "PB stray")
        self.entry((stray, 80.0, self.package, self.bert), post=False)
        self.assertFalse(self.proof_model.search([("account_id", "=", stray.id)]))

    def test_an_old_balance_post_makes_nothing_uncertain(self):
        """Another package that used the account once does not take the stray entry from the only one that uses it."""
        other = self.make_package("Diet")
        other.deferred_account_id = self.make_account("liability_current", "PB B")
        self.entry((self.liability, 10.0, None, None))
        self.assertEqual(self.wrong(), {(self.package, self.nobody): -10.0})

    def test_an_account_that_was_chosen_by_mistake_can_be_taken_out(self):
        mistake = self.make_account("liability_current", "PB mistake")
        other = self.make_package("Diet", deferred_account_id=mistake.id)
        self.entry((mistake, 70.0, None, None))
        post = self.env["practice.balance.post"].search([("account_id", "=", mistake.id)])
        with self.assertRaisesRegex(Exception, "stays in the proof"):
            post.active = False
        other.deferred_account_id = self.liability
        post.active = False
        self.assertFalse(self.proof_model.search([("account_id", "=", mistake.id)]))
        # Once something is on it, no archiving hides it.
        self.entry((mistake, 70.0, self.package, self.bert))
        self.assertTrue(self.wrong(mistake))


@tagged("post_install", "-at_install")
class TestCustomers(ProofCase):
    def test_differences_that_cancel_each_other_out_are_found(self):
        self.sell()
        self.sell(self.bert)
        self.entry(
            (self.liability, 97.22, self.package, self.bert), (self.liability, -97.22, self.package, self.patient)
        )
        self.assertEqual(self.wrong(), {(self.package, self.bert): -97.22, (self.package, self.patient): 97.22})

    def test_an_entry_without_a_customer_is_nobodys(self):
        self.sell()
        self.entry((self.liability, 12.5, None, None))
        self.assertEqual(self.wrong(), {(self.package, self.nobody): -12.5})

    def test_whoever_pays_is_the_customer(self):
        lot = self.sell(self.bert, line={"practice_patient_id": self.patient.id})
        self.assertEqual((lot.partner_id, lot.payer_id), (self.patient, self.bert))
        self.visit()
        self.release()
        self.assertFalse(self.wrong())

    def test_a_contact_of_a_firm_is_the_firm(self):
        firm = self.make_patient("Firm", is_company=True)
        contact = self.make_patient("Contact", parent_id=firm.id)
        self.sell(contact)
        self.visit(patient=contact)
        self.release()
        row = self.import_credits(contact, booking="entry")
        self.assertEqual(row.lot_id.entry_id.line_ids.partner_id, firm)
        self.assertFalse(self.wrong())

    def test_a_customer_who_becomes_a_contact_of_a_firm_changes_nothing(self):
        self.sell()
        self.visit()
        self.release()
        firm = self.make_patient("Firm", is_company=True)
        self.patient.parent_id = firm
        self.env.flush_all()
        self.visit()
        self.release()
        self.assertFalse(self.wrong())
        rows = self.proof_model.search([("account_id", "=", self.liability.id)])
        self.assertEqual(rows.partner_id, firm)

    def test_a_contact_that_joins_a_company_and_leaves_it_again(self):
        self.sell()
        firm = self.make_patient("De Brug", is_company=True)
        self.patient.parent_id = firm
        self.assertEqual(self.wrong(), {})
        self.patient.parent_id = False
        self.visit()
        self.release()
        self.assertEqual(self.wrong(), {})


@tagged("post_install", "-at_install")
class TestOpeningBalance(ProofCase):
    """However an opening balance is booked, what is right is 0.00 for everybody and what is missing shows."""

    def setUp(self):
        super().setUp()
        self.diet = self.make_package("Diet")
        self.import_credits()
        self.import_credits(self.bert)
        self.import_credits(self.bert, package=self.diet)

    def test_one_item_that_names_nobody(self):
        self.entry((self.liability, 1125.0, None, None))
        self.assertFalse(self.wrong())

    def test_one_item_of_the_old_system(self):
        self.entry((self.liability, 1125.0, None, self.make_patient("Old system")))
        self.assertFalse(self.wrong())

    def test_an_item_for_each_customer(self):
        self.entry((self.liability, 375.0, None, self.patient), (self.liability, 750.0, None, self.bert))
        self.assertFalse(self.wrong())

    def test_an_item_for_each_package(self):
        self.entry((self.liability, 750.0, self.package, None), (self.liability, 375.0, self.diet, None))
        self.assertFalse(self.wrong())

    def test_an_item_for_each_package_and_customer(self):
        self.entry(
            (self.liability, 375.0, self.package, self.patient),
            (self.liability, 375.0, self.package, self.bert),
            (self.liability, 375.0, self.diet, self.bert),
        )
        self.assertFalse(self.wrong())

    def test_what_is_missing_is_nobodys(self):
        self.entry((self.liability, 1000.0, None, self.bert))
        self.assertEqual(self.wrong(), {(self.env["practice.package"], self.nobody): 125.0})

    def test_visits_and_sales_go_on(self):
        self.entry((self.liability, 1125.0, None, None))
        self.sell()
        self.visit()
        self.visit(patient=self.bert)
        self.release()
        self.assertFalse(self.wrong())

    def test_an_entry_that_names_package_and_customer_counts_there(self):
        self.entry((self.liability, 1125.0, None, None))
        self.entry((self.liability, 9.0, self.package, self.bert))
        self.assertEqual(self.wrong(), {(self.package, self.bert): -9.0})


@tagged("post_install", "-at_install")
class TestEntriesOfReleases(ProofCase):
    """A posted release equals its entry."""

    def setUp(self):
        super().setUp()
        self.sell()
        self.sell(self.bert)
        self.plan(start=self.at(hours=1))
        self.plan(self.bert, start=self.at(hours=1))
        self.travel(days=1)
        self.env["calendar.event"].search([("attendance", "=", "planned")]).attendance = "attended"
        self.move = self.release()

    def line(self, account, customer=None):
        return self.move.line_ids.filtered(
            lambda it: it.account_id == account and it.partner_id == (customer or self.patient)
        )

    def test_what_was_booked_as_released_is_no_difference(self):
        self.assertFalse(self.proof_model.search([("kind", "=", "mismatch")]))
        self.assertFalse(self.wrong())

    def test_revenue_that_was_moved_to_another_account_shows_on_both(self):
        other = self.make_account("income", "PB elsewhere")
        self.tamper(self.line(self.income), account_id=other.id)
        self.assertEqual(self.wrong(self.income), {(self.package, self.patient): 120.0})
        self.assertEqual(self.wrong(other), {(self.package, self.patient): -120.0})
        [row] = self.proof_model.search([("kind", "=", "mismatch"), ("account_id", "=", self.income.id)])
        self.assertEqual((row.released, row.balance, row.difference), (120.0, 0.0, 120.0))
        self.assertEqual(row.action_open_source()["res_model"], "practice.revenue.release")

    def test_revenue_that_was_given_to_another_customer_shows_on_both(self):
        self.tamper(self.line(self.income), partner_id=self.bert.id)
        self.assertEqual(
            self.wrong(self.income), {(self.package, self.patient): 120.0, (self.package, self.bert): -120.0}
        )

    def test_the_balance_post_given_to_another_customer_shows_on_both(self):
        self.tamper(self.line(self.liability), partner_id=self.bert.id)
        self.assertEqual(self.wrong(), {(self.package, self.patient): -120.0, (self.package, self.bert): 120.0})

    def test_amounts_that_were_changed_show(self):
        self.tamper(self.line(self.income), balance=-100.0)
        self.tamper(self.line(self.liability), balance=100.0)
        self.assertEqual(self.wrong(self.income), {(self.package, self.patient): 20.0})
        self.assertEqual(self.wrong(), {(self.package, self.patient): -20.0})

    def test_a_release_that_lost_its_entry_shows(self):
        release = self.move.practice_release_ids[0]
        self.query("UPDATE practice_revenue_release SET move_id = NULL WHERE id = %s RETURNING id", release.id)
        self.env.invalidate_all()
        rows = self.proof_model.search([("has_difference", "=", True), ("account_id", "=", self.income.id)])
        self.assertEqual(sorted(rows.mapped("difference")), [-120.0, 120.0])
        self.assertEqual(set(rows.mapped("has_difference")), {True})

    def test_releases_that_took_each_other_back_need_no_entry(self):
        event = self.plan()
        self.travel(days=2)
        event.attendance = "attended"
        event.attendance = "cancelled"
        self.assertFalse(self.release())
        self.assertFalse(self.proof_model.search([("kind", "=", "mismatch")]))

    def test_a_customer_who_becomes_a_contact_changes_nothing(self):
        self.patient.parent_id = self.make_patient("Firm", is_company=True)
        self.env.flush_all()
        self.assertFalse(self.proof_model.search([("kind", "=", "mismatch")]))

    def test_rows_have_ids_of_their_own(self):
        self.tamper(self.line(self.income), partner_id=self.bert.id, account_id=self.breakage.id)
        self.env.flush_all()
        ids = [row[0] for row in self.env.execute_query(self.proof_model._table_query)]
        self.assertEqual(len(set(ids)), len(ids))
