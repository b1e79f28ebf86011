"""Gifts on the portal: bought, found under Gifts I Gave, redeemed by whoever has the code; guessing is slowed down."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..common.shop import ShopMixin
from ..common.vouchers import VoucherMixin


@tagged("post_install", "-at_install")
class TestGiftsOnThePortal(VoucherMixin, ShopMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.parent_user)

    @property
    def gift_page(self):
        return f"/my/packages/buy/{self.product.id}/gift"

    def buy_gift(self, way="online", **said):
        """Buy a gift as the form does; return the answer."""
        form = {"receiver_name": "Oma Rosa", "receiver_email": "oma@example.com", "message": "Voor jou", **said}
        terms = self.package._get_terms_fingerprint()
        return self.send_form(f"{self.gift_page}/order", way=way, terms=terms, **form)

    def look(self, code):
        return self.send_form("/my/packages/redeem/look", code=code).text

    def confirm(self, code, patient=None, **form):
        return self.send_form("/my/packages/redeem/confirm", code=code, patient_id=(patient or self.parent).id, **form)

    def attempts(self):
        return self.env["practice.code.attempt"].search([])

    # === BUYING === #

    def test_a_gift_is_bought_and_paid_like_any_purchase(self):
        self.assertIn(self.gift_page, self.page(f"/my/packages/buy/{self.product.id}"))
        self.assertIn("12 months", self.page(self.gift_page))
        answer = self.buy_gift()
        order = self.orders()
        self.assertEqual(answer.headers["Location"].split("?")[0][-len(str(order.id)) :], str(order.id))
        voucher = order.practice_voucher_ids
        self.assertEqual((voucher.state, voucher.buyer_id, voucher.receiver_name), ("draft", self.parent, "Oma Rosa"))
        self.assertIn("Oma Rosa", self.page(f"/my/packages/orders/{order.id}"))
        self.transaction(order, "done")
        self.assertEqual(voucher.state, "open")
        self.assertLot(voucher.lot_id, partner_id=self.parent, available=10, credits_spendable=0)
        text = self.page(f"/my/packages/orders/{order.id}")
        self.assertIn("The voucher is ready", text)
        self.assertIn("oma@example.com", text)
        self.assertNotIn("Credits now", text)
        self.run_vouchers()
        self.assertEqual(self.mails(voucher)[:1].email_to, "oma@example.com")
        self.assertBooksAgree()

    def test_the_same_gift_is_drafted_once_and_another_is_another(self):
        self.buy_gift()
        self.buy_gift()
        self.assertEqual(len(self.orders()), 1)
        self.buy_gift(receiver_name="Opa")
        self.assertEqual(len(self.orders()), 2)
        self.order()
        self.assertEqual(len(self.orders()), 3, "what they buy for themselves is no gift")
        self.order()
        self.assertEqual(len(self.orders()), 3)

    def test_what_is_wrong_is_said_and_what_was_typed_stays(self):
        for said, words in (
            ({"receiver_name": " "}, "Say for whom"),
            ({"receiver_email": "oma"}, "not an e-mail address"),
            ({"send_date": "soon"}, "Choose the day"),
        ):
            text = self.buy_gift(**said).text
            self.assertIn(words, text)
            self.assertIn("Voor jou", text)
        self.assertIn("read the terms", self.send_form(f"{self.gift_page}/order", receiver_name="x", way="online").text)
        self.assertFalse(self.orders())

    def test_without_the_day_it_goes_at_once_and_with_it_on_that_day(self):
        day = self.today() + timedelta(days=3)
        self.buy_gift(way="invoice", send_date=day.isoformat())
        voucher = self.orders().practice_voucher_ids
        self.assertEqual((voucher.state, voucher.send_date), ("waiting", day))
        self.pay(voucher.invoice_id)
        self.run_vouchers()
        self.assertFalse(voucher.sent_on)

    # === GIFTS I GAVE === #

    def test_who_gave_it_sees_what_became_of_it_and_not_for_whom(self):
        voucher = self.sell_gift(self.parent, receiver_name="Oma Rosa")
        text = self.page("/my/packages/gifts")
        self.assertIn(voucher.name, text)
        self.assertIn("Oma Rosa", text)
        self.assertNotIn("Product Ten sessions", self.page("/my/packages"))
        card = self.url_open(f"/my/packages/gifts/{voucher.id}/print")
        self.assertEqual(card.headers["Content-Type"], "application/pdf")
        self.redeem(voucher)
        text = self.page("/my/packages/gifts")
        self.assertIn("Redeemed on", text)
        self.assertNotIn("Bert Claes", text)
        answer = self.url_open(f"/my/packages/gifts/{voucher.id}/print", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    def test_a_stranger_sees_nothing_of_it(self):
        voucher = self.sell_gift(self.parent)
        self.log_in(self.stranger_user)
        self.assertNotIn(voucher.name, self.page("/my/packages/gifts"))
        answer = self.url_open(f"/my/packages/gifts/{voucher.id}/print", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.url_open(f"/my/packages/gifts/{10**12}/print").status_code, 200)

    # === REDEEMING === #

    def test_a_code_is_looked_at_confirmed_and_gives_its_credits(self):
        voucher = self.sell_gift(message="Happy birthday!")
        page = self.page(f"/my/packages/redeem?code={voucher.name}")
        self.assertIn(voucher.name, page)
        self.assertNotIn("Happy birthday!", page, "an address looks nothing up")
        self.assertFalse(self.attempts())
        text = self.look(voucher.name.lower().replace("-", " "))
        for words in ("Ten sessions", "An Peeters", "Happy birthday!", "Redeem it"):
            self.assertIn(words, text)
        self.assertEqual(voucher.state, "open", "looking changes nothing")
        answer = self.confirm(voucher.name, self.child)
        self.assertTrue(answer.headers["Location"].endswith("/my/packages?message=redeemed"))
        self.env.invalidate_all()
        self.assertRecordValues(
            voucher,
            [
                {
                    "state": "redeemed",
                    "redeemed_at": "portal",
                    "redeemed_partner_id": self.child.id,
                    "redeemed_by_id": self.parent_user.id,
                }
            ],
        )
        self.assertLot(voucher.redeemed_lot_id, partner_id=self.child, payer_id=self.patient, available=10)
        text = self.page("/my/packages?message=redeemed")
        self.assertIn("The voucher is redeemed", text)
        self.assertIn("Little Lotte", text)
        self.assertBooksAgree()

    def test_who_comes_second_reads_when_and_no_name(self):
        voucher = self.sell_gift(message="Secret words")
        self.redeem(voucher)
        for text in (self.look(voucher.name), self.confirm(voucher.name).text):
            self.assertIn("was redeemed on", text)
            for secret in ("Bert Claes", "An Peeters", "Secret words"):
                self.assertNotIn(secret, text)

    def test_what_is_not_paid_or_over_is_said(self):
        voucher = self.sell_gift(pay=False)
        self.assertIn("not paid yet", self.confirm(voucher.name).text)
        self.pay(voucher.invoice_id)
        voucher.lot_id.expiry_date = self.today() - timedelta(days=1)
        self.env.flush_all()
        self.assertIn("could be redeemed until", self.confirm(voucher.name).text)
        self.assertEqual(voucher.state, "open")

    def test_credits_go_to_patients_of_the_login_only(self):
        voucher = self.sell_gift()
        self.assertIn("Choose who", self.confirm(voucher.name, self.stranger).text)
        self.assertEqual(voucher.state, "open")

    def test_who_guesses_is_slowed_down_and_a_good_code_is_no_guess(self):
        voucher = self.sell_gift()
        for _again in range(12):
            self.assertIn("Redeem it", self.look(voucher.name))
        for number in range(10):
            self.assertIn("no voucher with this code", self.look(f"GUESS {number}"))
        self.assertEqual(len(self.attempts()), 2, "one row for the customer, one for the address")
        for text in (self.look(voucher.name), self.confirm(voucher.name).text):
            self.assertIn("Too many codes were tried", text)
        self.env.invalidate_all()
        self.assertEqual(voucher.state, "open")
        self.env.cr.execute("UPDATE practice_code_attempt SET since = since - INTERVAL '61 minutes'")
        self.assertIn("Redeem it", self.look(voucher.name))

    def test_a_voucher_of_another_company_is_for_its_patients(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.parent.company_id = False
        self.child.company_id = other
        voucher = self.sell_gift()
        self.parent_user.company_ids = [Command.link(other.id)]
        self.assertIn("patient of PB other", self.confirm(voucher.name, self.child).text)
        self.assertEqual(voucher.state, "open")


class GiftTours(VoucherMixin, ShopMixin):
    def walk(self):
        self.start_tour(f"/my/packages/buy/{self.product.id}", "practice_give_on_portal", login="pb_parent")
        self.env.invalidate_all()
        voucher = self.orders().practice_voucher_ids
        self.assertEqual((voucher.state, voucher.message), ("open", "Happy birthday!"))
        page = f"/my/packages/redeem?code={voucher.code}"
        self.start_tour(page, "practice_redeem_on_portal", login="pb_stranger")
        self.env.invalidate_all()
        self.assertLot(voucher.redeemed_lot_id, partner_id=self.stranger, payer_id=self.parent, available=10)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestGiftTour(GiftTours, HttpCase):
    def test_one_gives_and_another_redeems(self):
        self.walk()


@tagged("post_install", "-at_install")
class TestGiftTourOnPhone(GiftTours, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_one_gives_and_another_redeems_with_a_thumb(self):
        self.walk()
