"""A patient and an organisation's administrator without a mouse: real key events in a real browser."""

from odoo.tests import HttpCase, tagged

from ..common.accessibility import KeyboardMixin
from ..common.booking import BookingHttpCase
from ..common.checkouts import OrganisationMixin
from ..common.shop import ShopMixin


class PayingMixin(KeyboardMixin):
    def pay_with_keys(self):
        """Pay with the demo provider, whose only question is a number."""
        self.wait_for("!!document.querySelector('button[name=o_payment_submit_button]:enabled')")
        self.tab_to("#customer_input")
        self.type_text("4242 4242")
        self.follow("button[name=o_payment_submit_button]")


@tagged("post_install", "-at_install")
class TestPatientKeyboard(PayingMixin, ShopMixin, BookingHttpCase):
    def test_a_patient_buys_books_and_cancels_without_a_mouse(self):
        with self.looking_as("pb_parent"):
            self.buy_with_keys()
            self.book_with_keys()
            self.follow("button", "Cancel the appointment")
            self.see(".alert-success[role=status]", "is cancelled")
        self.assertPaid(self.orders())
        event = self.appointments()
        self.assertEqual(event.attendance, "cancelled")
        self.assertEqual(event.credit_move_ids.mapped("kind"), ["unreserve", "reserve"])

    def buy_with_keys(self):
        self.show("/my/packages")
        self.follow("a", "Buy a package")
        self.follow("article a", "Choose")
        self.tab_to("select[name=patient_id]")
        self.press("ArrowDown")
        self.tab_to("summary", "Terms")
        self.press("Enter")
        self.see("details[open]", "two years")
        self.tab_to("input[name=terms]")
        self.press("Space")
        self.follow("button[value=online]")
        self.pay_with_keys()
        self.see(".alert-success", "your payment has arrived")

    def book_with_keys(self):
        self.show("/my/appointments")
        self.follow("a", "Book an appointment")
        self.follow("a.list-group-item", "Online Session")
        self.follow(".o_practice_time")
        self.follow("button", "Book this appointment", "Space")
        self.see(".alert-success[role=status]", "is booked")


@tagged("post_install", "-at_install")
class TestOrganisationKeyboard(PayingMixin, OrganisationMixin, HttpCase):
    now = None

    def test_an_administrator_selects_a_plan_and_pays_without_a_mouse(self):
        subscription = self.make_trial()
        subscription._enter("expired")
        with self.looking_as("pb_boss"):
            self.show("/my")
            self.follow(".alert a", "Select plan")
            self.follow("[aria-label='Select Starter']")
            self.pay_with_keys()
            self.see(".alert-success", "your subscription is active")
        self.assertEqual((subscription.state, subscription.plan_id), ("active", self.starter))
