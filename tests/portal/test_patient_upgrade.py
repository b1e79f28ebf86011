"""Patients make 5 credits 10 by themselves: what they see, what it costs, and what is refused."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
import re
from contextlib import contextmanager

from odoo.tests import HttpCase, tagged

from ..common.races import RaceCase, done, refused
from ..common.shop import ShopMixin


class UpgradeMixin(ShopMixin):
    """The parent has bought 5 credits, of which one is used, and 10 of them are sold on the portal."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.package.upgrade_on_portal = True
        cls.five = cls.make_product(cls.package, name="Five", package_credits=5, list_price=650.0)
        return result

    def sell_five(self, payer=None, patient=None):
        payer = payer or self.parent
        lot = self.sell(payer, product=self.five, line={"practice_patient_id": (patient or payer).id})
        self.plan(patient or payer, self.at(hours=-2)).attendance = "attended"
        return lot

    def upgrade(self, lot, product=None, user=None, **vals):
        """Upgrade as the login would, without its pages."""
        user, product = self.login(user), (product or self.product).sudo()
        lot = lot.with_user(user).sudo()
        vals = {
            "shown": lot._get_upgrade_fingerprint(lot._preview_upgrade_on_portal(product)),
            "terms": lot.package_id._get_terms_fingerprint(),
            **vals,
        }
        return lot._upgrade_by_patient(user, product, **vals).with_user(self.env.user)


