"""Credits that are given away: worth nothing in the books, with a reason, by administrators only."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestGifts(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def give_away(self, user=None, **vals):
        dialog = self.env["practice.credit.gift"].with_user(user or self.manager)
        values = {"partner_id": self.patient.id, "package_id": self.package.id, "credits": 2, "reason": "Sorry", **vals}
        return self.env["practice.credit.lot"].browse(dialog.create(values).action_give()["res_id"])

    def test_they_are_used_and_release_nothing(self):
        for method in ("sale_value", "internal_rate"):
            self.package.release_method = method
            lot = self.give_away()
            self.assertLot(lot, available=2, value=0.0, state="active", origin="gift")
            self.assertEqual(lot.move_ids.reason, "Sorry")
            self.visit()
            self.visit()
            self.assertLot(lot, available=0, used=2, value=0.0, state="used_up")
        self.release()
        self.assertEqual((self.balance(self.liability), self.balance(self.income)), (0.0, 0.0))
        self.assertBooksAgree()

    def test_they_expire_as_said_or_as_the_package_says(self):
        self.package.validity_months = 6
        self.assertTrue(self.give_away().expiry_date)
        self.assertEqual(self.give_away(expiry_date="2026-05-01").expiry_date.isoformat(), "2026-05-01")

    def test_the_dialog_proposes_the_package_that_the_patient_has(self):
        self.package.copy({"name": "Another"})
        self.sell()
        form = Form(self.env["practice.credit.gift"].with_context(default_partner_id=self.patient.id))
        self.assertEqual(form.package_id, self.package)

    def test_a_mistake_is_taken_back_while_nothing_is_spent(self):
        lot = self.give_away()
        event = self.plan()
        with self.assertRaisesRegex(UserError, "Only 1 can go back"), self.cr.savepoint():
            lot.with_user(self.manager).action_take_gift_back()
        event.unlink()
        lot.with_user(self.manager).action_take_gift_back()
        self.assertLot(lot, total=0, available=0, state="cancelled")
        with self.assertRaisesRegex(UserError, "no gift"):
            lot.with_user(self.manager).action_take_gift_back()
        with self.assertRaisesRegex(UserError, "no gift"):
            self.sell().with_user(self.manager).action_take_gift_back()

    def test_only_administrators_give(self):
        lot = self.give_away()
        for user in (self.front_desk, self.employee, self.portal):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.give_away(user)
                with self.assertRaises(AccessError):
                    lot.with_user(user).action_take_gift_back()
        self.assertLot(lot, available=2)
