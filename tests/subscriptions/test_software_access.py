"""Other software asks who may use what, and is told when it changes: signed, in order, at least once."""

import base64
import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import file_open

from odoo.addons.practice_billing.models.subscriptions.software import outbound

from ..common.collection import CollectionCase
from ..common.receiver import Receiver
from ..common.subscriptions import SubscriptionMixin, day

SECRET = "whsec_" + base64.b64encode(b"a secret that both sides know").decode()
#: What is told, over both ways: docs/software.md is checked against it.
ACCESS_KEYS = {
    *("subscription", "organisation", "access", "state", "plan", "interval"),
    *("trial_end", "paid_until", "end_date", "paid_seats", "seats"),
}
SEAT_KEYS = {"practitioner", "email", "kind"}
EVENTS = {"subscription.state", "subscription.seats"}


@contextmanager
def dawdling_server(rest):
    """Yield the port of a server that begins an answer and never ends it: it says nothing more, or on and on."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _address = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                for _second in range(100):
                    connection.sendall(rest)
                    time.sleep(0.1)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


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
        self.receiver.listen_to(self.company, SECRET)

    def send(self, **delta):
        """Let the run send what waits, some time later."""
        self.travel(**delta)
        self.run_cron("ir_cron_webhooks")

    def subscribe(self, **options):
        """Without practitioners, unless some are named: each would be told too."""
        return super().subscribe(**{"seats": (), **options})

    def deliveries(self, subscription):
        return self.env["practice.webhook.delivery"].search([("subscription_id", "=", subscription.id)], order="id")

    def test_a_change_of_state_is_told_signed(self):
        subscription = self.subscribe()
        subscription.action_pause()
        self.send()
        self.assertEqual(self.receiver.states, ["active", "suspended"])
        headers, body = self.receiver.got[-1]
        message = Webhook(SECRET).verify(body, headers)
        self.assertEqual(message["data"]["subscription"], subscription.name)
        with self.assertRaises(WebhookVerificationError):
            Webhook(SECRET).verify(body.replace(b"suspended", b"active"), headers)
        with self.assertRaises(WebhookVerificationError):
            Webhook(SECRET).verify(body, {**headers, "webhook-timestamp": str(int(time.time()) - 1)})
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
        keys = [headers["webhook-id"] for headers, _body in self.receiver.got]
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
        self.assertTrue(delivery.is_unreachable)
        kind = self.env.ref("practice_billing.mail_activity_type_payment")
        self.assertIn("did not take", subscription.activity_ids.filtered(lambda it: it.activity_type_id == kind).note)
        with Receiver() as repaired:
            self.company.practice_webhook_url = repaired.url
            delivery.action_send_again()
            self.send()
            self.assertEqual(repaired.states, ["active"])
        self.assertEqual(delivery.state, "sent")

    def test_while_the_secret_changes_both_sign(self):
        self.company._practice_rotate_webhook_secret()
        new, old = self.company.practice_webhook_secret.split()
        self.assertEqual(old, SECRET)
        self.subscribe()
        self.send()
        headers, body = self.receiver.got[-1]
        for secret in (new, old):
            self.assertTrue(Webhook(secret).verify(body, headers))
        self.company._practice_rotate_webhook_secret()
        self.assertNotIn(old, self.company.practice_webhook_secret)

    def test_a_secret_from_before_still_signs(self):
        self.company.practice_webhook_secret = "plain text of both sides"
        self.subscribe()
        self.send()
        headers, body = self.receiver.got[-1]
        self.assertTrue(Webhook(b"plain text of both sides").verify(body, headers))

    def test_seats_are_told_when_they_are_added_and_ended_and_when_their_day_comes(self):
        subscription = self.subscribe()
        an, bert = (self.seat(subscription, name) for name in ("An", "Bert"))
        bert.unlink()
        self.practitioner("An").email = "an@example.com"
        later = self.seat(subscription, "Carla", date_from=self.today() + timedelta(days=2))
        an.date_to = self.today() + timedelta(days=1)
        later.kind = "student"
        self.send()
        ids = [self.practitioner(name).id for name in ("An", "Bert", "Carla")]
        self.assertEqual(self.receiver.seats, [[ids[0]], ids[:2], [ids[0]]])
        self.send(days=2)
        self.assertEqual(self.receiver.seats[3:], [[ids[2]]], "one message, though one left and one came")
        self.send(hours=1)
        self.assertEqual(len(self.receiver.seats), 4)
        later.kind = "standard"
        self.send()
        self.assertEqual(self.receiver.told("subscription.seats")[-1]["seats"][0]["kind"], "standard")

    def test_what_is_told_has_the_keys_that_are_documented(self):
        subscription = self.subscribe(seats=("An",))
        subscription.action_pause()
        self.send()
        for _headers, body in self.receiver.got:
            message = json.loads(body)
            self.assertEqual(message.keys(), {"type", "timestamp", "data"})
            self.assertEqual(message["data"].keys(), ACCESS_KEYS)
        self.assertEqual({json.loads(body)["type"] for _headers, body in self.receiver.got}, EVENTS)
        self.assertEqual(self.env["practice.subscription"].access(subscription.name).keys(), ACCESS_KEYS)
        self.assertEqual(message["data"]["seats"][0].keys(), SEAT_KEYS)
        document = file_open("practice_billing/docs/software.md").read()
        for word in ACCESS_KEYS | SEAT_KEYS | EVENTS:
            self.assertIn(f"`{word}`", document)

    # === WHERE TO === #

    def assertNotSent(self, url, words, **parameters):
        """Check that a message to ``url`` fails in these words, alone, and that those of other companies go out."""
        for name, value in parameters.items():
            self.env["ir.config_parameter"].set_param(f"practice_billing.webhook_{name}", value)
        subscription, other = self.subscribe(), self.subscribe(organisation=self.make_organisation(f"Other {url}"))
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_company SET practice_webhook_url = %s WHERE id = %s", (url, self.company.id))
        self.env.invalidate_all()
        self.send()
        delivery = self.deliveries(subscription)
        self.assertEqual((delivery.state, delivery.failures), ("waiting", 1), url)
        self.assertRegex(delivery.answer, words)
        self.assertEqual(self.receiver.got, [])
        (self.deliveries(subscription) + self.deliveries(other)).unlink()

    def test_what_is_no_address_fails_alone(self):
        for url in ("https://hooks..example.com", "https://" + "a" * 64 + ".example.com", "https://[::1", "//x", ""):
            with self.subTest(url=url):
                self.assertNotSent(url or " ", ".")

    def test_http_is_sent_only_when_it_is_allowed(self):
        self.assertNotSent(self.receiver.url, "scheme", allow_http="")

    def test_the_own_network_is_told_only_when_it_is_allowed(self):
        port = self.receiver.server.server_port
        # ends in the same place, however it is written
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0"):
            with self.subTest(host=host):
                self.assertNotSent(f"http://{host}:{port}/hook", "private network", allow_private="")

    def test_a_name_is_resolved_once_and_that_address_is_connected_to(self):
        """Of a name that is public the first time and private the second, the private address is never reached."""
        answers = [("203.0.113.7", 9), ("127.0.0.1", self.receiver.server.server_port)]
        connected = []

        def resolve(*_args, **_kwargs):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers[0])]

        def connect(_socket, address):
            connected.append(address)
            answers.reverse()
            raise OSError("nobody there")

        with (
            patch.object(outbound.socket, "getaddrinfo", resolve),
            patch.object(outbound, "is_public", lambda it: it == "203.0.113.7"),
            patch.object(outbound.socket.socket, "connect", connect),
            self.assertRaisesRegex(outbound.OutboundError, "nobody there"),
        ):
            outbound.post("https://hooks.example.com", b"", {})
        self.assertEqual(connected, [("203.0.113.7", 9)])

    def test_a_receiver_that_dawdles_or_floods_is_left_after_some_seconds(self):
        for rest in (b"", b"x"):
            with self.subTest(rest=rest), patch.object(outbound, "SECONDS", 1), dawdling_server(rest) as port:
                begin = time.perf_counter()
                with self.assertRaisesRegex(outbound.OutboundError, "no answer within 1 s"):
                    outbound.post(f"http://127.0.0.1:{port}", b"{}", {}, allow_http=True, allow_private=True)
                self.assertLess(time.perf_counter() - begin, 4)

    def test_a_receiver_that_does_not_answer_is_asked_once_in_a_run(self):
        subscriptions = self.subscribe(), self.subscribe(organisation=self.make_organisation("Other"))
        self.receiver.server.shutdown()
        self.receiver.server.server_close()
        self.send()
        self.assertEqual([self.deliveries(it).failures for it in subscriptions], [1, 0])

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
            ({"practice_webhook_url": "https://hooks..example.com"}, "is not an address"),
            ({"practice_webhook_url": "https://user:password@example.com"}, "is not an address"),
            ({"practice_webhook_url": "https://example.com:99999"}, "is not an address"),
            ({"practice_webhook_url": "https://exa mple.com"}, "is not an address"),
            ({"practice_webhook_secret": "whsec_c2hvcnQ="}, "at least 16"),
            ({"practice_webhook_secret": f"{SECRET} whsec_%%%"}, "at least 16"),
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
            with self.assertRaises(AccessError):
                delivery.with_user(user).action_send_again()
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
