"""Other software asks who may use what, and is told when it changes: signed, in order, at least once."""

import hashlib
import hmac
import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from ..common.collection import CollectionCase
from ..common.receiver import Receiver
from ..common.subscriptions import SubscriptionMixin, day

SECRET = "a secret that both sides know"


@tagged("post_install", "-at_install")
class TestAccess(CollectionCase):
    def test_what_is_told_of_a_subscription(self):
        subscription = self.subscribe(organisation=self.organisation, seats=("An", "Bert"), students=("Carla",))
        self.practitioner("An").email = "an@example.com"
        self.bill(subscription)
        self.go_to(day(1, 20))
        self.leave(subscription, "Bert", day(1, 19))
        answer = self.env["practice.subscription"].access(subscription.name)
        self.assertEqual(answer["access"], True)
        self.assertEqual((answer["state"], answer["plan"], answer["interval"]), ("active", "Standard", "month"))
        self.assertEqual((answer["paid_seats"], answer["paid_until"]), (3, "2026-02-14"))
        self.assertEqual(answer["organisation"], self.organisation.id)
        self.assertEqual(
            [(seat["email"], seat["kind"]) for seat in answer["seats"]],
            [("an@example.com", "standard"), (None, "student")],
        )
        json.dumps(answer)

    def test_unknown_subscriptions_say_so(self):
        for wrong in ("SUB99999", 0, None, True, [1], {"id": 1}):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(UserError, "There is no subscription"):
                self.env["practice.subscription"].access(wrong)

    def test_who_may_ask(self):
        self.make_staff()
        subscription = self.subscribe(organisation=self.organisation)
        subscriptions = self.env["practice.subscription"]
        self.assertTrue(subscriptions.with_user(self.front_desk).access(subscription.name)["access"])
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                subscriptions.with_user(user).access(subscription.name)

    def test_access_in_every_state(self):
        subscription = self.subscribe(organisation=self.organisation)
        self.bill(subscription)
        self.assertTrue(subscription._has_access())
        subscription.action_pause()
        self.assertTrue(subscription._has_access(), "what is paid may be used")
        self.go_to(day(2, 15))
        self.assertFalse(subscription._has_access())
        subscription.action_resume()
        self.assertTrue(subscription._has_access())
        subscription._cancel_now("other")
        self.assertFalse(subscription._has_access())


