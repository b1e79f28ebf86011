"""Patients buy packages on the portal: offers, purchases, online payments in every order, and somebody else's ids."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.practice_billing.tools.slots import Slot

from ..common.databases import server
from ..common.pages import Browser
from ..common.races import RaceCase, done, refused
from ..common.shop import ShopMixin


@tagged("post_install", "-at_install")
class TestOffers(ShopMixin, HttpCase):
    """What is offered to whom, at which price."""

    def test_what_is_published_is_offered_at_the_price_of_the_invoice(self):
        tax = self.make_tax()
        self.product.taxes_id = tax
        offer = self.offer()
        self.assertEqual((offer.total, offer.untaxed, offer.credits), (1200.0, 991.74, 10))
        self.assertEqual(offer.price_per_credit, 120.0)
        order = self.order()
        self.assertEqual((order.amount_total, order.amount_untaxed), (offer.total, offer.untaxed))
        self.transaction(order, "done")
        self.assertEqual(self.lot_of(order).value_total, offer.untaxed)
        self.assertPaid(order)

    def test_what_is_not_for_sale_is_not_offered(self):
        other = self.env["res.company"].create({"name": "PB other practice"})
        for vals in (
            {"practice_published": False},
            {"sale_ok": False},
            {"list_price": 0.0},
            {"active": False},
            {"package_id": self.make_package("Elsewhere", **self.accounts_of(other)).id},
        ):
            with self.subTest(**vals):
                product = self.make_product(self.package, practice_published=True)
                self.assertTrue(self.offer(product))
                product.write(vals)
                self.assertIsNone(self.offer(product))

    def accounts_of(self, company):
        account = self.env["account.account"].create(
            {"name": "PB income", "code": "PBX", "account_type": "income", "company_ids": [Command.set(company.ids)]}
        )
        return {
            "company_id": company.id,
            "income_account_id": account.id,
            "deferred_account_id": False,
            "breakage_account_id": False,
        }

    def test_a_package_that_is_archived_is_not_offered(self):
        product = self.make_product(self.make_package("Old"), practice_published=True)
        product.active = False
        product.package_id.active = False
        self.assertIsNone(self.offer(product))

    def test_a_price_that_ends_at_nothing_is_not_offered(self):
        tax = self.make_tax(-100.0, price_include_override="tax_excluded")
        self.product.taxes_id = tax
        self.assertIsNone(self.offer())

    def test_a_branch_sells_the_packages_of_its_company(self):
        branch = self.env["res.company"].create({"name": "PB branch", "parent_id": self.company.id})
        user = new_test_user(
            self.env,
            "pb_branch",
            "base.group_portal",
            email="branch@example.com",
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        self.assertEqual(self.offer(user=user).company, branch)
        self.assertEqual(self.offer().company, self.company)

    def test_staff_and_portal_sell_with_the_same_invoice(self):
        self.product.taxes_id = self.make_tax()
        sale = self.env["practice.package.sale"].create({"partner_id": self.parent.id, "product_id": self.product.id})
        self.assertEqual(sale.amount_total, self.offer().total)


@tagged("post_install", "-at_install")
class TestTerms(ShopMixin, HttpCase):
    """Purchases keep the terms that were agreed to."""

    def test_a_purchase_keeps_version_moment_and_person(self):
        order = self.order()
        line = order._practice_get_package_lines()
        self.assertIn("two years", line.practice_terms_id.text)
        self.assertEqual((line.practice_terms_id.number, line.practice_terms_user_id), (1, self.parent_user))
        self.assertTrue(line.practice_terms_date)
        self.transaction(order, "done")
        self.assertEqual(self.lot_of(order).terms_id, line.practice_terms_id)

    def test_a_change_makes_a_new_version_only_for_purchases_after_it(self):
        first = self.order(way="invoice")
        self.package.terms = "<p>Nobody ever agreed to this.</p>"
        self.package.terms = "<p>Credits are valid for one year.</p>"
        second = self.order(self.child, way="invoice")
        third = self.order(user=self.stranger_user, way="invoice")
        versions = [order._practice_get_package_lines().practice_terms_id for order in (first, second, third)]
        self.assertEqual([version.number for version in versions], [1, 2, 2])
        self.assertIn("two years", versions[0].text)
        self.assertIn("one year", versions[1].text)

    def test_a_version_has_the_text_in_every_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        english = "Credits are valid for two years."
        self.package.update_field_translations("terms", {"nl_NL": {english: "Credits zijn twee jaar geldig."}})
        version = self.package._get_terms_version_sudo()
        self.assertIn("twee jaar", version.with_context(lang="nl_NL").text)
        self.assertIn("two years", version.text)
        self.assertEqual(self.package._get_terms_version_sudo(), version)
        self.package.update_field_translations("terms", {"nl_NL": {english: "Credits zijn drie jaar geldig."}})
        self.assertEqual(self.package._get_terms_version_sudo().number, 2)

    def test_without_agreeing_or_agreeing_to_other_terms_nothing_is_bought(self):
        read = self.package._get_terms_fingerprint()
        self.package.terms = "<p>Everything is forfeited.</p>"
        for terms in ("", read, "x"):
            with self.subTest(terms=terms), self.assertRaisesRegex(UserError, "terms"):
                self.order(terms=terms)
        self.assertFalse(self.orders())

    def test_a_package_without_terms_asks_nothing(self):
        self.package.terms = "<p><br></p>"
        self.assertEqual(self.package._get_terms_fingerprint(), "")
        order = self.order()
        self.assertFalse(order._practice_get_package_lines().practice_terms_id)

    def test_nobody_rewrites_what_was_agreed_to(self):
        line = self.order(way="invoice")._practice_get_package_lines()
        self.make_staff()
        with self.assertRaises(UserError):
            line.practice_terms_id.text = "<p>Other</p>"
        with self.assertRaises(UserError):
            line.with_user(self.manager).practice_terms_date = Datetime.now()


@tagged("post_install", "-at_install")
class TestPayments(ShopMixin, HttpCase):
    """Whatever a provider answers, and in whichever order, credits are given once and the books agree."""

    def test_a_draft_owes_nothing_and_gives_nothing(self):
        order = self.order()
        self.assertEqual((order.state, order._practice_get_order_state()), ("draft", "open"))
        self.assertFalse(self.lot_of(order))
        self.assertEqual(self.sent(order), 0)

    def test_done_posts_pays_gives_credits_and_sends_the_invoice_once(self):
        order = self.order(self.child)
        transaction = self.transaction(order, "done")
        self.assertPaid(order)
        self.assertEqual(self.lot_of(order).partner_id, self.child)
        self.assertEqual(self.lot_of(order).payer_id, self.parent)
        self.assertEqual(transaction.payment_id.amount, 1200.0)
        self.assertEqual(self.sent(order), 1)
        author = order.sending_data["author_partner_id"]
        self.assertEqual(author, self.env.ref("base.partner_root").id)
        self.assertIn("Little Lotte", order._practice_get_package_lines().name)

    def test_done_twice_is_done_once(self):
        self.product.email_template_id = self.env.ref("practice_billing.mail_template_package_invoice")
        order = self.order()
        transaction = self.transaction(order, "done")
        for _again in range(2):
            self.answer(transaction, "done")
            transaction._post_process()
            with self.enter_registry_test_mode():
                self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
            self.env.invalidate_all()
            mails = order.message_ids.filtered(lambda message: "your credits are ready" in (message.body or ""))
            self.assertEqual(len(mails), 1)
            self.assertIn(self.parent, mails.partner_ids | mails.notified_partner_ids)
            self.assertTrue(mails.attachment_ids)
        self.assertPaid(order)
        self.assertEqual(len(order.transaction_ids.payment_id), 1)
        self.assertEqual(len(self.lot_of(order)), 1)

    def test_pending_says_so_and_done_later_gives_the_credits(self):
        order = self.order()
        transaction = self.transaction(order, "pending")
        self.assertEqual((order.state, order._practice_get_order_state()), ("draft", "processing"))
        self.answer(transaction, "done")
        self.assertPaid(order)

    def test_pending_then_error_can_be_paid_again(self):
        order = self.order()
        transaction = self.transaction(order, "pending")
        with self.assertRaisesRegex(UserError, "being paid"):
            order._practice_check_payable()
        self.answer(transaction, "error")
        self.assertEqual(order._practice_get_order_state(), "open")
        order._practice_check_payable()
        self.transaction(order, "done")
        self.assertPaid(order)

    def test_error_and_cancel_leave_the_draft_to_be_paid(self):
        for state in ("error", "cancel"):
            with self.subTest(state=state):
                order = self.order()
                self.transaction(order, state)
                self.assertEqual((order.state, order._practice_get_order_state()), ("draft", "open"))
                self.assertEqual(order._practice_prepare_portal_order()["failed"], state)
                self.assertFalse(self.lot_of(order))

    def test_what_arrives_in_another_order_ends_the_same(self):
        order = self.order()
        transaction = self.transaction(order, "error")
        self.answer(transaction, "done")  # the error was reported by the browser, the truth by the provider
        self.answer(transaction, "pending")
        self.assertPaid(order)

    def test_an_answer_that_nobody_waited_for_is_processed_by_the_cron(self):
        order = self.order()
        transaction = self.transaction(order)
        self.answer(transaction, "done", process=False)
        self.assertEqual(order._practice_get_order_state(), "processing")
        with self.enter_registry_test_mode():
            self.env.ref("payment.cron_post_process_payment_tx").method_direct_trigger()
        self.assertPaid(order)

    def test_money_given_back_is_no_second_payment(self):
        order = self.order()
        transaction = self.transaction(order, "done")
        self.transaction(
            order,
            "done",
            amount=-1200.0,
            operation="refund",
            source_transaction_id=transaction.id,
            reference="PB-refund",
        )
        self.assertFalse(order.activity_ids)

    def test_a_second_payment_is_refused_and_one_that_arrives_anyway_is_reported(self):
        order = self.order()
        first = self.transaction(order)
        order._practice_get_begun_payment()._practice_give_up()
        second = self.transaction(order)
        self.answer(first, "done")
        with self.assertRaisesRegex(UserError, "paid"):
            order._practice_check_payable()
        self.answer(second, "done")
        self.assertPaid(order)
        self.assertEqual(second.payment_id.amount, 1200.0)
        receivable = self.receivable(self.parent)
        open_lines = second.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == receivable)
        self.assertEqual(open_lines.amount_residual, -1200.0)
        self.assertEqual(order.activity_ids.summary, "Paid twice on the portal")

    def test_a_payment_that_was_begun_keeps_every_other_one_out(self):
        order = self.order()
        first = self.transaction(order)
        with self.assertRaisesRegex(UserError, "was begun at"):
            order._practice_check_payable()
        for operation in ("online_direct", "online_redirect", "online_token", "offline"):
            with self.subTest(operation=operation), self.assertRaisesRegex(UserError, "was begun at"):
                self.transaction(order, operation=operation, reference=f"PB second {operation}")
        first._practice_give_up()
        self.assertFalse(order._practice_prepare_portal_order()["failed"])
        self.transaction(order, "done")
        self.assertPaid(order)

    def test_a_price_changed_meanwhile_counts_for_a_new_purchase_only(self):
        order = self.order()
        transaction = self.transaction(order)
        self.product.list_price = 1300.0
        again = self.order()
        self.assertNotEqual(again, order)
        self.assertEqual((again.amount_total, order.state), (1300.0, "cancel"))
        self.answer(transaction, "done")
        self.assertPaid(order)
        self.assertEqual(order.amount_total, 1200.0)

    def test_a_package_archived_while_somebody_pays_is_given_all_the_same(self):
        order = self.order()
        transaction = self.transaction(order, "pending")
        self.product.product_tmpl_id.active = False
        self.package.active = False
        self.answer(transaction, "done")
        self.assertPaid(order)

    def change_offer(self):
        """Let the product sell more credits of another package, which waits on another balance post."""
        post = self.make_account("liability_current", "PB other balance post")
        other = self.make_package("Other", deferred_account_id=post.id)
        self.product.write({"package_id": other.id, "package_credits": 12})
        return other

    def test_what_was_agreed_to_is_given_when_the_money_arrives_after_the_offer_changed(self):
        order = self.order()
        transaction = self.transaction(order, "pending")
        self.change_offer()
        self.answer(transaction, "done")
        self.assertPaid(order, credits=10)
        self.assertLot(self.lot_of(order), package_id=self.package, deferred_account_id=self.liability, value=1200.0)
        shown = order._practice_prepare_portal_order()
        self.assertEqual((shown["package"], shown["credits"]), (self.package, 10))

    def test_who_buys_again_after_the_package_changed_buys_the_new_one(self):
        self.package.terms = False
        old = self.order()
        self.change_offer()
        self.product.package_credits = 10
        self.assertNotEqual(self.order(), old)

    def test_a_payment_undone_later_leaves_the_credits_waiting(self):
        order = self.order()
        self.transaction(order, "done")
        self.unpay(order)
        self.assertEqual(order._practice_get_order_state(), "invoiced")
        self.assertLot(self.lot_of(order), state="pending")
        self.assertBooksAgree()

    def test_what_could_not_be_posted_is_refused_before_anybody_pays(self):
        self.product.taxes_id = self.make_tax(account=False)
        with (
            self.assertRaisesRegex(UserError, "call the practice"),
            mute_logger("odoo.addons.practice_billing.models.packages.shop.account_move"),
            self.env.cr.savepoint(),
        ):
            self.order()
        self.assertFalse(self.orders())


@tagged("post_install", "-at_install")
class TestOpenOrders(ShopMixin, HttpCase):
    """Purchases that nobody pays do not pile up, and none that may still be paid is lost."""

    def collect(self, days):
        """Let the nightly cleaning see purchases that are this old."""
        for order in self.orders():
            self.env.flush_all()
            past = timedelta(days=days)
            self.env.cr.execute(
                "UPDATE account_move SET create_date = create_date - %s WHERE id = %s", (past, order.id)
            )
            self.env.cr.execute(
                """UPDATE payment_transaction SET create_date = create_date - %(past)s,
                          last_state_change = last_state_change - %(past)s WHERE id IN %(ids)s""",
                {"past": past, "ids": (0, *order.transaction_ids.ids)},
            )
        self.env.invalidate_all()
        self.env["account.move"]._gc_practice_abandoned_orders()

    def ways(self):
        return self.offer().company._practice_get_portal_ways(self.login(), 1.0, self.currency)

    def test_buying_again_finds_the_purchase_that_is_open(self):
        order = self.order()
        self.assertEqual(self.order(), order)
        self.assertNotEqual(self.order(self.child), order)
        self.assertEqual(self.order(way="invoice"), order)
        self.assertEqual(order._practice_get_order_state(), "invoiced")
        self.assertEqual(self.order(), order)
        self.product.list_price = 1.0
        self.assertEqual(self.order(way="invoice"), order)
        self.pay(order)
        self.assertNotEqual(self.order(), order)

    def test_a_draft_that_staff_changed_is_not_sold_again(self):
        for lines in ([Command.clear()], [Command.create({"product_id": self.product.id, "price_unit": 0.0})]):
            with self.subTest(lines=lines):
                order = self.order()
                order.invoice_line_ids = lines
                self.assertIn(order._practice_prepare_portal_order()["credits"], (0, 10))
                self.assertTrue(self.env["account.move"]._practice_prepare_open_orders(self.parent_user) is not None)
                self.assertNotEqual(self.order(), order)

    def test_an_invoice_is_posted_and_sent_and_its_credits_wait_for_payment(self):
        self.product.email_template_id = False
        order = self.order(way="invoice")
        self.assertEqual((order.state, self.sent(order)), ("posted", 1))
        self.assertLot(self.lot_of(order), state="pending", available=10)
        self.pay(order)
        self.assertPaid(order)

    def test_an_invoice_can_be_paid_online_after_all(self):
        order = self.order(way="invoice")
        order._practice_check_payable()
        self.transaction(order, "done")
        self.assertPaid(order)

    def test_a_practice_that_does_not_sell_on_invoice_is_paid_online(self):
        self.company.practice_portal_invoice = False
        with self.assertRaisesRegex(UserError, "how you want to pay"):
            self.order(way="invoice")
        self.provider.is_published = False
        with self.assertRaisesRegex(UserError, "how you want to pay"):
            self.order(way="online")
        self.assertEqual(self.ways(), [])

    def test_a_bank_transfer_is_no_online_payment(self):
        self.provider.is_published = False
        self.provider.copy({"code": "none", "state": "test", "is_published": True, "company_id": self.company.id})
        self.assertNotIn("online", self.ways())

    def test_drafts_that_nobody_began_to_pay_are_deleted_after_a_week(self):
        order = self.order()
        self.collect(6)
        self.assertTrue(order.exists())
        self.collect(2)
        self.assertFalse(order.exists())

    def test_what_a_payment_may_still_arrive_for_is_kept(self):
        for state in (None, "pending"):
            with self.subTest(state=state):
                order = self.order()
                self.transaction(order, state)
                self.collect(20)
                self.assertEqual(order.state, "draft")
        self.collect(60)
        self.assertEqual(order.state, "draft", "pending")

    def test_a_late_payment_revives_what_was_cleaned_away(self):
        order = self.order()
        transaction = self.transaction(order, "error")
        self.collect(40)
        self.assertEqual((order.state, order._practice_get_order_state()), ("cancel", "cancelled"))
        with self.assertRaises(UserError):
            order._practice_check_payable()
        self.answer(transaction, "done")
        self.assertPaid(order)

    def test_posted_invoices_are_never_cleaned_away(self):
        order = self.order(way="invoice")
        self.collect(400)
        self.assertEqual(order.state, "posted")


class ShopPages(ShopMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("pb_parent", "pb_parent")

    def post(self, product=None, token=None, query="", **data):
        product = product or self.product
        terms = self.package._get_terms_fingerprint()
        data = {"patient_id": self.parent.id, "way": "online", "terms": terms, **data}
        return self.send_form(f"/my/packages/buy/{product.id}/order{query}", token, **data)

    def begin(self, order, query="", **params):
        """Begin a payment as Odoo's payment form does; return the answer."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": order.amount_total,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": f"/my/packages/orders/{order.id}",
            "is_validation": False,
            "access_token": "",
            **params,
        }
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.url_open(f"/my/packages/orders/{order.id}/transaction{query}", json=body).json()

    @contextmanager
    def refused(self):
        """Expect that nothing is bought, paid or given."""
        models = ("account.move", "payment.transaction", "practice.credit.lot")
        before = [self.env[model].search_count([]) for model in models]
        with mute_logger("odoo.http", "odoo.addons.practice_billing.models.packages.shop.account_move"):
            yield
        self.assertEqual([self.env[model].search_count([]) for model in models], before)


