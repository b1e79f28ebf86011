"""A package is made with its product and its appointment type in one go."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestPackageMake(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def form(self, package=None):
        dialogs = self.env["practice.package.make"].with_user(self.manager)
        return Form(dialogs.with_context(default_package_id=package and package.id))

    def make(self, form):
        return self.env["practice.package"].browse(form.save().action_make()["res_id"])

    def test_a_new_package_can_be_sold_and_planned_at_once(self):
        with self.form() as form:
            form.name, form.credits, form.price, form.duration = "Dietetics", 5, 300.0, 0.75
            self.assertEqual(form.deferred_account_id, self.liability)
            self.assertEqual(form.income_account_id, self.income)
        package = self.make(form)
        product, appointment_type = package.product_ids, package.appointment_type_ids
        self.assertRecordValues(package, [{"name": "Dietetics", "internal_rate": 60.0}])
        self.assertRecordValues(
            product, [{"list_price": 300.0, "package_credits": 5, "type": "service", "purchase_ok": False}]
        )
        self.assertEqual(product.email_template_id, self.env.ref("practice_billing.mail_template_package_invoice"))
        self.assertRecordValues(appointment_type, [{"duration": 0.75, "package_credits": 1}])
        lot = self.sell(product=product.product_variant_id)
        self.assertLot(lot, available=5, value=300.0)
        self.plan(appointment_type=appointment_type)
        self.assertBooksAgree()

    def test_its_tax_is_the_one_of_care_and_never_the_usual_one(self):
        self.company.account_sale_tax_id = self.make_tax()
        self.assertNotEqual(self.form().tax_id, self.company.account_sale_tax_id)
        care = self.company._practice_make_care_tax()
        with self.form() as form:
            form.name, form.price = "Dietetics", 300.0
            self.assertEqual(form.tax_id, care)
        self.assertEqual(self.make(form).product_ids.taxes_id, care)

    def test_what_a_package_lacks_is_made_and_no_second_type(self):
        with self.form(self.package) as form:
            self.assertFalse(form.makes_type)
            form.credits, form.price = 20, 2000.0
        before = self.package.appointment_type_ids
        self.assertEqual(self.make(form), self.package)
        self.assertIn(20, self.package.product_ids.mapped("package_credits"))
        self.assertEqual(self.package.appointment_type_ids, before)

    def test_what_is_missing_is_named(self):
        dialog = self.env["practice.package.make"].with_user(self.manager).create({"credits": 0, "duration": 0})
        with self.assertRaisesRegex(UserError, "name of the package, credits, price, duration of an appointment"):
            dialog.action_make()

    def test_it_is_for_administrators(self):
        with self.assertRaises(AccessError):
            self.env["practice.package.make"].with_user(self.front_desk).create({})

    def test_the_last_ledger_account_proposes_itself(self):
        other = self.make_account("income", "Dietetics")
        self.env["practice.package"].create({"name": "Dietetics", "internal_rate": 1, "income_account_id": other.id})
        self.assertEqual(Form(self.env["practice.package"].with_user(self.manager)).income_account_id, other)

    def test_the_dialog_that_sells_shows_the_tax(self):
        self.product.taxes_id = self.make_tax(price_include_override="tax_excluded")
        sale = Form(self.env["practice.package.sale"].with_user(self.front_desk))
        sale.partner_id, sale.product_id = self.patient, self.product
        self.assertEqual((sale.amount_untaxed, sale.amount_tax, sale.amount_total), (1200.0, 252.0, 1452.0))
        self.assertEqual(sale.tax_names, self.product.taxes_id.name)
        self.product.taxes_id = False
        sale.quantity = 2
        self.assertEqual((sale.amount_tax, sale.amount_total, sale.tax_names), (0.0, 2400.0, False))
