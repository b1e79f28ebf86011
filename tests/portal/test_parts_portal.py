"""Who pays a package in parts, on the portal: sees them, pays the next one, agrees to the coming ones, and stops it."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.instalments import CollectedPartsMixin
from ..common.pages import PagesMixin


@tagged("post_install", "-at_install")
class TestPartsPortal(CollectedPartsMixin, PagesMixin, HttpCase):
    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        # Those of the demo data would be offered too.
        others = cls.env["payment.provider"].search([("company_id", "=", cls.company.id)]) - cls.provider
        others.state = "disabled"
        cls.provider.is_published = True
        cls.method.support_tokenization = True
        return result

    def setUp(self):
        super().setUp()
        self.log_in(self.payer)

    def url(self, invoice, door=""):
        return f"/my/packages/parts/{invoice.id}{door}"

    def coming(self, invoice):
        return invoice._practice_describe_plan(invoice._practice_get_open_parts() - invoice._practice_get_next_parts())

    def begin(self, invoice, **params):
        """Ask for the payment of the next part as the page's form does; return the answer."""
        values = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
            "amount": 1.0,
            "access_token": "",
        }
        return self.rpc(self.url(invoice, "/transaction"), **values | params)

    def finish(self, invoice, outcome="done"):
        """Let the provider say how the payment went, with the card that was saved."""
        transaction = invoice.transaction_ids[-1:]
        data = {"reference": transaction.reference, "simulated_state": outcome, "payment_details": "4242"}
        transaction._process("demo", data)
        self.follow_payments()
        return transaction

    def run_collecting(self):
        """Let the run charge what is due, as if the day of the second part had come."""
        invoice = self.env["account.move"].search([("practice_parts_token_id", "!=", False)])
        second = invoice._practice_get_open_parts()[0]
        second.date_maturity = self.today()
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_collect").method_direct_trigger()
        self.env.invalidate_all()

    def test_the_whole_way(self):
        invoice = self.in_parts().invoice_id
        self.assertIn("See the parts", self.page("/my/packages"))
        text = self.page(self.url(invoice))
        self.assertIn("Save my payment details", text)
        self.assertIn(self.coming(invoice).splitlines()[0], text)
        answer = self.begin(invoice, practice_plan=self.coming(invoice))
        self.assertEqual(answer["result"]["amount"], 400.0)
        self.finish(invoice)
        self.assertTrue(invoice.practice_parts_token_id)
        self.assertEqual(invoice.practice_agreed_user_id, self.payer)
        self.assertLot(self.lot_of(invoice), paid=3)
        text = self.page(self.url(invoice))
        self.assertIn("Will be charged on", text)
        self.assertIn("4242", text)
        self.run_collecting()
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])
        self.assertLot(self.lot_of(invoice), paid=6)
        self.bounce(invoice.practice_attempt_ids.payment_id)
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_collect").method_direct_trigger()
        self.env.invalidate_all()
        self.assertLot(self.lot_of(invoice), paid=3)
        self.assertIn("your bank took a payment back", self.page(self.url(invoice)))

    def test_in_a_browser(self):
        invoice = self.in_parts().invoice_id
        self.start_tour("/my/packages", "practice_agree_to_parts", login=self.payer.login)
        self.assertEqual(invoice.practice_agreed_user_id, self.payer)
        self.assertEqual(invoice.practice_parts_token_id.payment_details, "4242 4242")
        self.run_collecting()
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])
        self.start_tour(self.url(invoice), "practice_stop_parts", login=self.payer.login)
        self.assertEqual(invoice.practice_parts_stopped, "withdrawn")

    def test_only_this_part(self):
        invoice = self.in_parts().invoice_id
        self.begin(invoice)
        transaction = self.finish(invoice)
        self.assertFalse(transaction.token_id)
        self.assertFalse(invoice.practice_agreed_date)

    def test_agreed_with_a_saved_method_and_stopped_with_one_click(self):
        invoice, token = self.in_parts(paid=1).invoice_id, self.make_token(self.patient)
        text = self.page(self.url(invoice))
        self.assertIn("Agree and pay automatically", text)
        plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
        # A browser ends the lines of a form in its own way.
        self.send_form(self.url(invoice, "/agree"), token_id=token.id, practice_plan="\r\n".join(plan.splitlines()))
        self.assertEqual(invoice.practice_parts_token_id, token)
        self.page(self.url(invoice, "/stop"), status=405)
        self.send_form(self.url(invoice, "/stop"))
        self.assertEqual(invoice.practice_parts_stopped, "withdrawn")
        self.assertIn("You stopped the automatic payment", self.page(self.url(invoice)))

    def test_removing_the_method_stops_it_and_the_page_says_so(self):
        invoice = self.agreed()
        self.rpc("/payment/archive_token", token_id=invoice.practice_parts_token_id.id)
        self.assertEqual(invoice.practice_parts_stopped, "method")
        self.assertIn("the payment method was removed", self.page(self.url(invoice)))

    def test_amounts_never_come_from_the_request(self):
        invoice = self.in_parts().invoice_id
        self.begin(invoice, amount=0.01, currency_id=1, partner_id=1)
        self.assertFalse(invoice.transaction_ids, "what the form does not send is refused")
        self.begin(invoice, amount=0.01)
        self.assertEqual(invoice.transaction_ids.amount, 400.0)

    def test_another_plan_is_refused(self):
        invoice, token = self.in_parts().invoice_id, self.make_token(self.patient)
        plan = self.coming(invoice)
        for forged in (plan.replace("400", "1"), plan.splitlines()[0], "x"):
            self.assertIn("error", self.begin(invoice, practice_plan=forged))
            self.send_form(self.url(invoice, "/agree"), token_id=token.id, practice_plan=forged)
        self.assertFalse(invoice.transaction_ids)
        self.assertFalse(invoice.practice_agreed_date)

    def test_somebody_elses_method_is_refused(self):
        invoice = self.in_parts(paid=1).invoice_id
        theirs = self.make_token(self.make_patient("A Stranger"))
        plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
        self.send_form(self.url(invoice, "/agree"), token_id=theirs.id, practice_plan=plan)
        self.assertFalse(invoice.practice_agreed_date)
        self.assertIn(
            "error", self.begin(invoice, flow="token", token_id=theirs.id, practice_plan=self.coming(invoice))
        )

    def test_somebody_elses_invoice_is_not_there(self):
        invoice = self.agreed()
        stranger = new_test_user(self.env, "pb_stranger", groups="base.group_portal")
        self.log_in(stranger)
        self.assertNotIn(invoice.name, self.page(self.url(invoice)))
        for door in ("/stop", "/agree", "/restart"):
            self.send_form(self.url(invoice, door))
        self.assertIn("error", self.begin(invoice))
        self.assertTrue(invoice.practice_parts_token_id)

    def test_who_pays_for_another_agrees_and_the_patient_does_not(self):
        parent = self.make_patient("A Parent")
        invoice = self.in_parts(paid=1, partner_id=parent.id, line={"practice_patient_id": self.patient.id}).invoice_id
        token = self.make_token(self.patient)
        plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
        self.send_form(self.url(invoice, "/agree"), token_id=token.id, practice_plan=plan)
        self.assertFalse(invoice.practice_agreed_date)

    def test_a_method_that_cannot_be_saved(self):
        self.method.support_tokenization = False
        invoice = self.in_parts().invoice_id
        self.assertIn("error", self.begin(invoice, practice_plan=self.coming(invoice)))
        self.assertFalse(invoice.transaction_ids)

    def test_a_part_that_is_being_charged_is_not_paid_by_hand_as_well(self):
        invoice = self.agreed("pending")
        self.run_collecting()
        self.assertEqual(invoice.practice_collection, "collecting")
        self.assertIn("A part is being charged", self.page(self.url(invoice)))
        self.assertIn("error", self.begin(invoice))

    def test_the_payer_is_not_forgotten_while_something_is_owed(self):
        invoice = self.agreed()
        with self.assertRaises(UserError):
            self.patient._practice_forget()
        self.assertTrue(invoice.practice_parts_token_id)
        self.pay(invoice, invoice.amount_residual)
        self.assertEqual(invoice.practice_parts_stopped, "paid")
        self.assertFalse(invoice.practice_parts_token_id)
        self.assertLess(invoice.practice_agreed_date, self.at() + timedelta(minutes=1))