@tagged("post_install", "-at_install")
class TestUpgradePages(UpgradeMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.lot = self.sell_five()
        self.authenticate("pb_parent", "pb_parent")

    def path(self, lot=None, product=None):
        return f"/my/packages/{(lot or self.lot).id}/upgrade/{(product or self.product).id}"

    def read_form(self, lot=None):
        """Return what the form of the page sends when it is agreed to."""
        page = self.page(self.path(lot))
        shown = re.search(r'name="shown" value="([^"]*)"', page).group(1)
        return {"shown": shown, "terms": self.package._get_terms_fingerprint()}

    def post(self, lot=None, product=None, token=None, **data):
        return self.send_form(f"{self.path(lot, product)}/order", token, **data)

    @contextmanager
    def nothing_bought(self):
        before = self.env["account.move"].search_count([]), self.lot.credits_available
        yield
        self.env.invalidate_all()
        self.assertEqual((self.env["account.move"].search_count([]), self.lot.credits_available), before)

    # === WHAT IS SHOWN === #

    def test_the_card_and_the_page_say_what_it_costs_and_gives(self):
        card = self.page("/my/packages")
        self.assertIn(self.path(), card)
        self.assertRegex(card, r"Upgrade to 10 credits for\s+.*550\.00")
        self.package.validity_months = 12
        page = self.page(self.path())
        for text in (
            "Credits left",
            "550.00",
            "Unused credits that go into it: 4, for which",
            "520.00",
            "No expiry date",
            "two years",
        ):
            self.assertIn(text, page)
        self.assertRegex(page, r'<td class="fw-bold">9</td>')
        self.assertIn(str(self.today().year + 1), page)

    def test_it_is_not_offered_unless_the_package_and_the_shop_say_so(self):
        child_of_firm = self.sell(
            self.make_patient("De Brug", is_company=True),
            product=self.five,
            line={"practice_patient_id": self.child.id},
        )
        self.assertNotIn(f"{child_of_firm.id}/upgrade", self.page("/my/packages"))
        for record, vals in (
            (self.package, {"upgrade_on_portal": False}),
            (self.product, {"practice_published": False}),
            (self.product, {"sale_ok": False}),
        ):
            with self.subTest(**vals):
                before = {name: record[name] for name in vals}
                record.write(vals)
                self.assertNotIn("/upgrade/", self.page("/my/packages"))
                with self.nothing_bought():
                    answer = self.url_open(self.path(), allow_redirects=False)
                    self.assertEqual(answer.headers["Location"], "/my/packages")
                    self.assertEqual(self.post(shown="x").headers["Location"], "/my/packages")
                record.write(before)

    def test_what_the_desk_refuses_is_refused_in_the_same_words(self):
        self.product.list_price = 600.0
        self.assertNotIn("/upgrade/", self.page("/my/packages"))
        self.assertIn("nothing would be left to pay", self.page(self.path()))
        self.product.list_price = 1200.0
        form = self.read_form()
        for number in range(4):
            self.plan(self.parent, self.at(days=number + 2))
        with self.nothing_bought():
            self.assertIn("nothing is left that could be upgraded", self.post(**form).text)

    def test_without_a_way_to_pay_it_says_to_call_the_practice(self):
        form = self.read_form()
        self.company.practice_portal_invoice = False
        self.provider.state = "disabled"
        page = self.page(self.path())
        self.assertIn("call the practice to buy it", page)
        self.assertNotIn("Upgrade and pay", page)
        with self.nothing_bought():
            self.assertIn("call the practice", self.post(**form).text)

    # === BUYING === #

    def test_it_is_made_once_and_given_as_far_as_it_is_paid(self):
        form = self.read_form()
        answer = self.post(**form)
        order = self.orders()
        self.assertEqual(answer.headers["Location"], f"/my/packages/orders/{order.id}")
        self.assertEqual((order.state, order.amount_total, self.sent(order)), ("posted", 550.0, 1))
        new = self.lot_of(order)
        self.assertLot(self.lot, used=1, refunded=4, available=0, value=0.0)
        self.assertLot(new, available=9, credits_spendable=4, value=1070.0, payer_id=self.parent)
        self.assertEqual(self.post(**form).headers["Location"], f"/my/packages/orders/{order.id}")
        self.assertEqual(self.orders(), order)
        page = self.page(f"/my/packages/orders/{order.id}")
        self.assertIn("Credits after the upgrade", page)
        self.assertIn("o_payment_form", page)
        self.assertEqual(self.page("/my/packages").count(f'href="/my/packages/orders/{order.id}"'), 1)
        self.transaction(order, "done")
        self.assertLot(new, available=9, credits_spendable=9, state="active")
        self.assertBooksAgree()
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})

    def test_they_are_valid_as_long_as_the_page_says(self):
        self.package.validity_months = 12
        upgrade = self.lot._preview_upgrade_on_portal(self.product)
        order = self.upgrade(self.lot)
        self.assertEqual(self.lot_of(order).expiry_date, upgrade.expiry)
        self.transaction(order, "done")
        self.assertEqual(self.lot_of(order).expiry_date, upgrade.expiry)

    def test_who_agreed_to_which_terms_is_kept(self):
        order = self.upgrade(self.lot)
        line = order.invoice_line_ids[0]
        self.assertEqual((line.practice_terms_user_id, line.practice_terms_id.number), (self.parent_user, 1))
        self.assertEqual((order.practice_buyer_id, order.invoice_user_id.id), (self.parent_user, False))

    def test_a_child_is_upgraded_by_its_parent(self):
        lot = self.sell_five(patient=self.child)
        self.post(lot, **self.read_form(lot))
        self.assertLot(self.lot_of(self.orders()), partner_id=self.child, payer_id=self.parent, available=9)

    def test_a_price_that_changed_meanwhile_is_said_and_asked_again(self):
        form = self.read_form()
        self.product.list_price = 1300.0
        with self.nothing_bought():
            page = self.post(**form).text
            self.assertIn("have changed since this page was opened", page)
            self.assertIn("650.00", page)
        self.post(**self.read_form())
        self.assertEqual(self.orders().amount_total, 650.0)

    def test_a_visit_that_was_planned_meanwhile_is_asked_again_too(self):
        form = self.read_form()
        self.plan(self.parent, self.at(days=2))
        with self.nothing_bought():
            self.assertIn("have changed", self.post(**form).text)

    def test_the_terms_have_to_be_agreed_to(self):
        form = self.read_form()
        self.package.terms = "<p>Everything is forfeited.</p>"
        for terms in ("", form["terms"], "x"):
            with self.subTest(terms=terms), self.nothing_bought():
                self.assertIn("read the terms", self.post(**{**form, "terms": terms}).text)

    def test_what_is_planned_while_it_waits_for_payment_does_not_keep_it_from_being_booked(self):
        order = self.upgrade(self.lot)
        self.plan(self.parent, self.at(days=3))
        self.transaction(order, "done")
        self.assertLot(self.lot_of(order), available=8, reserved=1, credits_spendable=8)
        self.assertBooksAgree()

    def test_buying_the_same_product_anew_is_another_purchase(self):
        order = self.upgrade(self.lot)
        self.assertNotEqual(self.order(), order)

    def test_taken_back_unpaid_and_upgraded_again(self):
        order = self.upgrade(self.lot)
        new = self.lot_of(order)
        new._take_back_unpaid(self.today(), self.env["account.account"])
        self.assertLot(new, available=4, value=520.0)
        twenty = self.make_product(self.package, package_credits=20, list_price=2000.0, practice_published=True)
        again = self.upgrade(new, twenty)
        self.assertNotEqual(again, order)
        self.assertLot(self.lot_of(again), available=19)
        self.assertBooksAgree()

    # === ATTACKS === #

    def test_amounts_of_the_request_change_nothing(self):
        self.post(**self.read_form(), price_unit="1", amount="1", total="1", credits="99", patient_id=self.stranger.id)
        order = self.orders()
        self.assertEqual((order.amount_total, order.partner_id), (550.0, self.parent))
        self.assertLot(self.lot_of(order), available=9, partner_id=self.parent)

    def test_somebody_elses_credits_do_not_exist(self):
        form = self.read_form()
        theirs = self.sell_five(self.stranger)
        for lot_id in (theirs.id, 0, 2**31, 10**30):
            path = f"/my/packages/{lot_id}/upgrade/{self.product.id}"
            with self.nothing_bought():
                self.assertEqual(self.url_open(path, allow_redirects=False).headers["Location"], "/my/packages")
                self.assertEqual(self.send_form(f"{path}/order", **form).headers["Location"], "/my/packages")
        self.assertLot(theirs, available=4)

    def test_posting_needs_a_token_and_a_post(self):
        with self.nothing_bought():
            self.assertEqual(self.post(token="", **self.read_form()).status_code, 400)
            self.assertEqual(self.url_open(f"{self.path()}/order").status_code, 405)

    def test_my_packages_takes_few_queries_for_many_that_can_be_upgraded(self):
        one = self.count_queries("/my/packages")
        for _number in range(4):
            self.sell_five()
        self.assertLess((self.count_queries("/my/packages") - one) / 4, 12)


