"""New products of packages get the tax of care, and the exempt tax says what the law wants."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestCareTax(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.usual = cls.make_tax()
        cls.company.account_sale_tax_id = cls.usual

    def create_product(self, **vals):
        return self.env["product.product"].create({"name": "Ten sessions", "package_id": self.package.id, **vals})

    def test_new_products_of_packages_get_it_over_every_door(self):
        care = self.company._practice_make_care_tax()
        self.assertEqual(self.create_product().taxes_id, care)
        form = Form(self.env["product.template"])
        form.name = "Twenty sessions"
        self.assertIn(self.usual, form.taxes_id)
        form.package_id = self.package
        self.assertEqual(form.taxes_id[:], care)
        self.assertEqual(form.save().taxes_id, care)

    def test_what_somebody_chose_stays_and_so_does_what_is_sold_already(self):
        product = self.create_product()
        self.company._practice_make_care_tax()
        self.assertIn(self.usual, product.taxes_id)
        with Form(product.product_tmpl_id) as form:
            form.package_id = self.package.copy({"name": "Another"})
        self.assertIn(self.usual, product.taxes_id)
        self.assertEqual(self.create_product(taxes_id=[Command.set(self.usual.ids)]).taxes_id, self.usual)
        self.assertFalse(self.create_product(taxes_id=False).taxes_id)
        self.assertIn(self.usual, self.create_product(package_id=False).taxes_id)

    def test_the_exempt_tax_says_what_the_law_wants(self):
        for country, words in (("be", "Article 44"), ("nl", "Article 11"), ("fr", "Article 132")):
            with self.subTest(country):
                self.company.country_id = self.env.ref(f"base.{country}")
                tax = self.company._practice_make_care_tax()
                self.assertEqual((tax.amount, tax.type_tax_use, self.company.practice_care_tax_id), (0, "sale", tax))
                self.assertIn(words, str(tax.with_context(lang="en_US").invoice_legal_notes))
                if "ubl_cii_tax_category_code" in tax._fields:
                    self.assertEqual(tax.ubl_cii_tax_category_code, "E")
                tax.name = f"Renamed {country}"

    def test_in_belgium_it_stands_in_the_grid_of_what_is_exempt(self):
        self.assertEqual(self.company.chart_template, "be_comp")
        tax = self.company._practice_make_care_tax()
        self.assertEqual(tax.invoice_repartition_line_ids.tag_ids.mapped("name"), ["00"])

    def test_a_package_is_sold_with_it(self):
        self.company._practice_make_care_tax()
        lot = self.sell(product=self.create_product(list_price=1200.0))
        self.assertLot(lot, available=10, value=1200.0)
        self.assertIn("Exempt", str(lot.invoice_id.invoice_line_ids.tax_ids.invoice_legal_notes))
        self.assertBooksAgree()

    def test_what_has_no_tax_is_not_ready_for_e_invoices(self):
        product = self.create_product(taxes_id=False)
        plan = self.env["practice.plan"].create({"name": "Standard", "product_id": product.id})
        self.assertEqual((product.practice_lacks_tax, plan.lacks_tax), (True, True))
        product.taxes_id = self.company._practice_make_care_tax()
        self.assertEqual((product.practice_lacks_tax, plan.lacks_tax), (False, False))
        self.assertFalse(self.create_product(package_id=False, taxes_id=False).practice_lacks_tax)

    def test_only_who_makes_taxes_makes_it(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.front_desk)._practice_make_care_tax()