@tagged("post_install", "-at_install")
class TestShopPages(ShopPages):
    def test_cards_say_what_it_is_what_it_costs_and_what_one_agrees_to(self):
        self.product.description_sale = "Ten sessions of one hour"
        self.package.validity_months = 18
        page = self.page("/my/packages/buy")
        for text in ("Product Ten sessions", "1,200.00", "120.00", "18 months", "one hour", "two years"):
            self.assertIn(text, page)

    def test_nothing_for_sale_says_what_to_do(self):
        self.product.practice_published = False
        self.assertIn("Call the practice", self.page("/my/packages/buy"))
        self.assertNotIn("Buy a package</a>", self.page("/my/packages"))

    def test_without_a_way_to_pay_it_says_to_call_the_practice(self):
        self.company.practice_portal_invoice = False
        self.provider.state = "disabled"
        page = self.page(f"/my/packages/buy/{self.product.id}")
        self.assertIn("call the practice to buy it", page)
        self.assertNotIn('name="way"', page)
        with self.refused():
            self.post()

    def test_a_draft_that_can_no_longer_be_paid_online_says_so(self):
        order = self.order()
        self.provider.state = "disabled"
        page = self.page(f"/my/packages/orders/{order.id}")
        self.assertIn("cannot be paid online at the moment", page)
        with self.refused():
            self.assertIn("error", self.begin(order))

    def test_my_packages_offers_to_buy_and_shows_what_waits_for_payment(self):
        self.assertIn('href="/my/packages/buy"', self.page("/my/packages"))
        order = self.order(self.child, way="invoice")
        page = self.page("/my/packages")
        self.assertIn(f'href="/my/packages/orders/{order.id}"', page)
        self.assertIn(f"package_id={self.package.id}&amp;patient_id={self.child.id}", page)
        self.assertIn("Terms agreed to on", page)
        self.pay(order)
        self.assertNotIn("Purchases waiting for payment", self.page("/my/packages"))

    def test_buying_for_a_child_pays_and_gives_it_the_credits(self):
        page = self.page(f"/my/packages/buy/{self.product.id}?patient_id={self.child.id}")
        self.assertRegex(page, rf'<option value="{self.child.id}" selected')
        response = self.post(patient_id=self.child.id)
        order = self.orders()
        self.assertEqual(response.headers["Location"], f"/my/packages/orders/{order.id}")
        self.assertIn("o_payment_form", self.page(f"/my/packages/orders/{order.id}"))
        answer = self.begin(order)["result"]
        self.assertEqual(answer["amount"], 1200.0)
        simulated = {"reference": answer["reference"], "simulated_state": "done", "payment_details": "1234"}
        self.url_open("/payment/demo/simulate_payment", json={"params": simulated})
        landing = self.url_open("/payment/status/poll", json={"params": {}}).json()["result"]["landing_route"]
        self.env.invalidate_all()
        self.assertPaid(order)
        self.assertEqual(order.sending_data["author_partner_id"], self.env.ref("base.partner_root").id)
        self.assertEqual(self.lot_of(order).partner_id, self.child)
        page = self.page(landing)
        self.assertIn("your payment has arrived", page)
        self.assertIn("<strong>10</strong> left", page)
        self.assertNotIn("o_payment_form", page)

    def test_every_state_of_a_purchase_has_its_words(self):
        order = self.order()
        path = f"/my/packages/orders/{order.id}"
        transaction = self.transaction(order, "pending")
        page = self.page(path)
        self.assertIn("being processed", page)
        self.assertNotIn("o_payment_form", page)
        self.assertIn("being processed", self.page("/my/packages"))
        self.answer(transaction, "error")
        page = self.page(path)
        self.assertIn("did not succeed", page)
        self.assertIn("o_payment_form", page)
        self.post(way="invoice")
        self.env.invalidate_all()
        page = self.page(path)
        self.assertIn(order.name, page)
        self.assertIn("ready once it is paid", page)

    def test_a_chosen_time_is_carried_along_and_nothing_else_is(self):
        slot = Slot(self.type.id, 2, self.parent.id, Datetime.now().replace(microsecond=0)).encode()
        self.assertIn(f"booking={slot}", self.page(f"/my/packages/buy?booking={slot}"))
        self.assertIn(f"booking={slot}", self.page(f"/my/packages/buy/{self.product.id}?booking={slot}"))
        location = self.post(query=f"?booking={slot}").headers["Location"]
        self.assertIn(f"?booking={slot}", location)
        order = self.orders()
        answer = self.begin(order, query=f"?booking={slot}")["result"]
        transaction = self.env["payment.transaction"].search([("reference", "=", answer["reference"])])
        self.assertEqual(transaction.landing_route, f"/my/packages/orders/{order.id}?booking={slot}")
        self.answer(transaction, "done")
        self.assertIn(f"/my/appointments/book/confirm?booking={slot}", self.page(transaction.landing_route))
        for evil in ("https://evil.example.com", "//evil.example.com", '"><script>', f"{slot}/../x"):
            page = self.page(f"/my/packages/orders/{order.id}?booking={evil}")
            self.assertNotIn("Continue with your appointment", page)
            self.assertNotIn("evil.example.com", page)

    def test_the_invoices_page_shows_what_is_owed_and_no_drafts(self):
        draft, posted = self.order(), self.order(self.child, way="invoice")
        page = self.page("/my/invoices")
        self.assertIn(posted.name, page)
        self.assertNotIn(f"/my/invoices/{draft.id}?", page)
        self.assertIn("Little Lotte", posted._practice_get_package_lines().name)

    def test_pages_take_few_queries_however_much_there_is(self):
        order = self.order()
        pages = {
            "cards": "/my/packages/buy",
            "offer": f"/my/packages/buy/{self.product.id}",
            "order": f"/my/packages/orders/{order.id}",
            "mine": "/my/packages",
        }
        few = {name: self.count_queries(path) for name, path in pages.items()}
        tax = self.make_tax()
        for number in range(20):
            package = self.make_package(f"Package {number}", terms="<p>Terms</p>")
            product = self.make_product(package, practice_published=True, taxes_id=[Command.set(tax.ids)])
            if number < 10:
                self.order(product=product)
        many = {name: self.count_queries(path) for name, path in pages.items()}
        for name, count in many.items():
            self.assertTrue(0 < count <= 60, f"{name}: {count} queries with 21 products")
            # A tax and open purchases take some once; one for each of the purchases would be ten.
            self.assertLess(count - few[name], 8, f"{name}: {few[name]} queries for one product, {count} for 21")


