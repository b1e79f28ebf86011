"""What administrators of an organisation, its practitioners and others see and do on the portal, over the pages."""

import re
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.subscriptions.portal.res_partner import Account
from ..common.checkouts import OrganisationMixin
from ..common.pages import PagesMixin
from ..common.subscriptions import SubscriptionCase, day

PAGES = (
    "/my/subscription",
    "/my/subscription/portal",
    "/my/subscription/details",
    "/my/subscription/plans",
    "/my/subscription/checkout",
    "/my/subscription/method",
    "/my/subscription/cancel",
    "/my/subscription/practitioners/add",
)


@tagged("post_install", "-at_install")
class TestRoles(OrganisationMixin, SubscriptionCase):
    """Who may what, at the doors of the models."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.subscription = cls.make_trial()

    def mine(self, user=None):
        return self.subscription.with_user(user or self.boss).sudo()

    def banners(self, user=None):
        user = user or self.boss
        self.env.flush_all()
        self.env.invalidate_all()
        return [(it["level"], it["button"]) for it in user.partner_id.with_user(user)._practice_get_portal_banners()]

    # === ADMINISTRATORS === #

    def test_an_administrator_adds_one_hands_over_and_is_out(self):
        organisation = self.organisation.with_user(self.boss)
        organisation._practice_add_administrator(self.an.partner_id)
        organisation._practice_remove_administrator(self.boss.partner_id)
        self.assertEqual(self.organisation.practice_administrator_ids, self.an.partner_id)
        self.assertEqual(self.boss.partner_id.with_user(self.boss)._practice_get_portal_accounts(), [])
        with self.assertRaises(AccessError):
            organisation._practice_add_administrator(self.boss.partner_id)

    def test_the_last_one_with_a_login_stays(self):
        organisation = self.organisation.with_user(self.boss)
        with self.assertRefused("Somebody with a login has to stay"):
            organisation._practice_remove_administrator(self.boss.partner_id)
        bert = self.subscription.seat_ids.practitioner_id - self.an.partner_id
        organisation._practice_add_administrator(bert)
        with self.assertRefused("Somebody with a login has to stay"):
            organisation._practice_remove_administrator(self.boss.partner_id)

    def test_only_people_of_the_organisation_become_administrators(self):
        organisation = self.organisation.with_user(self.boss)
        for person in (self.rival.partner_id, self.other, self.env["res.partner"].browse(10**8)):
            with self.assertRefused("one of the contacts"):
                organisation._practice_add_administrator(person)

    def test_staff_sees_that_nobody_runs_it_and_invites(self):
        self.assertFalse(self.organisation.practice_lacks_administrator)
        self.organisation.practice_administrator_ids = False
        organisation = self.organisation.with_user(self.front_desk)
        self.assertTrue(organisation.practice_lacks_administrator)
        with self.assertRefused("Choose the administrators first"):
            organisation.action_invite_practice_administrators()
        organisation.practice_administrator_ids = self.an.partner_id
        action = organisation.action_invite_practice_administrators()
        self.assertEqual(self.env["portal.wizard"].browse(action["res_id"]).user_ids.partner_id, self.an.partner_id)

    def test_every_door_asks_for_the_role(self):
        seat = self.subscription.seat_ids[:1]
        token = self.make_token(self.organisation)
        today = self.today()
        for user in (self.an, self.rival, self.portal):
            it = self.mine(user)
            doors = {
                "add": lambda it=it: it._portal_add_practitioner_sudo("X", "x@example.com"),
                "end": lambda it=it: it._portal_end_seat(seat.id, today),
                "keep": lambda it=it: it._portal_keep_seat(seat.id),
                "proof": lambda it=it: it._portal_prolong_proof(seat.id, today),
                "invite": lambda it=it: it._portal_invite(seat.id),
                "preview": lambda it=it: it._portal_preview(lambda: None),
                "get change": lambda it=it: it._portal_get_change(self.blended, "month"),
                "change": lambda it=it: it._portal_change_plan(self.blended, "month"),
                "withdraw": lambda it=it: it._portal_withdraw_change(),
                "cancel": lambda it=it: it._portal_cancel("other"),
                "undo": lambda it=it: it._portal_undo_cancel(),
                "tokens": lambda it=it: it._portal_get_tokens(),
                "use": lambda it=it: it._portal_use_token(token.id),
                "remove": lambda it=it: it._portal_remove_token(token.id),
            }
            for name, work in doors.items():
                with self.subTest(user=user.login, door=name), self.assertRaises(AccessError):
                    work()
        self.assertTrue(token.active)

    # === BANNER === #

    def test_the_banner_follows_the_subscription(self):
        self.subscription.trial_end = self.today() + timedelta(days=7)
        self.assertEqual(self.banners(), [])
        self.subscription.trial_end = self.today() + timedelta(days=6)
        self.assertEqual(self.banners(), [("warning", "plan")])
        self.company.practice_trial_warning_days = 3
        self.assertEqual(self.banners(), [])
        self.subscription.trial_end = self.today() - timedelta(days=1)
        self.assertEqual(self.banners(), [("danger", "plan")], "the run has not come by yet")
        self.subscription._enter("expired")
        self.assertEqual(self.banners(), [("danger", "plan")])
        self.subscription._begin_billing()
        self.assertEqual(self.banners(), [])
        self.bill(self.subscription)
        self.assertEqual(self.banners(), [("warning", "method")])
        self.subscription._set_payment_token(self.make_token(self.organisation))
        self.assertEqual(self.banners(), [], "it is charged by itself")
        self.subscription._set_payment_token(self.env["payment.token"])
        self.go_to(day(1, 16))
        self.assertEqual(self.banners(), [("warning", "pay")])
        self.follow_time()
        self.assertEqual((self.subscription.state, self.banners()), ("past_due", [("warning", "pay")]))
        self.follow_time(day(1, 31))
        self.assertEqual((self.subscription.state, self.banners()), ("suspended", [("danger", "pay")]))
        self.subscription.suspended_reason = "written_off"
        self.assertEqual(self.banners(), [("danger", None)])
        self.subscription.suspended_reason = "unpaid"
        self.pay(self.last_invoice(self.subscription))
        self.assertEqual((self.subscription.state, self.banners()), ("active", []))
        self.subscription.action_pause()
        self.assertEqual(self.banners(), [("danger", None)])
        self.subscription._cancel_now("other")
        self.assertEqual(self.banners(), [("danger", "plan")])

    def test_the_banner_says_what_became_of_the_automatic_payment(self):
        self.subscription._begin_billing()
        self.subscription._set_payment_token(self.make_token(self.organisation, "error"))
        move = self.bill(self.subscription).sudo()
        self.run_cron("ir_cron_collect")
        self.assertEqual((move.practice_collection, self.banners()), ("retry", [("warning", "pay")]))
        self.subscription._set_payment_token(self.make_token(self.organisation, "cancel"))
        self.run_cron("ir_cron_collect")
        self.assertEqual((move.practice_collection, self.banners()), ("refused", [("warning", "method")]))
        self.follow_time(day(1, 31))
        self.assertEqual((self.subscription.state, self.banners()), ("suspended", [("danger", "pay")]))
        self.subscription._set_payment_token(self.make_token(self.organisation, "pending"))
        self.run_cron("ir_cron_collect")
        self.assertEqual((move.practice_collection, self.banners()), ("collecting", [("danger", None)]))
        self.notify(move._practice_get_last_attempt(), "done")
        self.assertEqual((self.subscription.state, self.banners()), ("active", []))

    def test_an_organisation_that_never_had_one_is_told_to_select_a_plan(self):
        self.assertEqual(self.banners(self.rival), [("danger", "plan")])

    def test_practitioners_and_others_get_no_banner(self):
        self.subscription._enter("expired")
        for user in (self.an, self.portal):
            self.assertEqual(self.banners(user), [])

    def test_the_banner_costs_three_queries_at_most_and_one_for_others(self):
        for state in ("trial", "expired", "active"):
            if state != "trial":
                self.subscription._enter(state, anchor_date=self.today(), next_invoice_date=self.today())
            for user, limit in ((self.boss, 3), (self.an, 1), (self.rival, 3)):
                partner = user.partner_id.with_user(user).with_context(lang="en_US")
                partner._practice_get_portal_banners()
                self.env.flush_all()
                self.env.invalidate_all()
                # What every page reads anyway.
                self.assertTrue(user.with_user(user).partner_id.name and user.with_user(user).company_ids.ids)
                self.assertTrue(self.company.practice_tz and self.company.name)
                before = self.env.cr.sql_log_count
                partner._practice_get_portal_banners()
                with self.subTest(state=state, user=user.login):
                    self.assertLessEqual(self.env.cr.sql_log_count - before, limit)

    def test_accounts_are_found_by_organisation_and_company(self):
        self.assertEqual(
            self.boss.partner_id.with_user(self.boss)._practice_get_portal_accounts(),
            [Account(self.organisation, self.company, self.subscription)],
        )
        self.other.practice_administrator_ids |= self.boss.partner_id
        accounts = self.boss.partner_id.with_user(self.boss)._practice_get_portal_accounts()
        self.assertEqual([it.organisation for it in accounts], [self.organisation, self.other])
        self.assertFalse(accounts[1].subscription)
        self.subscription._cancel_now("other")
        running = self.subscribe(organisation=self.organisation, seats=())
        accounts = self.boss.partner_id.with_user(self.boss)._practice_get_portal_accounts()
        self.assertEqual(accounts[0].subscription, running)

    def test_each_running_subscription_with_a_company_of_the_login_is_an_account(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        plan = self.standard.copy(
            {"company_id": elsewhere.id, "income_account_id": False, "deferred_account_id": False}
        )
        there = self.env["practice.subscription"].create(
            {
                "organisation_id": self.organisation.id,
                "company_id": elsewhere.id,
                "plan_id": plan.id,
                "trial_end": "2026-02-01",
            }
        )
        login = self.boss.partner_id.with_user(self.boss)
        self.assertEqual([it.subscription for it in login._practice_get_portal_accounts()], [self.subscription])
        self.boss.company_ids |= elsewhere
        self.assertEqual([it.subscription for it in login._practice_get_portal_accounts()], [self.subscription, there])
        self.subscription._enter("expired")
        self.assertEqual(
            [it.subscription for it in login._practice_get_portal_accounts()], [there], "what runs comes first"
        )

    # === PRACTITIONERS === #

    def running(self):
        self.subscription._begin_billing()
        self.bill(self.subscription)
        return self.mine()

    def test_what_an_addition_costs_is_said_before_and_is_what_is_billed(self):
        mine = self.running()
        self.go_to(day(1, 25))
        before, after = mine._portal_preview(lambda: mine._portal_add_practitioner_sudo("Dirk", "dirk@example.com"))
        self.assertEqual(len(self.subscription.seat_ids), 2, "nothing of the preview stays")
        self.assertEqual(round(after["additions"] - before["additions"], 2), 26.42)
        words = " ".join(mine._describe_addition(before, after))
        for amount in ("26.42", "39.00", "94.38", "173.54"):
            self.assertIn(amount, words)
        mine._portal_add_practitioner_sudo("Dirk", "dirk@example.com")
        self.bill(self.subscription, day(2, 15))
        self.assertEqual(self.last_invoice(self.subscription).amount_total, after["total"])
        self.assertWaiting()

    def test_who_is_added_before_the_period_in_a_new_time_zone_comes_on_its_first_day(self):
        mine = self.running()
        self.go_to(day(1, 15), hour=6)
        self.company.practice_tz = "Pacific/Pago_Pago"
        self.assertEqual(self.today(), day(1, 14))
        seat_sudo = mine._portal_add_practitioner_sudo("Dirk", "dirk@example.com")
        self.assertEqual(seat_sudo.date_from, day(1, 15))
        mine._portal_end_seat(seat_sudo.id, day(1, 15))
        self.assertEqual(seat_sudo.date_to, day(1, 15))

    def test_a_freed_seat_is_reused_at_no_cost(self):
        mine = self.running()
        mine._portal_end_seat(self.subscription.seat_ids[:1].id, day(1, 20))
        self.go_to(day(1, 22))
        sums = mine._portal_preview(lambda: mine._portal_add_practitioner_sudo("Dirk", "dirk@example.com"))
        self.assertEqual(sums[0]["additions"], sums[1]["additions"])
        self.assertIn("no extra cost", " ".join(mine._describe_addition(*sums)))

    def test_who_has_left_does_not_come_back_as_if_they_had_stayed(self):
        mine = self.running()
        seat = self.subscription.seat_ids[:1]
        mine._portal_end_seat(seat.id, day(1, 20))
        self.go_to(day(1, 25))
        for work in (lambda: mine._portal_end_seat(seat.id, day(3, 1)), lambda: mine._portal_keep_seat(seat.id)):
            with self.assertRefused("has left|not about to leave"):
                work()
        self.assertEqual(seat.date_to, day(1, 20))

    def test_leaving_says_that_the_seat_stays_paid(self):
        mine = self.running()
        seat = self.subscription.seat_ids[:1]
        sums = mine._portal_preview(lambda: mine._portal_end_seat(seat.id, self.today()))
        words = " ".join(mine._describe_end(*sums))
        self.assertIn("stays paid", words)
        self.assertIn("47.19", words)
        self.assertFalse(seat.date_to)

    def test_nonsense_about_practitioners_is_refused(self):
        mine, today = self.running(), self.today()
        for words, work in (
            ("name and a valid e-mail", lambda: mine._portal_add_practitioner_sudo("", "x@example.com")),
            ("name and a valid e-mail", lambda: mine._portal_add_practitioner_sudo("X", "nonsense")),
            ("Choose a rate", lambda: mine._portal_add_practitioner_sudo("X", "x@example.com", "free")),
            ("needs a proof", lambda: mine._portal_add_practitioner_sudo("X", "x@example.com", "student")),
            (
                "needs a proof",
                lambda: mine._portal_add_practitioner_sudo("X", "x@example.com", "student", today - timedelta(days=1)),
            ),
            ("has a seat", lambda: mine._portal_add_practitioner_sudo("Bert", "BERT@example.com")),
            ("at the earliest", lambda: mine._portal_end_seat(mine.seat_ids[:1].id, today - timedelta(days=1))),
            ("at the earliest", lambda: mine._portal_end_seat(mine.seat_ids[:1].id, None)),
            ("not about to leave", lambda: mine._portal_keep_seat(mine.seat_ids[:1].id)),
            ("standard rate", lambda: mine._portal_prolong_proof(mine.seat_ids[:1].id, today)),
            ("no date", lambda: mine._portal_parse_day("31/31/31")),
        ):
            with self.subTest(words=words), self.assertRefused(words):
                work()

    def test_somebody_elses_seat_looks_like_one_that_never_was(self):
        other = self.subscribe(organisation=self.other)
        for seat_id in (other.seat_ids[0].id, 10**8):
            with self.assertRefused("There is no such practitioner"):
                self.mine()._portal_end_seat(seat_id, self.today())
        self.assertFalse(other.seat_ids[0].date_to)

    def test_a_person_of_another_organisation_is_neither_attached_nor_revealed(self):
        stranger = self.make_patient("Known Kim", parent_id=self.other.id)
        seat = self.mine()._portal_add_practitioner_sudo("Kim", stranger.email)
        self.assertNotEqual(seat.practitioner_id, stranger)
        self.assertEqual((seat.practitioner_id.name, seat.practitioner_id.parent_id), ("Kim", self.organisation))
        self.assertEqual((stranger.name, stranger.parent_id), ("Known Kim", self.other))

    def test_inviting_an_address_that_has_a_login_tells_staff_only(self):
        mine = self.mine()
        taken = mine._portal_add_practitioner_sudo("Copy", "copy@example.com")
        new = mine._portal_add_practitioner_sudo("New", "new.one@example.com", invite=True)
        self.assertTrue(new.practitioner_id.user_ids._is_portal())
        new_test_user(self.env, "pb_taken@example.com", "base.group_portal")
        taken.practitioner_id.email = "pb_taken@example.com"
        self.assertIsNone(mine._portal_invite(taken.id))
        self.assertFalse(taken.practitioner_id.user_ids)
        self.assertIn("by hand", " ".join(self.organisation.activity_ids.mapped("summary")))
        organisation = self.organisation.with_user(self.boss)
        with self.assertRefused("one of the contacts"):
            organisation._practice_invite_contact(self.rival.partner_id, self.company)

    def test_a_student_and_a_new_proof(self):
        seat = self.mine()._portal_add_practitioner_sudo("Carla", "carla@example.com", "student", day(2, 28))
        self.mine()._portal_prolong_proof(seat.id, day(6, 30))
        self.assertEqual((seat.kind, seat.student_until), ("student", day(6, 30)))
        told = self.subscription.activity_ids.filtered(lambda it: "Student rate" in (it.summary or ""))
        self.assertEqual(len(told), 2, "once for each proof that was entered")
        self.assertEqual(told.user_id, self.subscription._practice_get_responsible())
        self.assertIn("Carla", told[-1].note)

    def test_a_proof_counts_for_fifteen_months_at_most(self):
        add, mine = self.mine()._portal_add_practitioner_sudo, self.mine()
        seat = add("Carla", "carla@example.com", "student", day(4, 15, 2027))
        for until in (day(4, 16, 2027), day(12, 31, 9999)):
            with self.subTest(until=until), self.assertRefused("counts until 04/15/2027 at most"):
                add("Dirk", "dirk@example.com", "student", until)
            with self.subTest(until=until), self.assertRefused("counts until 04/15/2027 at most"):
                mine._portal_prolong_proof(seat.id, until)

    # === PLAN === #

    def test_changing_asks_for_a_method_first_and_costs_what_was_shown(self):
        mine = self.running()
        with self.assertRefused("Add an automatic payment method first"):
            mine._portal_get_change(self.blended, "month")
        self.subscription._set_payment_token(self.make_token(self.organisation))
        self.go_to(day(1, 20))
        self.make_code()
        when, preview = mine._portal_get_change(self.blended, "month", "WELCOME")
        shown = mine._describe_shown(when, preview)
        with self.assertRefused("changed meanwhile"):
            mine._portal_change_plan(self.blended, "month", None, shown)
        move = mine._portal_change_plan(self.blended, "month", "welcome", shown)
        self.assertPreviewed(preview, move)
        self.assertNotEqual(move.create_uid, self.boss)
        self.assertEqual(self.subscription.plan_id, self.blended)
        self.assertWaiting()

    def test_a_cheaper_plan_waits_and_can_be_withdrawn(self):
        mine = self.running()
        self.subscription._set_payment_token(self.make_token(self.organisation))
        self.assertFalse(mine._portal_change_plan(self.starter, "month"))
        self.assertEqual(self.subscription.pending_plan_id, self.starter)
        mine._portal_withdraw_change()
        self.assertFalse(self.subscription.pending_plan_id)
        self.standard.published = self.blended.published = False
        with self.assertRefused("not offered"):
            mine._portal_change_plan(self.blended, "month")

    def test_cancelling_with_the_period_undoing_and_reasons(self):
        mine = self.running()
        for reason in ("unpaid", "nonsense", None):
            with self.assertRefused("Choose a reason"):
                mine._portal_cancel(reason)
        mine._portal_cancel("price", "x" * 1000)
        self.assertEqual((self.subscription.end_date, len(self.subscription.cancel_note)), (day(2, 14), 500))
        with self.assertRefused("cancelled already"):
            mine._portal_cancel("price")
        mine._portal_undo_cancel()
        self.assertFalse(self.subscription.end_date)

    # === SAVED METHODS === #

    def test_saved_methods_are_for_administrators(self):
        token, tokens = self.make_token(self.organisation), self.env["payment.token"]
        own = self.make_token(self.an.partner_id)
        for user, seen in ((self.boss, token), (self.an, own), (self.rival, tokens)):
            for partner in (user.partner_id, self.organisation):
                found = tokens.with_user(user).sudo()._get_available_tokens(None, partner.id, is_validation=True)
                with self.subTest(user=user.login, partner=partner.name):
                    self.assertEqual(found & (token | own), seen & found)
                    self.assertEqual(token in found, user == self.boss)
        self.assertTrue(token.with_user(self.manager).sudo()._practice_is_for_user())

    def test_removing_the_method_in_use_leaves_none(self):
        self.running()
        token = self.make_token(self.organisation)
        self.subscription._set_payment_token(token)
        stranger = self.make_token(self.other)
        with self.assertRefused("no such payment method"):
            self.mine()._portal_remove_token(stranger.id)
        with self.assertRefused("no such payment method"):
            self.mine()._portal_use_token(stranger.id)
        self.mine()._portal_remove_token(token.id)
        self.assertFalse(token.active)
        self.assertFalse(self.subscription.payment_token_id)


@tagged("post_install", "-at_install")
class TestPages(PagesMixin, OrganisationMixin, HttpCase):
    """The pages, as the administrator, a practitioner, the administrator of another organisation, and a visitor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()

    def transact(self, checkout_id, **vals):
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "https://evil.example.com",
            "is_validation": False,
        }
        return self.rpc(f"/my/subscription/checkout/{checkout_id}/transaction", **{**params, **vals})

    def assertError(self, answer, words):
        self.assertIn(words, answer["error"]["data"]["message"])

    def begin_checkout(self, plan=None):
        self.send_form("/my/subscription/checkout/start", plan=(plan or self.standard).id, interval="month")
        self.page("/my/subscription/checkout")
        return self.env["practice.subscription.checkout"]._get_open_sudo(self.organisation, self.company)

    # === THE WAY === #

    def test_from_the_banner_to_a_paid_subscription_over_the_pages(self):
        self.subscription._enter("expired")
        self.make_code()
        self.log_in(self.boss)
        home = self.page("/my")
        self.assertIn("The trial of De Brug ended", home)
        self.assertIn("Select plan", home)
        plans = self.page("/my/subscription/plans?interval=year")
        self.assertIn("Has no yearly price", plans)
        self.assertIn("943.80", plans)
        self.assertIn("94.38", self.page("/my/subscription/plans"))
        checkout = self.begin_checkout()
        self.send_form("/my/subscription/checkout/code", code="nothing")
        self.assertIn("The discount code nothing cannot be used here", self.page("/my/subscription/checkout"))
        self.send_form("/my/subscription/checkout/code", code="welcome")
        page = self.page("/my/subscription/checkout")
        self.assertIn("75.50", page)
        self.assertIn("o_payment_form", page)
        answer = self.transact(checkout.id, amount=0.01, currency_id=1, partner_id=self.rival.partner_id.id)
        transaction = self.env["payment.transaction"].search([("practice_checkout_id", "=", checkout.id)])
        self.assertEqual(answer["result"]["amount"], 75.5)
        self.assertEqual((transaction.amount, transaction.partner_id), (75.5, self.organisation))
        self.assertTrue(transaction.tokenize)
        self.assertTrue(transaction.landing_route.startswith("/my/subscription/checkout/done"))
        self.notify(transaction, "done")
        self.assertEqual(self.subscription.state, "active")
        page = self.page(transaction.landing_route)
        self.assertIn("Welcome", page)
        self.assertNotIn('role="alert"', page)
        self.assertWaiting(62.4)

    def test_who_guesses_codes_is_slowed_down(self):
        self.subscription._enter("expired")
        self.make_code()
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        attempts = self.env["practice.code.attempt"]
        for _again in range(12):
            self.send_form("/my/subscription/checkout/code", code="welcome")
        self.assertEqual(checkout.code_id.name, "WELCOME", "a good code is no guess")
        self.send_form("/my/subscription/checkout/code", code="")
        for number in range(10):
            self.send_form("/my/subscription/checkout/code", code=f"guess {number}")
            self.assertIn("cannot be used here", self.page("/my/subscription/checkout"))
        self.assertEqual(len(attempts.search([])), 2, "one row for the organisation, one for the address")
        self.send_form("/my/subscription/checkout/code", code="welcome")
        self.assertIn("Too many discount codes were tried", self.page("/my/subscription/checkout"))
        self.env.invalidate_all()
        self.assertFalse(checkout.code_id)
        # Nor with a change of plan, where an address tries none.
        self.subscription._begin_billing()
        self.subscription._set_payment_token(self.make_token(self.organisation))
        form = {"plan": self.blended.id, "interval": "month", "code": "welcome"}
        self.assertIn("Too many discount codes", self.send_form("/my/subscription/change", **form).text)
        before = attempts.search([]).mapped("tries")
        self.page(f"/my/subscription/change?plan={self.blended.id}&code=another")
        self.env.invalidate_all()
        self.assertEqual(attempts.search([]).mapped("tries"), before)
        # After an hour it begins anew, and what counts no more is forgotten.
        self.env.cr.execute("UPDATE practice_code_attempt SET since = since - INTERVAL '61 minutes'")
        self.assertNotIn("Too many", self.send_form("/my/subscription/change", **form).text)
        self.env.cr.execute("UPDATE practice_code_attempt SET since = since - INTERVAL '61 minutes'")
        attempts._gc_old()
        self.assertFalse(attempts.search([]))

    def test_a_payment_that_was_begun_is_shown_with_a_way_to_start_over(self):
        self.subscription._enter("expired")
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        self.assertIn("result", self.transact(checkout.id))
        page = self.page("/my/subscription/checkout")
        self.assertIn("has not ended", page)
        self.assertNotIn("o_payment_form", page)
        self.assertIn("was begun at", self.transact(checkout.id)["error"]["data"]["message"])
        self.send_form("/my/subscription/checkout/restart")
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))
        self.assertIn("result", self.transact(checkout.id))

    def test_a_pending_payment_is_said_and_nothing_can_be_paid(self):
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        self.transact(checkout.id)
        self.notify(checkout.transaction_ids, "pending")
        for path in ("/my", "/my/subscription/checkout", "/my/subscription/plans"):
            page = self.page(path)
            self.assertIn("is being processed", page)
            self.assertNotIn("o_payment_form", page)
        with mute_logger("odoo.http"):
            self.assertError(self.transact(checkout.id), "being processed")

    def test_paying_with_a_saved_method_of_the_organisation(self):
        token = self.make_token(self.organisation)
        stranger = self.make_token(self.other)
        own = self.make_token(self.boss.partner_id)
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        with mute_logger("odoo.http"):
            for wrong in (stranger, own):
                self.assertError(self.transact(checkout.id, flow="token", token_id=wrong.id), "not offered")
        self.transact(checkout.id, flow="token", token_id=token.id)
        transaction = checkout.transaction_ids
        self.assertEqual((transaction.state, transaction.token_id), ("done", token))
        transaction._post_process()
        self.assertEqual((self.subscription.state, self.subscription.payment_token_id), ("active", token))

    def test_methods_and_providers_that_were_not_offered_are_refused(self):
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        unsaved = self.method.copy({"code": "pb_unsaved", "support_tokenization": False})
        self.provider.payment_method_ids |= unsaved
        hidden = self.provider.copy({"is_published": False, "state": "test"})
        token = self.make_token(self.organisation)
        with mute_logger("odoo.http"):
            for vals in (
                {"payment_method_id": unsaved.id},
                {"provider_id": hidden.id},
                {"provider_id": 10**8},
                {"flow": "nonsense"},
                {"flow": "token", "token_id": token.id, "provider_id": hidden.id},
                {"provider_id": None, "payment_method_id": None},
            ):
                with self.subTest(**{name: str(value) for name, value in vals.items()}):
                    self.assertError(self.transact(checkout.id, **vals), "not offered")
        self.assertFalse(checkout.transaction_ids)

    def test_saving_a_method_uses_it_for_the_subscription(self):
        self.log_in(self.boss)
        self.assertIn("o_payment_form", self.page("/my/subscription/method"))
        self.rpc(
            f"/my/subscription/method/{self.subscription.id}/transaction",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            flow="direct",
        )
        domain = [("practice_method_subscription_id", "=", self.subscription.id)]
        transaction = self.env["payment.transaction"].search(domain)
        self.assertEqual((transaction.operation, transaction.partner_id), ("validation", self.organisation))
        self.notify(transaction, "done")
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.assertIn("4242", self.page("/my/subscription/method"))
        self.send_form(f"/my/subscription/method/{transaction.token_id.id}/remove")
        self.assertFalse(self.subscription.payment_token_id)

    def test_adding_shows_the_cost_first_and_ending_too(self):
        self.subscription._begin_billing()
        self.bill(self.subscription)
        self.log_in(self.boss)
        form = {"name": "Dirk", "email": "dirk@example.com", "kind": "standard"}
        page = self.send_form("/my/subscription/practitioners/add", **form).text
        self.assertIn("What it costs", page)
        self.assertEqual(len(self.subscription.seat_ids), 2)
        self.send_form("/my/subscription/practitioners/add", confirm="1", **form)
        seat = self.subscription.seat_ids.filtered(lambda it: it.practitioner_id.name == "Dirk")
        self.assertEqual(seat.practitioner_id.parent_id, self.organisation)
        self.assertIn("Dirk", self.page("/my/subscription"))
        path = f"/my/subscription/practitioners/{seat.id}/end"
        self.assertIn("stays paid", self.page(path))
        self.send_form(path, confirm="1", last_day=str(self.today()))
        self.assertEqual(seat.date_to, self.today())
        self.send_form(f"/my/subscription/practitioners/{seat.id}/keep")
        self.assertFalse(seat.date_to)

    def test_billing_details_are_checked_as_odoo_does(self):
        self.log_in(self.boss)
        country = self.env.ref("base.be").id
        good = {"name": "De Brug", "street": "Nieuwstraat 2", "zip": "9000", "city": "Gent", "email": "b@example.com"}
        for wrong, words in (
            ({"vat": "BE0123"}, "VAT"),
            ({"street": ""}, "Missing: Street"),
            ({"email": "nonsense"}, "Invalid Email"),
            ({"country_id": "x"}, "Missing: Country"),
        ):
            page = self.send_form("/my/subscription/details", **{**good, "country_id": country, **wrong}).text
            with self.subTest(wrong=wrong):
                self.assertIn(words, page)
                self.assertEqual(self.organisation.street, "Kerkstraat 1")
        good["practice_buyer_reference"] = "PO 2026/17"
        self.send_form("/my/subscription/details", vat="BE0477472701", country_id=country, **good)
        page = self.page("/my/subscription/portal")
        self.assertIn("Your reference: PO 2026/17", re.sub(r"<[^>]+>", "", page))
        self.assertEqual((self.organisation.street, self.organisation.vat), ("Nieuwstraat 2", "BE0477472701"))

    def test_change_plan_with_its_last_step(self):
        self.subscription._begin_billing(self.starter)
        self.bill(self.subscription)
        self.log_in(self.boss)
        path = f"/my/subscription/change?plan={self.standard.id}&interval=month"
        self.assertIn("/my/subscription/method", self.url_open(path, allow_redirects=False).headers["Location"])
        self.subscription._set_payment_token(self.make_token(self.organisation))
        page = self.page(path)
        self.assertIn("Update plan", page)
        shown = page.split('name="shown" value="')[1].split('"')[0]
        data = {"plan": self.standard.id, "interval": "month", "confirm": "1"}
        self.send_form("/my/subscription/change", shown="now 0.01", **data)
        self.assertEqual(self.subscription.plan_id, self.starter)
        self.send_form("/my/subscription/change", shown=shown, **data)
        self.assertEqual(self.subscription.plan_id, self.standard)
        self.assertEqual(self.last_invoice(self.subscription).amount_total, float(shown.split()[1]))

    def test_the_billing_portal_lists_invoices_and_opens_them(self):
        self.subscription._begin_billing()
        move = self.bill(self.subscription)
        # No contact of the organisation, and an administrator all the same.
        self.boss.partner_id.parent_id = False
        self.log_in(self.boss)
        page = self.page("/my/subscription/portal")
        self.assertIn(move.name, page)
        self.assertIn(move.name, self.page("/my/subscription/pay"))

    def test_all_that_is_open_is_paid_at_once(self):
        self.subscription._begin_billing()
        path = f"/my/subscription/open/{self.subscription.id}/transaction"
        offered = {"provider_id": self.provider.id, "payment_method_id": self.method.id, "flow": "direct"}
        self.log_in(self.boss)
        self.assertIn("Nothing is open", self.page("/my/subscription/open"))
        with mute_logger("odoo.http"):
            self.assertError(self.rpc(path, **offered), "Nothing is open any more")
        first = self.bill(self.subscription)
        self.seat(self.subscription, "Dirk")
        self.subscription.action_bill_extras()
        second = self.last_invoice(self.subscription)
        page = self.page("/my/subscription/pay")
        for words in (first.name, second.name, "o_payment_form"):
            self.assertIn(words, page)
        transactions = self.env["payment.transaction"]
        self.rpc(path, **offered, amount=0.01, invoice_ids=first.ids, partner_id=1)
        transaction = transactions.search([("invoice_ids", "in", first.ids)])
        self.assertEqual(transaction.invoice_ids, first + second)
        self.assertEqual(transaction.amount, first.amount_total + second.amount_total)
        self.notify(transaction, "pending")
        self.assertIn("Payment under way", self.page("/my/subscription/open"))
        self.notify(transaction, "done")
        self.assertEqual((first + second).mapped("amount_residual"), [0.0, 0.0])
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.log_in(self.an)
        self.assertNotIn(first.name, self.url_open("/my/subscription/open").text)
        with mute_logger("odoo.http"):
            self.assertError(self.rpc(path, **offered), "no such subscription")

    def test_a_fee_is_with_what_is_open_and_suspends_nobody(self):
        self.subscription._begin_billing()
        move = self.bill(self.subscription)
        product = self.make_service("Reminder fee")
        fee = move._practice_bill_fee(product, 40.0, self.company.currency_id, "Reminder")
        self.log_in(self.boss)
        page = self.page("/my/subscription/open")
        self.assertIn(fee.name, page)
        self.assertIn(move.name, page)
        path = f"/my/subscription/open/{self.subscription.id}/transaction"
        self.rpc(path, provider_id=self.provider.id, payment_method_id=self.method.id, flow="direct")
        transaction = self.env["payment.transaction"].search([("invoice_ids", "in", fee.ids)])
        self.assertEqual(transaction.amount, move.amount_total + fee.amount_total)
        self.assertEqual(self.subscription.open_amount, transaction.amount)
        transaction._set_pending()
        self.assertEqual(self.page("/my/subscription/open").count("Payment under way"), 2)
        transaction._set_canceled()
        self.pay(move)
        self.assertIn(fee.name, self.page("/my/subscription/pay"))
        banners = self.boss.partner_id.with_user(self.boss)._practice_get_portal_banners()
        self.assertNotIn("suspended", str(banners), "for a fee nobody is suspended")
        self.log_in(self.rival)
        self.assertNotIn(fee.name, self.url_open("/my/subscription/open").text)

    # === SOMEBODY ELSE === #

    def test_a_practitioner_sees_his_seat_and_nothing_else(self):
        self.log_in(self.an)
        page = self.page("/my/seat")
        self.assertIn("De Brug", page)
        self.assertIn("Standard", page)
        for secret in ("39.00", "Bert", "€"):
            self.assertNotIn(secret, page)
        for path in PAGES:
            self.assertNotIn("De Brug", self.page(path), path)
        self.assertNotIn("fa-credit-card", self.page("/my"), "nothing in the menu under their name")

    def test_another_organisations_ids_give_nothing(self):
        seat, token = self.subscription.seat_ids[:1], self.make_token(self.organisation)
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        self.log_in(self.rival)
        self.subscribe(organisation=self.other, seats=())
        query = f"organisation={self.organisation.id}&company={self.company.id}"
        for path in PAGES:
            with self.subTest(path=path):
                self.assertNotIn("De Brug", self.page(f"{path}?{query}"))
        for path, data in (
            (f"practitioners/{seat.id}/end", {"confirm": "1", "last_day": str(self.today())}),
            (f"practitioners/{seat.id}/invite", {}),
            (f"method/{token.id}/remove", {}),
            (f"method/{token.id}/use", {}),
            ("administrators", {"contact": self.boss.partner_id.id}),
            ("administrators", {"contact": self.boss.partner_id.id, "remove": "1"}),
            (f"cancel?{query}", {"reason": "other"}),
            (f"details?{query}", {"name": "Hacked"}),
            (f"checkout/start?{query}", {"plan": self.blended.id}),
            (f"practitioners/add?{query}", {"name": "X", "email": "x@example.com", "confirm": "1"}),
        ):
            with self.subTest(path=path):
                self.send_form(f"/my/subscription/{path}", **data)
        with mute_logger("odoo.http"):
            self.assertError(self.transact(checkout.id), "paid or withdrawn")
            answer = self.rpc(f"/my/subscription/method/{self.subscription.id}/transaction", provider_id=1)
            self.assertError(answer, "no such subscription")
        self.env.invalidate_all()
        self.assertEqual((self.subscription.state, self.subscription.end_date), ("trial", False))
        self.assertEqual((seat.date_to, token.active, len(self.subscription.seat_ids)), (False, True, 2))
        self.assertEqual(self.organisation.practice_administrator_ids, self.boss.partner_id)
        self.assertEqual(self.other.practice_administrator_ids, self.rival.partner_id)
        self.assertEqual((self.organisation.name, checkout.plan_id), ("De Brug", self.standard))

    def test_a_former_administrator_is_out(self):
        self.organisation.practice_administrator_ids = self.an.partner_id
        self.log_in(self.boss)
        self.assertNotIn("De Brug", self.page("/my/subscription"))
        self.send_form("/my/subscription/cancel", reason="other")
        self.assertEqual(self.subscription.state, "trial")

    def test_a_practitioner_never_pays_with_or_removes_the_organisations_card(self):
        token = self.make_token(self.organisation)
        self.log_in(self.an)
        self.assertNotIn("4242", self.page("/my/payment_method"))
        self.rpc("/payment/archive_token", token_id=token.id)
        self.rpc("/payment/archive_token", token_id=10**8)
        self.env.invalidate_all()
        self.assertTrue(token.active)
        invoice = self.invoice(self.an.partner_id, price=10.0)
        page = self.page(invoice.get_portal_url())
        self.assertNotIn("•••• 4242", page)
        with mute_logger("odoo.http"):
            answer = self.rpc(
                f"/invoice/transaction/{invoice.id}",
                access_token=invoice.access_token,
                provider_id=self.provider.id,
                payment_method_id=None,
                token_id=token.id,
                amount=10.0,
                flow="token",
                tokenization_requested=False,
                landing_route="/my",
                is_validation=False,
            )
        self.assertError(answer, "do not have access")
        self.assertFalse(token.transaction_ids)
        self.log_in(self.boss)
        self.assertIn("4242", self.page("/my/payment_method"))

    def test_a_visitor_with_the_link_of_an_invoice_does_not_see_the_card(self):
        self.make_token(self.organisation)
        invoice = self.invoice(self.organisation, price=10.0)
        self.authenticate(None, None)
        page = self.page(invoice.get_portal_url())
        self.assertIn(invoice.name, page)
        self.assertNotIn("4242", page)

    def test_portal_users_have_no_rights_on_the_models(self):
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        for model, record in {
            "practice.subscription": self.subscription,
            "practice.subscription.seat": self.subscription.seat_ids[:1],
            "practice.subscription.checkout": checkout,
            "practice.plan": self.standard,
            "payment.transaction": self.begin(checkout.with_user(self.boss).sudo()),
        }.items():
            for method, args in (
                ("search_read", [[]]),
                ("write", [record.ids, {}]),
                ("unlink", [record.ids]),
            ):
                with self.subTest(model=model, method=method), mute_logger("odoo.http"):
                    self.assertEqual(self.call_kw(model, method, *args), "odoo.exceptions.AccessError")
        with mute_logger("odoo.http"):
            vals = {"practice_administrator_ids": [Command.link(self.boss.partner_id.id)]}
            answer = self.call_kw("res.partner", "write", self.other.ids, vals)
            self.assertEqual(answer, "odoo.exceptions.AccessError")
            for method in ("_portal_cancel", "_practice_add_administrator", "action_complete"):
                answer = self.rpc(
                    "/web/dataset/call_kw",
                    model="practice.subscription.checkout" if method == "action_complete" else "practice.subscription",
                    method=method,
                    args=[[self.subscription.id]],
                    kwargs={},
                )
                self.assertIn("error", answer)

    def test_an_api_key_of_a_portal_user_opens_nothing(self):
        for model, method, body in (
            ("practice.subscription", "search_read", {"domain": []}),
            ("practice.subscription", "action_undo_cancel", {"ids": self.subscription.ids}),
            ("practice.subscription.checkout", "action_complete", {"ids": [1]}),
            ("practice.subscription.seat", "create", {"vals_list": [{"subscription_id": self.subscription.id}]}),
            ("res.partner", "action_invite_practice_administrators", {"ids": self.other.ids}),
        ):
            with self.subTest(model=model, method=method), mute_logger("odoo.http"):
                answer = self.json2(self.boss, model, method, **body)
                self.assertIn(answer.status_code, (403, 404, 422), answer.text)

    def test_posts_want_a_token_and_reading_changes_nothing(self):
        self.log_in(self.boss)
        self.begin_checkout()
        for path in ("cancel", "details", "checkout/start", "administrators", "practitioners/add", "checkout/free"):
            with self.subTest(path=path):
                self.assertEqual(self.send_form(f"/my/subscription/{path}", token="").status_code, 400)
        for path in ("checkout/start", "administrators", "cancel/undo", "change/withdraw", "checkout/code"):
            with self.subTest(path=path):
                self.assertIn(self.url_open(f"/my/subscription/{path}").status_code, (404, 405))
        self.assertEqual(self.subscription.state, "trial")

    def test_a_visitor_is_sent_to_the_login_and_sees_no_banner(self):
        self.authenticate(None, None)
        for path in (*PAGES, "/my/seat"):
            self.assertIn("/web/login", self.url_open(path).url)
        self.assertNotIn("o_practice_banners", self.page("/web/login"))

    def test_several_organisations_are_chosen_between_and_a_form_says_which(self):
        self.other.practice_administrator_ids |= self.boss.partner_id
        self.log_in(self.boss)
        page = self.page("/my/subscription")
        self.assertIn("De Overkant", page)
        self.send_form("/my/subscription/cancel", reason="other")
        self.assertEqual(self.subscription.state, "trial", "a form that does not say which one does nothing")
        self.send_form(
            f"/my/subscription/cancel?organisation={self.organisation.id}&company={self.company.id}", reason="other"
        )
        self.assertEqual(self.subscription.state, "cancelled")

    def test_no_parameter_of_a_request_is_taken_for_an_account(self):
        self.log_in(self.rival)
        names = (f"account={self.subscription.id}", f"account={self.organisation.id}-{self.company.id}")
        for query in names:
            with self.subTest(query=query):
                self.assertNotIn(self.organisation.name, self.page(f"/my/subscription?{query}"))

    def test_who_takes_oneself_off_one_of_two_organisations_goes_on_with_the_other(self):
        self.organisation.practice_administrator_ids |= self.an.partner_id
        self.other.practice_administrator_ids |= self.boss.partner_id
        self.log_in(self.boss)
        answer = self.send_form(
            f"/my/subscription/administrators?organisation={self.organisation.id}&company={self.company.id}",
            contact=self.boss.partner_id.id,
            remove="1",
        )
        self.assertTrue(answer.headers["Location"].endswith("/my/subscription"), answer.headers["Location"])
        page = self.page("/my/subscription")
        self.assertIn("is no longer an administrator", page)
        self.assertIn(self.other.name, page)

    # === COST === #

    def test_a_page_looks_once_for_what_the_login_runs(self):
        self.other.practice_administrator_ids |= self.boss.partner_id
        self.log_in(self.boss)
        partners = self.env.registry["res.partner"]
        for path in ("/my/subscription", "/my/subscription/plans", "/my/subscription/details"):
            with (
                self.subTest(path=path),
                patch.object(
                    partners,
                    "_practice_get_portal_accounts",
                    autospec=True,
                    side_effect=partners._practice_get_portal_accounts,
                ) as look,
            ):
                self.assertIn("o_practice_banners", self.page(path))
                self.assertEqual(look.call_count, 1)

    def test_pages_take_a_bounded_number_of_queries(self):
        self.subscription._begin_billing()
        for number in range(15):
            self.seat(self.subscription, f"Person {number}")
            self.use(self.subscription, kind="questionnaire")
        self.bill(self.subscription)
        self.log_in(self.boss)
        for path, limit in (
            ("/my/subscription", 90),
            ("/my/subscription/portal", 90),
            ("/my/subscription/plans", 60),
            ("/my/subscription/method", 60),
        ):
            with self.subTest(path=path):
                count = self.count_queries(path)
                self.assertTrue(0 < count <= limit, f"{path}: {count}")
