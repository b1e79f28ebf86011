"""How long credits can be used: from the payment or the first visit, until a fixed day at most."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common.expiry import ExpiryCase
from ..common.practice import TODAY


@tagged("post_install", "-at_install")
class TestFirstVisit(ExpiryCase):
    def setUp(self):
        super().setUp()
        self.package.write({"validity_months": 2, "validity_from": "first_visit"})
        self.lot = self.sell()

    def test_it_counts_from_the_first_visit_that_took_place(self):
        self.assertFalse(self.lot.expiry_date)
        self.assertEqual(self.lot._describe_expiry(), "2 months from the first visit")
        self.travel(days=20)
        missed = self.plan(start=self.at(hours=1))
        self.travel(hours=3)
        missed.attendance = "no_show"
        self.assertFalse(self.lot.expiry_date, "nobody came")
        self.travel(days=10)
        visit = self.visit(start=self.at(hours=1))
        day = visit._practice_get_visit_day()
        self.assertEqual(day, date(2026, 4, 10))
        self.assertLot(self.lot, first_visit_date=day, expiry_date=date(2026, 6, 10))
        self.visit(start=self.at(days=5))
        self.assertLot(self.lot, first_visit_date=day, expiry_date=date(2026, 6, 10))
        self.travel(days=80)
        self.run_expiry()
        self.assertLot(self.lot, available=0, used=2, lost=8, state="expired", value=0.0)
        self.assertBooksAgree()

    def test_a_visit_that_is_entered_later_counts_from_its_own_day(self):
        self.visit(start=self.at(days=10))
        earlier = self.plan(start=self.at(days=-6))
        earlier.attendance = "attended"
        self.assertLot(self.lot, first_visit_date=earlier.start.date(), expiry_date=date(2026, 5, 15))

    def test_a_first_visit_that_is_undone_begins_nothing(self):
        visit = self.visit()
        self.assertTrue(self.lot.expiry_date)
        visit.action_practice_mark_planned()
        self.assertLot(self.lot, first_visit_date=False, expiry_date=False, expiry_warned=0)
        visit.attendance = "attended"
        self.assertEqual(self.lot.first_visit_date, visit._practice_get_visit_day())
        self.assertBooksAgree()

    def test_what_was_extended_stays(self):
        self.lot._extend(date(2027, 1, 1), "Ill")
        visit = self.visit()
        self.assertEqual(self.lot.expiry_date, date(2027, 1, 1))
        visit.action_practice_mark_planned()
        self.assertEqual(self.lot.expiry_date, date(2027, 1, 1))

    def test_what_was_planned_for_later_stays_for_its_visit(self):
        late = self.plan(start=self.at(days=100))
        self.visit()
        self.assertEqual(late.credit_state, "reserved")
        with self.assertRaisesRegex(UserError, "They can be extended"), self.cr.savepoint():
            self.plan(start=self.at(days=90))
        self.happen(late)
        self.assertLot(self.lot, used=2)
        self.assertBooksAgree()

    def test_patients_are_warned_before(self):
        self.visit()
        self.travel(days=40)
        self.run_warnings()
        self.assertEqual((len(self.warnings(self.lot)), self.lot.expiry_warned), (1, 30))

    def test_what_was_sold_stays(self):
        self.package.write({"validity_months": 1, "validity_from": "activation", "validity_date": TODAY})
        visit = self.visit()
        self.assertEqual(self.lot.validity_from, "first_visit")
        self.assertEqual(self.lot.expiry_date, date(2026, 5, visit.start.day))
        self.assertFalse(self.lot.validity_date)


@tagged("post_install", "-at_install")
class TestFixedDay(ExpiryCase):
    def setUp(self):
        super().setUp()
        self.fixed = TODAY + timedelta(days=50)
        self.package.validity_date = self.fixed

    def test_it_ends_on_that_day_or_earlier(self):
        lot = self.sell()
        self.assertLot(lot, expiry_date=self.fixed, validity_date=self.fixed)
        self.package.validity_months = 1
        self.assertEqual(self.sell().expiry_date, date(2026, 4, 11))
        self.package.validity_months = 12
        self.assertEqual(self.sell().expiry_date, self.fixed)
        self.package.validity_date = self.fixed + timedelta(days=10)
        self.travel(days=51)
        self.run_expiry()
        self.assertLot(lot, available=0, lost=10, value=0.0, expired_on=self.fixed)
        lot._extend(self.today() + timedelta(days=30), "Ill")
        self.assertLot(lot, available=10, value=1200.0)
        self.assertBooksAgree()

    def test_who_pays_too_late_loses_nothing(self):
        invoice = self.invoice()
        self.travel(days=60)
        self.pay(invoice)
        lot = self.lot_of(invoice)
        self.assertFalse(lot.expiry_date)
        self.run_expiry()
        self.assertLot(lot, available=10)

    def test_what_is_over_is_not_sold_at_the_desk(self):
        sale = Form(self.env["practice.package.sale"])
        sale.partner_id = self.patient
        sale.product_id = self.product
        wizard = sale.save()
        self.travel(days=51)
        with self.assertRaisesRegex(UserError, "could be used until 04/30/2026 at most"):
            wizard.action_sell()
        self.package.validity_date = False
        wizard.action_sell()

    def test_what_is_over_is_not_offered_on_the_portal(self):
        self.make_staff()
        self.product.write({"practice_published": True, "sale_ok": True})
        products = self.env["product.product"]
        self.assertIn(self.product, products._practice_get_portal_products(self.portal))
        self.travel(days=51)
        self.assertNotIn(self.product, products._practice_get_portal_products(self.portal))
