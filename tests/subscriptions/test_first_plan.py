"""The first plan of a software house: its product comes with it, and its customers' people stand first."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..common.subscriptions import SubscriptionCase


@tagged("post_install", "-at_install")
class TestFirstPlan(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def test_its_product_is_made_with_it(self):
        with Form(self.env["practice.plan"].with_user(self.manager)) as form:
            form.name = "Basic"
            with form.price_ids.new() as price:
                price.interval, price.kind, price.amount = "month", "standard", 39.0
        product = form.record.product_id
        self.assertRecordValues(product, [{"name": "Basic", "type": "service", "purchase_ok": False}])
        self.assertEqual(product.taxes_id, self.env["product.product"].create({"name": "Any"}).taxes_id)

    def test_one_that_is_chosen_is_taken_and_several_get_their_own(self):
        plans = self.env["practice.plan"].create(
            [{"name": "One"}, {"name": "Two", "product_id": self.starter.product_id.id}, {"name": "Three"}]
        )
        self.assertEqual(plans.product_id.mapped("name"), ["One", self.starter.product_id.name, "Three"])

    def test_whoever_may_not_make_products_makes_none(self):
        with self.assertRaises(AccessError):
            self.env["practice.plan"].with_user(self.front_desk).create({"name": "One"})
        self.assertFalse(self.env["product.product"].search([("name", "=", "One")]))

    def test_the_people_of_an_organisation_stand_before_all_others(self):
        organisation = self.make_organisation("Zuid")
        own = self.env["res.partner"].create({"name": "Zoe Test", "parent_id": organisation.id})
        others = self.env["res.partner"].create([{"name": f"A{number} Test"} for number in range(3)])
        people = self.env["res.partner"].with_user(self.front_desk)
        asked = people.with_context(practice_people_of=organisation.id)
        found = [partner_id for partner_id, _name in asked.name_search("Test", [("is_company", "=", False)])]
        self.assertEqual((found[0], set(found[1:])), (own.id, set(others.ids)))
        self.assertEqual([it[0] for it in asked.name_search("Test", limit=1)], own.ids)
        self.assertEqual(len(asked.name_search("Test", [("is_company", "=", False)], limit=3)), 3)
        self.assertNotEqual(people.name_search("Test")[0][0], own.id)