@tagged("post_install", "-at_install")
class TestWebhook(SubscriptionMixin, HttpCase):
    """The requests are real; an HttpCase may make them to this machine."""

    def setUp(self):
        super().setUp()
        self.receiver = self.enterContext(Receiver())
        self.company.write({"practice_webhook_url": self.receiver.url, "practice_webhook_secret": SECRET})

    def send(self, **delta):
        """Let the run send what waits, some time later."""
        self.travel(**delta)
        self.run_cron("ir_cron_webhooks")

    def deliveries(self, subscription):
        return self.env["practice.webhook.delivery"].search([("subscription_id", "=", subscription.id)], order="id")

    def test_a_change_of_state_is_told_signed(self):
        subscription = self.subscribe()
        subscription.action_pause()
        self.send()
        self.assertEqual(self.receiver.states, ["active", "suspended"])
        headers, body = self.receiver.got[-1]
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Practice-Signature"], f"sha256={signature}")
        self.assertEqual(json.loads(body)["subscription"], subscription.name)
        self.assertRecordValues(
            self.deliveries(subscription), [{"state": "sent", "failures": 0, "answer": "200 OK"}] * 2
        )
        self.send(hours=1)
        self.assertEqual(len(self.receiver.got), 2, "what was delivered is not sent again")

    def test_what_is_not_taken_is_sent_again_with_its_key_and_in_order(self):
        subscription, other = self.subscribe(), self.subscribe(organisation=self.make_organisation("Other"))
        subscription.action_pause()
        self.receiver.answers = [500]
        self.send()
        first, second = self.deliveries(subscription)
        self.assertRecordValues(first, [{"state": "waiting", "failures": 1, "answer": "500 Internal Server Error"}])
        self.assertEqual(second.state, "waiting", "it waits for the one before")
        self.assertEqual(self.deliveries(other).state, "sent", "one subscription keeps no other waiting")
        self.send()
        self.assertEqual(first.failures, 1, "not before its time")
        self.send(minutes=1, seconds=1)
        self.assertEqual((first + second).mapped("state"), ["sent", "sent"])
        keys = [headers["X-Practice-Delivery"] for headers, _body in self.receiver.got]
        self.assertEqual(keys, [first.key, self.deliveries(other).key, first.key, second.key])

    def test_nobody_there_is_told_in_the_end_and_can_be_sent_again(self):
        subscription = self.subscribe()
        self.receiver.server.shutdown()
        self.receiver.server.server_close()
        for _attempt in range(9):
            self.send(days=2)
        delivery = self.deliveries(subscription)
        self.assertRecordValues(delivery, [{"state": "failed", "failures": 9}])
        self.assertIn("Connection", delivery.answer)
        kind = self.env.ref("practice_billing.mail_activity_type_payment")
        self.assertIn("did not take", subscription.activity_ids.filtered(lambda it: it.activity_type_id == kind).note)
        with Receiver() as repaired:
            self.company.practice_webhook_url = repaired.url
            delivery.action_send_again()
            self.send()
            self.assertEqual(repaired.states, ["active"])
        self.assertEqual(delivery.state, "sent")

    def test_an_answer_that_sends_elsewhere_is_not_followed(self):
        subscription = self.subscribe()
        self.receiver.answers = [302]
        self.send()
        self.assertEqual(self.deliveries(subscription).failures, 1)

    def test_what_is_undone_is_never_told(self):
        subscription = self.subscribe()
        self.env.flush_all()
        with self.assertRefused("Stop"):
            subscription.action_pause()
            raise UserError(self.env._("Stop"))
        self.send()
        self.assertEqual(self.receiver.states, ["active"])

    def test_without_an_address_nothing_is_kept(self):
        self.company.practice_webhook_url = False
        self.assertFalse(self.deliveries(self.subscribe()))

    def test_an_address_needs_a_scheme_and_a_secret(self):
        for vals, words in (
            ({"practice_webhook_url": "ftp://example.com"}, "is not an address"),
            ({"practice_webhook_url": "example.com/hook"}, "is not an address"),
            ({"practice_webhook_secret": "short"}, "at least 16"),
            ({"practice_webhook_secret": False}, "at least 16"),
        ):
            with self.subTest(vals=vals), self.assertRefused(words, ValidationError):
                self.company.write(vals)

    def test_what_was_delivered_long_ago_is_forgotten(self):
        subscription = self.subscribe()
        self.send()
        subscription.action_pause()
        self.travel(days=91)
        self.env["practice.webhook.delivery"]._gc_delivered()
        self.assertEqual(self.deliveries(subscription).mapped("state"), ["waiting"])

    def test_messages_that_were_given_up_are_forgotten_too(self):
        subscription = self.subscribe()
        delivery = self.deliveries(subscription)
        delivery.write({"state": "failed", "next_sending": self.at()})
        self.travel(days=89)
        self.env["practice.webhook.delivery"]._gc_delivered()
        self.assertTrue(delivery.exists())
        self.travel(days=2)
        self.env["practice.webhook.delivery"]._gc_delivered()
        self.assertFalse(delivery.exists())

    def test_only_administrators_read_messages_and_nobody_reads_the_secret(self):
        self.make_staff()
        subscription = self.subscribe()
        delivery = self.deliveries(subscription)
        self.assertTrue(delivery.with_user(self.manager).payload)
        for user in (self.front_desk, self.employee, self.portal):
            with self.assertRaises(AccessError):
                delivery.with_user(user).read(["payload"])
        for user in (self.manager, self.accountant):
            with self.assertRaises(AccessError):
                self.company.with_user(user).read(["practice_webhook_secret"])

    def test_the_state_over_json_with_an_api_key(self):
        self.make_staff()
        self.front_desk.email = "front.desk@example.com"
        subscription = self.subscribe()
        keys = self.env["res.users.apikeys"].with_user(self.front_desk).sudo()
        key = keys._generate("rpc", "software", None)
        answer = self.url_open(
            "/json/2/practice.subscription/access",
            json={"subscription": subscription.name},
            headers={"Authorization": f"bearer {key}"},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual((answer.json()["state"], answer.json()["access"]), ("active", True))