@tagged("post_install", "-at_install")
class TestShopAttacks(ShopPages):
    """Nothing that a browser sends changes the price, the payer or whose purchase it is."""

    def test_a_form_cannot_change_price_quantity_or_payer(self):
        self.post(
            price_unit="1", amount="1", amount_total="1", quantity="100", currency_id="1", partner_id=self.stranger.id
        )
        order = self.orders()
        self.assertEqual((order.amount_total, order.partner_id, order.state), (1200.0, self.parent, "draft"))
        self.assertEqual(order._practice_get_package_lines().quantity, 1)

    def test_a_payment_cannot_change_amount_currency_payer_document_or_landing_page(self):
        order, other = self.order(), self.order(self.child)
        answer = self.begin(order, amount=0.01, is_validation=True, landing_route="https://evil.example.com/")["result"]
        transaction = self.env["payment.transaction"].search([("reference", "=", answer["reference"])])
        self.assertEqual(
            (transaction.amount, transaction.currency_id, transaction.partner_id, transaction.operation),
            (1200.0, order.currency_id, self.parent, "online_direct"),
        )
        self.assertEqual(transaction.invoice_ids, order)
        self.assertEqual(transaction.landing_route, f"/my/packages/orders/{order.id}")
        for params in (
            {"currency_id": 1},
            {"partner_id": self.stranger.id},
            {"invoice_ids": other.ids},
            {"custom_create_values": {"amount": 1}},
            {"reference_prefix": "x"},
        ):
            with self.subTest(**params), self.refused():
                self.assertIn("error", self.begin(other, **params))

    def test_only_a_payment_method_that_was_offered_can_pay(self):
        order = self.order()
        elsewhere = self.provider.copy(
            {
                "company_id": self.env["res.company"].create({"name": "PB elsewhere"}).id,
                "state": "test",
                "is_published": True,
            }
        )
        hidden = self.provider.copy({"state": "test", "is_published": False})
        method = self.env["payment.method"].create({"name": "PB other", "code": "pb_other", "image": self.method.image})
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "partner_id": self.stranger.id,
                "provider_ref": "x",
                "payment_details": "1",
            }
        )
        for params in (
            {"provider_id": elsewhere.id},
            {"provider_id": hidden.id},
            {"provider_id": 0},
            {"provider_id": "x"},
            {"provider_id": [self.provider.id]},
            {"payment_method_id": method.id},
            {"payment_method_id": None},
            {"flow": "token", "token_id": token.id},
            {"flow": "validation"},
            {"flow": None},
        ):
            with self.subTest(**params), self.refused():
                self.assertIn("error", self.begin(order, **params))

    def test_a_second_payment_of_a_paid_or_pending_purchase_is_refused(self):
        order = self.order()
        transaction = self.transaction(order, "pending")
        with self.refused():
            self.assertIn("being paid", str(self.begin(order)["error"]))
        self.answer(transaction, "done")
        with self.refused():
            self.assertIn("error", self.begin(order))

    def test_somebody_elses_purchase_does_not_exist(self):
        orders = [self.order(user=self.stranger_user), self.order(user=self.stranger_user, way="invoice")]
        plain = self.invoice(self.parent)
        for order in [*orders, plain]:
            response = self.url_open(f"/my/packages/orders/{order.id}", allow_redirects=False)
            self.assertEqual(response.headers["Location"], "/my/packages")
            with self.refused():
                self.assertIn("error", self.begin(order))
        for number in (0, 2**31, 10**30):
            response = self.url_open(f"/my/packages/orders/{number}", allow_redirects=False)
            self.assertEqual(response.headers["Location"], "/my/packages")
        self.assertNotIn(f"/my/packages/orders/{orders[0].id}", self.page("/my/packages"))

    def test_products_that_are_not_offered_cannot_be_bought(self):
        hidden = self.make_product(self.package)
        plain = self.env["product.product"].create({"name": "Chair", "practice_published": True, "list_price": 9.0})
        gone = self.make_product(self.package, practice_published=True)
        gone.active = False
        for product in (hidden, plain, gone):
            with self.subTest(product=product.name), self.refused():
                page = self.url_open(f"/my/packages/buy/{product.id}", allow_redirects=False)
                self.assertEqual(page.headers["Location"], "/my/packages/buy")
                self.assertEqual(self.post(product).headers["Location"], "/my/packages/buy")
        with self.refused():
            self.page(f"/my/packages/buy/{10**30}")

    def test_nobody_buys_for_a_stranger_or_an_archived_child(self):
        archived = self.make_patient("Gone", active=False)
        archived.practice_representative_ids = self.parent
        for patient in (self.stranger.id, archived.id, "", "x", -1, 10**30):
            with self.subTest(patient=patient), self.refused():
                self.assertIn("for whom you buy", self.post(patient_id=patient).text)

    def test_ways_and_terms_that_were_not_offered_are_refused(self):
        for data in ({"way": ""}, {"way": "free"}, {"terms": ""}, {"terms": "x"}):
            with self.subTest(**data), self.refused():
                response = self.post(**data)
                self.assertIn('role="alert"', response.text)

    def test_posting_needs_a_token_and_a_post(self):
        with self.refused():
            self.assertEqual(self.post(token="").status_code, 400)
            self.assertEqual(self.url_open(f"/my/packages/buy/{self.product.id}/order").status_code, 405)
            self.assertGreaterEqual(self.url_open("/my/packages/orders/1/transaction").status_code, 400)

    def test_a_visitor_is_sent_to_the_login(self):
        order = self.order()
        self.authenticate(None, None)
        for path in ("/my/packages/buy", f"/my/packages/buy/{self.product.id}", f"/my/packages/orders/{order.id}"):
            self.assertIn("/web/login", self.url_open(path).url)
        with self.refused():
            self.assertIn("error", self.begin(order))

    def test_the_same_e_mail_address_is_not_the_same_person(self):
        order = self.order(way="invoice")
        self.pay(order)
        twin = new_test_user(self.env, "pb_twin", "base.group_portal", name="Twin", email=self.parent.email)
        self.authenticate("pb_twin", "pb_twin")
        self.assertNotIn(self.package.name, self.page("/my/packages?filterby=all"))
        self.assertEqual(twin.partner_id._practice_get_portal_patients(), twin.partner_id)
        response = self.url_open(f"/my/packages/orders/{order.id}", allow_redirects=False)
        self.assertEqual(response.headers["Location"], "/my/packages")
        self.assertNotIn(order.name, self.page("/my/invoices"))

    def test_rpc_opens_no_other_door(self):
        mine, theirs = self.order(), self.order(user=self.stranger_user, way="invoice")
        version = mine._practice_get_package_lines().practice_terms_id
        for model, method, args in (
            ("account.move", "read", [mine.ids, ["amount_total"]]),
            ("account.move", "read", [theirs.ids, ["amount_total"]]),
            ("account.move", "write", [mine.ids, {"amount_total": 1}]),
            ("account.move", "action_post", [mine.ids]),
            ("account.move", "unlink", [mine.ids]),
            ("account.move", "read", [theirs.ids, ["practice_buyer_id"]]),
            ("account.move.line", "write", [mine.invoice_line_ids.ids, {"price_unit": 1}]),
            ("account.move", "_practice_order_package", []),
            ("account.move", "_practice_check_payable", [mine.ids]),
            ("practice.package", "read", [self.package.ids, ["terms"]]),
            ("practice.package.terms", "read", [version.ids, ["text"]]),
            ("practice.package.terms", "create", [[{"package_id": self.package.id, "number": 9}]]),
            ("practice.credit.lot", "read", [self.lot_of(theirs).ids, ["credits_total"]]),
            ("practice.credit.lot", "write", [self.lot_of(theirs).ids, {"note": "x"}]),
            ("practice.package.sale", "create", [[{"partner_id": self.parent.id}]]),
            ("product.template", "write", [self.product.product_tmpl_id.ids, {"list_price": 1}]),
            ("payment.transaction", "search_read", [[], ["amount"]]),
        ):
            with self.subTest(model=model, method=method), self.refused():
                self.assertIn(
                    self.call_kw(model, method, *args),
                    ("odoo.exceptions.AccessError", "odoo.exceptions.AccessDenied", "builtins.AttributeError"),
                )

    def test_the_json_api_opens_no_other_door(self):
        order = self.order(user=self.stranger_user, way="invoice")
        self.authenticate(None, None)
        for model, method, body in (
            ("account.move", "read", {"ids": order.ids, "fields": ["amount_total"]}),
            ("account.move", "write", {"ids": order.ids, "vals": {"ref": "x"}}),
            ("account.move", "_practice_order_package", {"ids": []}),
            ("practice.package.terms", "search_read", {"domain": []}),
            ("practice.credit.lot", "search_read", {"domain": []}),
            ("practice.package", "write", {"ids": self.package.ids, "vals": {"terms": "x"}}),
        ):
            with self.subTest(model=model, method=method), self.refused():
                response = self.json2(self.parent_user, model, method, **body)
                self.assertIn(response.status_code, (403, 404, 422))