@tagged("post_install", "-at_install")
class TestUpgradeTour(UpgradeMixin, HttpCase):
    def test_a_patient_upgrades_and_pays(self):
        lot = self.sell_five()
        self.start_tour("/my/packages", "practice_upgrade_package", login="pb_parent")
        order = self.orders()
        self.assertPaid(order, credits=9)
        self.assertLot(lot, used=1, refunded=4, available=0)
        self.assertLot(self.lot_of(order), value=1070.0)


@tagged("post_install", "-at_install")
class TestUpgradeTourOnPhone(TestUpgradeTour):
    allow_inherited_tests_method = True  # for Odoo's loader, which else takes what stands here only
    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install")
class TestUpgradeRaces(UpgradeMixin, RaceCase):
    now = None

    def test_clicked_twice_it_is_made_once(self):
        lot = self.sell_five()
        self.cr.commit()
        user, product = self.parent_user, self.product
        shown = lot._get_upgrade_fingerprint(lot._preview_upgrade_on_portal(product))

        def click(env):
            env = env(user=user.id)
            mine = lot.with_env(env).sudo()
            terms = mine.package_id._get_terms_fingerprint()
            return mine._upgrade_by_patient(env.user, product.with_env(env).sudo(), shown=shown, terms=terms).id

        outcomes = self.race([click] * 2)
        self.assertFalse(refused(outcomes), outcomes)
        self.assertEqual(len(set(done(outcomes))), 1)
        self.assertLot(lot, available=0, refunded=4, value=0.0)
        self.assertBooksAgree()
