"""Patients are told once per purchase that their credits run low, and can buy more from the mail."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.practice import PracticeCase

LOW = "practice_billing.mail_template_credits_low"


class LowCase(PracticeCase):
    def give(self, credits=10, patient=None, **vals):
        """Sell this many credits."""
        product = self.make_product(vals.pop("package", self.package), package_credits=credits)
        return self.sell(patient, product, **vals)

    def use(self, credits, patient=None, **vals):
        """Let visits use this many credits, one each."""
        for _number in range(credits):
            self.visit(patient=patient, **vals)

    def run_low(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_warn_low").method_direct_trigger()
        self.env.invalidate_all()

    def mails(self, lot):
        return self.env["mail.mail"].search([("model", "=", "practice.credit.lot"), ("res_id", "in", lot.ids)])

    def assertTold(self, lot, times=1):
        self.run_low()
        self.assertEqual(len(self.mails(lot)), times)
        self.assertFalse(lot.filtered(lambda it: it.low_due and it.low_due <= self.at()), "still due")

    def make_login(self, patient, name="pb_login"):
        return new_test_user(self.env, name, "base.group_portal", partner_id=patient.id)


@tagged("post_install", "-at_install")
class TestLowBalance(LowCase):
    def test_the_visit_that_leaves_two_is_told_once(self):
        lot = self.give(10)
        self.use(7)
        self.assertTold(lot, 0)
        self.use(1)
        self.assertTold(lot)
        self.use(2)
        self.assertTold(lot)
        self.assertTrue(lot.low_warned)
        self.assertBooksAgree()

    def test_planned_credits_are_still_there(self):
        lot = self.give(4)
        for days in (1, 2, 3):
            self.plan(start=self.at(days=days))
        self.assertTold(lot, 0)

    def test_the_mail_has_the_balance(self):
        lot = self.give(4)
        self.use(2)
        self.plan(start=self.at(days=1))
        self.assertTold(lot)
        mail = self.mails(lot)
        self.assertEqual(mail.recipient_ids, self.patient)
        body = " ".join(mail.body_html.split())
        self.assertIn("<strong>1</strong> left to plan", body)
        self.assertIn("<strong>1</strong> planned", body)
        self.assertNotIn("/my/packages/buy", body)

    def test_small_purchases_are_not_low_before_anything_is_gone(self):
        one, two = self.give(1), self.give(2, self.make_patient("Two"))
        self.assertTold(one + two, 0)
        self.use(1, two.partner_id)
        self.assertTold(two)
        self.use(1)
        self.assertTold(one)

    def test_the_threshold_is_the_companys(self):
        self.company.practice_low_threshold = 5
        lot = self.give(10)
        self.use(5)
        self.assertTold(lot)
        self.company.practice_low_threshold = 0
        other = self.give(3, self.make_patient("Zero"))
        self.use(2, other.partner_id)
        self.assertTold(other, 0)
        self.use(1, other.partner_id)
        self.assertTold(other)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.company.practice_low_threshold = -1
            self.env.flush_all()

    def test_who_has_other_credits_is_not_told(self):
        lot = self.give(4)
        more = self.give(10)
        self.use(3)
        self.assertTold(lot + more, 0)
        self.assertFalse(lot.low_warned)
        self.use(9)
        self.assertTold(lot + more, 1)

    def test_credits_that_wait_for_payment_are_other_credits(self):
        lot = self.give(4)
        self.invoice()
        self.use(2)
        self.assertTold(lot, 0)

    def test_another_package_is_another_balance(self):
        package = self.make_package("Other")
        lot = self.give(4)
        self.give(10, package=package)
        self.use(2)
        self.assertTold(lot)

    def test_two_purchases_that_run_low_together_make_one_mail(self):
        lots = self.give(2) + self.give(2)
        self.use(3)
        self.assertTold(lots)

    def test_losing_a_credit_counts_and_getting_money_back_does_not(self):
        lot = self.give(10)
        self.credit_note(lot.invoice_id, 0.8)
        self.assertTold(lot, 0)
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        self.assertTold(lot)

    def test_what_is_taken_back_before_the_run_is_not_told(self):
        lot = self.give(3)
        event = self.visit()
        event.attendance = "cancelled"
        self.assertTold(lot, 0)
        self.use(1)
        self.assertTold(lot)

    def test_a_visit_marked_twice_is_told_once(self):
        lot = self.give(3)
        event = self.visit()
        for attendance in ("no_show", "attended"):
            event.attendance = attendance
            self.assertTold(lot)

    def test_pending_and_cancelled_purchases_are_not_told(self):
        lot = self.give(3)
        self.visit()
        self.unpay(lot.invoice_id)
        self.run_low()
        self.assertFalse(self.mails(lot))
        self.pay(lot.invoice_id)
        self.assertTold(lot)

    def test_archived_patients_and_companies_that_switched_it_off_are_left_alone(self):
        lot, other = self.give(3), self.give(3, self.make_patient("Other"))
        self.visit()
        self.visit(patient=other.partner_id)
        self.patient.active = False
        self.company.practice_low_warning = False
        self.assertTold(lot + other, 0)
        self.company.practice_low_warning = True
        self.assertTold(lot + other, 0)
        self.visit(patient=other.partner_id)
        self.assertTold(other)

    def test_without_an_address_the_purchase_says_so(self):
        self.patient.email = False
        lot = self.give(3)
        self.use(1)
        self.assertTold(lot, 0)
        self.assertIn("no e-mail address", lot.message_ids[0].body)
        self.assertTrue(lot.low_warned)

    def test_a_child_without_address_is_told_through_its_parents(self):
        parents = self.make_patient("Mum") + self.make_patient("Dad")
        self.patient.write({"email": False, "practice_representative_ids": [Command.set(parents.ids)]})
        lot = self.give(3)
        self.use(1)
        self.assertTold(lot)
        mail = self.mails(lot)
        self.assertEqual(mail.recipient_ids, parents)
        self.assertIn("credits of An Peeters", " ".join(mail.body_html.split()))

    def test_the_mail_is_in_the_language_of_whom_it_is_for(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.package.with_context(lang="nl_NL").name = "Tien sessies"
        self.patient.lang = "nl_NL"
        lot = self.give(3)
        self.use(1)
        self.run_low()
        self.assertIn("Tien sessies", self.mails(lot).body_html)

    def test_one_failure_stops_nobody_stays_visible_and_is_tried_again(self):
        bad, good = self.give(3), self.give(3, self.make_patient("Good"))
        self.use(1)
        self.use(1, good.partner_id)
        lot_class = type(bad)
        send = lot_class._send_low_mail

        def fail(lot):
            if lot == bad:
                raise ValueError("The template is broken")
            return send(lot)

        with (
            patch.object(lot_class, "_send_low_mail", fail),
            mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"),
        ):
            self.run_low()
        self.assertEqual(len(self.mails(good)), 1)
        self.assertIn("The template is broken", bad.low_error)
        self.assertFalse(bad.low_warned)
        self.run_low()
        self.assertFalse(self.mails(bad))
        self.travel(days=1, minutes=1)
        self.assertTold(bad)
        self.assertFalse(bad.low_error)

    def test_many_in_batches(self):
        patients = [self.make_patient(f"Patient {number}") for number in range(60)]
        # Given, not sold: it takes a twentieth of the time.
        lots = self.env["practice.credit.lot"].union(*(PracticeCase.give(self, patient, 3) for patient in patients))
        vals = {"practice_appointment_type_id": self.type.id, "start": self.at(hours=-2)}
        self.env["calendar.event"].create([{"patient_id": it.id, **vals} for it in patients]).attendance = "attended"
        self.run_low()
        self.assertEqual(len(self.mails(lots)), 60)
        self.assertEqual(set(lots.mapped("low_warned")), {True})


@tagged("post_install", "-at_install")
class TestBuyButton(LowCase):
    """The mails offer to buy when the patient can."""

    def tell(self, lot=None, patient=None):
        lot = lot or self.give(3, patient)
        self.use(1, lot.partner_id)
        self.run_low()
        return self.mails(lot).body_html

    def test_with_a_login_and_something_to_buy_there_is_a_button(self):
        self.make_login(self.patient)
        self.product.practice_published = True
        lot = self.give(3)
        url = f"/my/packages/buy?package_id={self.package.id}&amp;patient_id={self.patient.id}"
        self.assertIn(url, self.tell(lot))

    def test_without_anything_to_buy_there_is_none(self):
        self.make_login(self.patient)
        self.make_product(self.make_package("Other"), practice_published=True)
        self.assertNotIn("/my/packages/buy", self.tell())

    def test_a_login_that_was_closed_is_none(self):
        self.make_login(self.patient).active = False
        self.product.practice_published = True
        self.assertNotIn("/my/packages/buy", self.tell())

    def test_a_parent_buys_for_the_child(self):
        parent = self.make_patient("Mum")
        self.make_login(parent)
        self.product.practice_published = True
        self.patient.write({"email": False, "practice_representative_ids": [Command.set(parent.ids)]})
        self.assertIn(f"patient_id={self.patient.id}", self.tell())

    def test_warnings_of_expiry_have_balance_and_button_too(self):
        self.make_login(self.patient)
        self.product.practice_published = True
        lot, more = self.give(4), self.give(6)
        lot._extend(self.today() + timedelta(days=5), "test")
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_warn_expiry").method_direct_trigger()
        body = " ".join(self.mails(lot).body_html.split())
        self.assertIn("/my/packages/buy", body)
        self.assertIn("<strong>4</strong> of your credits", body)
        self.assertIn("<strong>10</strong> left", body)
        self.assertFalse(self.mails(more))

    def test_a_child_is_warned_of_expiry_through_its_parents(self):
        parent = self.make_patient("Mum")
        self.patient.write({"email": False, "practice_representative_ids": [Command.set(parent.ids)]})
        lot = self.give(4)
        lot._extend(self.today() + timedelta(days=5), "test")
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_warn_expiry").method_direct_trigger()
        self.assertEqual(self.mails(lot).recipient_ids, parent)
