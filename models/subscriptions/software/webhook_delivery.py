import hashlib
import hmac
import json
import logging
import uuid

import requests

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ....tools.collection import next_sending

_logger = logging.getLogger(__name__)

#: Seconds that a receiver may take to answer.
TIMEOUT = 10

#: Days that a message which was delivered is kept.
KEEP_DAYS = 90


class PracticeWebhookDelivery(models.Model):
    """A message to other software that the state of a subscription changed: written with the change, sent afterwards.

    Each is sent until its receiver answers with 2xx, those of one subscription in their order, so the receiver hears of
    every change at least once. The key stays the same when a message is sent again.
    """

    _name = "practice.webhook.delivery"
    _description = "Webhook Delivery"
    _inherit = ["practice.retry.mixin"]
    _order = "id desc"
    _rec_name = "key"

    subscription_id = fields.Many2one("practice.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()))
    payload = fields.Text(required=True, readonly=True, help="What is sent, as JSON.")
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Delivered"), ("failed", "Given Up")],
        required=True,
        readonly=True,
        default="waiting",
    )
    failures = fields.Integer(readonly=True)
    next_sending = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    sent_at = fields.Datetime(string="Delivered On", readonly=True)
    answer = fields.Char(string="Last Answer", readonly=True)

    _key_uniq = models.UniqueIndex("(key)", "A message has a key of its own.")
    _waiting_idx = models.Index("(subscription_id, id) WHERE state = 'waiting'")

    # === WRITING === #

    @api.model
    def _announce(self, subscriptions):
        """Write a message for each of these subscriptions whose company has an address to send it to."""
        # sudo: follows from whatever changed it
        told_sudo = subscriptions.sudo().filtered("company_id.practice_webhook_url")
        if not told_sudo:
            return
        self.sudo().create(  # sudo: as above
            [{"subscription_id": it.id, "payload": self._prepare_payload(it)} for it in told_sudo]
        )
        self.env.ref("practice_billing.ir_cron_webhooks").sudo()._trigger()  # sudo: the run belongs to the system

    @api.model
    def _prepare_payload(self, subscription):
        body = {"event": "subscription.state", **subscription._prepare_access()}
        return json.dumps({**body, "at": fields.Datetime.now().isoformat() + "Z"}, sort_keys=True)

    # === SENDING === #

    @api.model
    def _cron_send(self):
        """Send what waits, oldest first; after one that fails, the later ones of that subscription wait for it."""
        cron, me = self.env["ir.cron"], type(self)
        groups = list(self.search([("state", "=", "waiting")], order="id").grouped("subscription_id").values())
        for number, of_subscription in enumerate(groups, start=1):
            for delivery in of_subscription:
                try:
                    # Whatever a request can stumble over: nobody else's message waits for it.
                    taken = any(delivery._practice_try(me._send, set_aside=me._fail))
                    time_left = cron._commit_progress(1, remaining=len(groups) - number)
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    # Somebody else changed it meanwhile: the next run looks at it again.
                    self.env.cr.rollback()
                    self.env.invalidate_all()
                    break
                if not time_left:
                    return
                if not taken:
                    break

    def _send(self):
        """Send this message when its moment has come.

        :return: whether later messages of the subscription may follow
        """
        delivery = self.try_lock_for_update(allow_referencing=True)
        if delivery.state != "waiting":
            return bool(delivery)
        if delivery.next_sending > fields.Datetime.now():
            return False
        try:
            answer = delivery._send_request()
        except requests.exceptions.RequestException as error:
            return delivery._fail(type(error).__name__)
        if not 200 <= answer.status_code < 300:
            return delivery._fail(f"{answer.status_code} {answer.reason}")
        delivery.write(
            {"state": "sent", "sent_at": fields.Datetime.now(), "answer": f"{answer.status_code} {answer.reason}"}
        )
        return True

    def _send_request(self):
        """Send the request, signed with the secret of the company so that the receiver knows who it is from."""
        company, body = self.company_id, self.payload.encode()
        secret = (company.practice_webhook_secret or "").encode()
        return requests.post(
            company.practice_webhook_url or "",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Practice-Delivery": self.key,
                "X-Practice-Signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
            },
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def _fail(self, answer):
        """Wait before this message is sent again; after the last time give it up and tell who is responsible."""
        failures = self.failures + 1
        moment = next_sending(fields.Datetime.now(), failures)
        self.write({"failures": failures, "answer": answer})
        if moment:
            self.next_sending = moment
            self.env.ref("practice_billing.ir_cron_webhooks")._trigger(at=moment)
            return False
        self.state = "failed"
        self.subscription_id._note_payment_problem(
            self.env._("The other software did not take the new state of this subscription: %s", answer)
        )
        return True

    def action_send_again(self):
        """Send these messages again, at once; the receiver knows them by their key."""
        self.check_access("read")
        self.subscription_id._check_may_bill()
        self.sudo().write(  # sudo: checked above
            {"state": "waiting", "failures": 0, "next_sending": fields.Datetime.now()}
        )
        self.env.ref("practice_billing.ir_cron_webhooks").sudo()._trigger()  # sudo: checked above

    @api.autovacuum
    def _gc_delivered(self):
        """Forget what was delivered or given up long ago."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEEP_DAYS)
        sent = Domain("state", "=", "sent") & Domain("sent_at", "<", before)
        given_up = Domain("state", "=", "failed") & Domain("next_sending", "<", before)
        self.search(sent | given_up, limit=1000).unlink()