@tagged("post_install", "-at_install")
class TestShopRace(ShopMixin, RaceCase):
    """Clicks at the same moment, in real transactions that are repeated as Odoo repeats a request."""

    SESSIONS = 8

    def setUp(self):
        super().setUp()
        # A product for each test: what another one bought stays.
        self.product = self.make_product(self.package, practice_published=True)
        self.cr.commit()

    def bought(self):
        return self.orders().filtered(lambda order: order.invoice_line_ids.product_id == self.product)

    def click(self, work):
        """Let eight sessions of one login do ``work(env)`` at once; return the outcomes."""
        return self.race([work] * self.SESSIONS, users=self.parent_user.id)

    def buy(self, way, env):
        products = (
            env["product.product"]._practice_get_portal_products(env.user).filtered(lambda it: it.id == self.product.id)
        )
        offer = products._practice_get_portal_offers(env.user)[products]
        terms = products.package_id._get_terms_fingerprint()
        return (
            env["account.move"]._practice_order_package(env.user, offer, env.user.partner_id, way=way, terms=terms).id
        )

    def test_eight_clicks_at_once_make_one_purchase_one_invoice_and_one_version_of_the_terms(self):
        for way, state in (("online", "draft"), ("invoice", "posted")):
            results = self.click(partial(self.buy, way))
            order = self.bought()
            self.assertEqual(set(results), set(order.ids))
            self.assertEqual((len(order), order.state), (1, state))
        self.assertEqual(len(self.lot_of(order)), 1)
        self.assertEqual(self.package.terms_ids.mapped("number"), [1])

    def test_eight_buyers_at_once_agree_to_one_version(self):
        package = self.make_package("Raced", terms="<p>Terms</p>")
        self.cr.commit()
        results = self.click(lambda env: env["practice.package"].sudo().browse(package.id)._get_terms_version_sudo().id)
        self.assertEqual(set(results), set(package.terms_ids.ids))
        self.assertEqual(package.terms_ids.mapped("number"), [1])

    def test_eight_payments_at_once_start_one(self):
        [order_id] = {self.buy("online", self.env(user=self.parent_user.id))}
        self.cr.commit()

        def begin(env):
            order = env["account.move"].sudo().browse(order_id)
            order._practice_check_payable()
            return self.transaction(order).id

        results = self.click(begin)
        won = done(results)
        self.assertEqual(len(won), 1, results)
        for loser in refused(results):
            self.assertIsInstance(loser, UserError)
        self.assertEqual(self.env["account.move"].browse(order_id).transaction_ids.ids, won)

    def test_eight_windows_that_pay_with_the_real_form_are_charged_once(self):
        [order_id] = {self.buy("online", self.env(user=self.parent_user.id))}
        self.cr.commit()
        address = f"/my/packages/orders/{order_id}"
        form = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": address,
            "access_token": "",
            # Odoo's form sends them along.
            "amount": 1200.0,
            "is_validation": False,
        }
        with server(self.database) as port, Browser(port, "pb_parent") as browser:
            outcomes = self.at_once([partial(browser.pay_with_demo, f"{address}/transaction", form)] * self.SESSIONS)
        paid = done(outcomes)
        self.assertEqual(len(paid), 1, outcomes)
        for error in refused(outcomes):
            self.assertRegex(str(error), "was begun|being paid|being processed")
        transactions = self.env["account.move"].browse(order_id).transaction_ids
        self.assertEqual((transactions.mapped("state"), transactions.mapped("reference")), (["done"], paid))

    def test_a_double_click_in_the_browser_makes_one_purchase(self):
        page = f"/my/packages/buy/{self.product.id}"
        form = {"way": "invoice", "terms": self.package._get_terms_fingerprint(), "patient_id": self.parent.id}
        with server(self.database) as port, Browser(port, "pb_parent") as browser:

            def click():
                return browser.send_form(f"{page}/order", browser.read_token(page), **form)

            responses = self.at_once([click] * 4)
        places = {response.headers["Location"] for response in responses}
        orders = self.bought()
        self.assertEqual((len(orders), orders.state), (1, "posted"))
        self.assertEqual(places, {f"/my/packages/orders/{orders.id}"})


@tagged("post_install", "-at_install")
class TestShopTour(ShopMixin, HttpCase):
    """Buy, pay with the demo provider, and see the credits, in a real browser."""

    def test_a_patient_buys_and_pays(self):
        self.start_tour("/my/packages", "practice_buy_package", login="pb_parent")
        self.assertPaid(self.orders())

    def test_a_patient_whose_card_is_refused_tries_again(self):
        self.start_tour("/my/packages", "practice_buy_package_twice", login="pb_parent")
        order = self.orders()
        self.assertPaid(order)
        self.assertCountEqual(order.transaction_ids.mapped("state"), ["error", "done"])


@tagged("post_install", "-at_install")
class TestShopTourOnPhone(TestShopTour):
    allow_inherited_tests_method = True  # for Odoo's loader, which else takes what stands here only
    browser_size = "390x844"
    touch_enabled = True
