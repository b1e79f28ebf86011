"""A package or plan without accounts is not sold without a word, and a new one proposes accounts of the chart."""

from odoo.tests import Form, TransactionCase, tagged

from ..common.practice import PracticeMixin
from ..common.subscriptions import SubscriptionMixin


class ProposalsMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As if the company had no packages yet.
        cls.package.active = cls.liability.active = False
        cls.make_staff()
        cls.chart = cls.env["account.account"].search(
            [*cls.env["account.account"]._check_company_domain(cls.company), ("account_type", "=", "liability_current")]
        )

    def only(self, *accounts):
        """Let these be the only liabilities of the chart."""
        (self.chart - self.env["account.account"].union(*accounts)).active = False


@tagged("post_install", "-at_install")
class TestPackageAccounts(ProposalsMixin, PracticeMixin, TransactionCase):
    def form(self):
        return Form(self.env["practice.package"].with_user(self.manager))

    def test_a_new_package_proposes_the_account_that_the_company_uses_for_others(self):
        self.liability.active = True
        self.package.active = True
        self.assertEqual(self.form().deferred_account_id, self.liability)

    def test_the_chart_proposes_deferred_income_by_its_name_in_any_language(self):
        for name in ("Deferred Revenue", "Over te dragen opbrengsten", "Vooruit gefactureerde bedragen"):
            with self.subTest(name=name):
                account = self.make_account("liability_current", name)
                self.only(account)
                self.assertEqual(self.form().deferred_account_id, account)
                account.active = False

    def test_belgian_charts_propose_493_whatever_it_is_called(self):
        self.only(self.make_account("liability_current", "Deferred income of others"))
        account = self.make_account("liability_current", "Sessies", code="493900")
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        self.assertEqual(self.form().deferred_account_id, account)
        self.company.account_fiscal_country_id = self.env.ref("base.nl")
        self.assertNotEqual(self.form().deferred_account_id, account)

    def test_accounts_that_are_reconciled_or_hold_taxes_are_never_proposed(self):
        reconciled = self.make_account("liability_current", "Deferred income", reconcile=True)
        tax = self.make_tax(6.0)
        of_tax = tax.invoice_repartition_line_ids.account_id
        of_tax.name = "Unearned taxes"
        self.only(reconciled, of_tax)
        self.assertFalse(self.form().deferred_account_id)

    def test_the_ledger_account_is_that_of_a_new_product(self):
        account = self.make_account("income", "Services")
        self.company.income_account_id = account
        self.env["ir.default"].set("product.category", "property_account_income_categ_id", account.id)
        self.assertEqual(self.form().income_account_id, account)

    def test_a_proposal_can_be_changed_and_what_is_made_otherwise_gets_none(self):
        self.make_account("liability_current", "Deferred income")
        other = self.make_account("liability_current", "Ours")
        with self.form() as form:
            form.name, form.internal_rate = "Five sessions", 80.0
            form.deferred_account_id = other
            form.income_account_id = self.income
        self.assertEqual(form.record.deferred_account_id, other)
        imported = self.env["practice.package"].create({"name": "Imported", "internal_rate": 1.0})
        self.assertFalse(imported.deferred_account_id | imported.income_account_id)
        self.assertEqual(imported.with_user(self.manager).proposed_account, f"{other.code} Ours")
        with Form(imported.with_user(self.manager)) as form:
            form.internal_rate = 2.0
        self.assertFalse(imported.deferred_account_id | imported.income_account_id)

    def test_administrators_without_accounting_see_codes_where_they_choose(self):
        accounts = self.env["account.account"].with_user(self.manager)
        [(_id, plain)] = accounts.name_search(self.liability.name, [("active", "=", False)])
        [(_id, coded)] = accounts.with_context(practice_codes=True).name_search(
            self.liability.name, [("active", "=", False)]
        )
        self.assertEqual((plain, coded), (self.liability.name, f"{self.liability.code} {self.liability.name}"))
        accountant = self.liability.with_user(self.accountant).with_context(practice_codes=True)
        self.assertEqual(accountant.display_name, coded)

    def test_selling_a_package_without_accounts_is_not_without_a_word(self):
        package = self.env["practice.package"].create({"name": "Bare", "internal_rate": 1.0})
        product = self.make_product(package)
        for lacks, vals in (
            (True, {}),
            (True, {"income_account_id": self.income.id}),
            (False, {"deferred_account_id": self.make_account("liability_current", "New post").id}),
        ):
            with self.subTest(vals=vals):
                package.write(vals)
                self.assertEqual(product.product_tmpl_id.practice_lacks_accounts, lacks)
                invoice = self.invoice(product=product, post=False).with_user(self.front_desk)
                self.assertEqual(invoice.practice_unbooked_packages, "Bare" if lacks else False)
                sale = Form(self.env["practice.package.sale"].with_user(self.front_desk))
                sale.partner_id, sale.product_id = self.patient, product
                self.assertEqual(sale.lacks_accounts, lacks)

    def test_an_invoice_names_the_package_as_soon_as_its_product_is_chosen(self):
        package = self.env["practice.package"].create({"name": "Bare", "internal_rate": 1.0})
        form = Form(self.env["account.move"].with_context(default_move_type="out_invoice"))
        form.partner_id = self.patient
        self.assertFalse(form.practice_unbooked_packages)
        with form.invoice_line_ids.new() as line:
            line.product_id = self.make_product(package)
        self.assertEqual(form.practice_unbooked_packages, "Bare")

    def test_two_of_one_name_are_warned_of_and_an_import_is_accepted(self):
        package = self.env["practice.package"].create({"name": "100 % rest", "internal_rate": 1.0})
        for name, warned in (("100 % REST", True), ("100 to the rest", False), ("Other", False)):
            with self.subTest(name=name):
                new = self.env["practice.package"].new({"name": name, "company_id": self.company.id})
                self.assertEqual(bool(new._onchange_name()), warned)
        self.assertFalse(package._onchange_name())
        package.active = False
        new = self.env["practice.package"].new({"name": package.name, "company_id": self.company.id})
        self.assertFalse(new._onchange_name())
        result = self.env["practice.package"].load(["name", "internal_rate"], [["Twice", "1"], ["Twice", "2"]])
        self.assertEqual(len(result["ids"]), 2)


@tagged("post_install", "-at_install")
class TestPlanAccounts(ProposalsMixin, SubscriptionMixin, TransactionCase):
    def form(self):
        return Form(self.env["practice.plan"].with_user(self.manager))

    def test_a_new_plan_proposes_the_account_that_other_plans_use(self):
        self.assertEqual(self.form().deferred_account_id, self.waiting)

    def test_a_membership_gets_no_balance_post_of_its_own(self):
        self.package.active = True
        with self.form() as form:
            form.name, form.product_id = "Member", self.product
            self.assertFalse(form.deferred_account_id)
        self.assertFalse(form.record.deferred_account_id)

    def test_a_plan_says_when_its_money_is_revenue_at_once(self):
        self.package.active = True
        self.assertFalse(self.standard.lacks_accounts)
        self.standard.deferred_account_id = False
        self.assertTrue(self.standard.lacks_accounts)
        member = self.make_plan(product_id=self.product.id, deferred_account_id=False)
        self.assertFalse(member.lacks_accounts)
        self.package.write({"deferred_account_id": False})
        self.assertTrue(member.lacks_accounts)

    def test_two_plans_of_one_name_are_warned_of(self):
        new = self.env["practice.plan"].new({"name": "standard", "company_id": self.company.id})
        self.assertIn("another plan called", new._onchange_name()["warning"]["message"])
        self.assertFalse(self.standard._onchange_name())
