import json
import logging
import time
import uuid

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import str2bool

from ....tools.collection import next_sending
from ....tools.webhooks import parse_secrets, sign
from .outbound import OutboundError, post

_logger = logging.getLogger(__name__)

#: Settings of the whole system: whether messages may go out unencrypted, and to machines of the own network.
ALLOW_HTTP, ALLOW_PRIVATE = "practice_billing.webhook_allow_http", "practice_billing.webhook_allow_private"

#: What is told: see ``docs/software.md``.
STATE, SEATS = "subscription.state", "subscription.seats"

#: Days after which a seat that began or ended by itself is no news.
NEWS_DAYS = 7

#: Days that a message which was delivered is kept.
KEEP_DAYS = 90


class PracticeWebhookDelivery(models.Model):
    """A message to other software that a subscription changed, by the Standard Webhooks specification.

    It is written with the change and sent afterwards. Each is sent until its receiver answers with 2xx, those of one
    subscription in their order, so the receiver hears of every change at least once. The key stays the same when a
    message is sent again.
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
    is_unreachable = fields.Boolean(readonly=True, help="Whether the receiver did not answer the last time at all.")

    _key_uniq = models.UniqueIndex("(key)", "A message has a key of its own.")
    _waiting_idx = models.Index("(subscription_id, id) WHERE state = 'waiting'")

    # === WRITING === #

    @api.model
    def _announce(self, subscriptions, event=STATE):
        """Write a message for each of these subscriptions whose company has an address to send it to."""
        # sudo: follows from whatever changed it
        told_sudo = subscriptions.sudo().filtered("company_id.practice_webhook_url")
        if not told_sudo:
            return
        for subscription_sudo in told_sudo:
            subscription_sudo.webhook_seats = subscription_sudo._get_seats_in_words()
        self.sudo().create(  # sudo: as above
            [{"subscription_id": it.id, "payload": self._prepare_payload(it, event)} for it in told_sudo]
        )
        self.env.ref("practice_billing.ir_cron_webhooks").sudo()._trigger()  # sudo: the run belongs to the system

    @api.model
    def _announce_seats(self, subscriptions):
        """Write a message for those of these subscriptions whose seats in use are not what was told last."""
        # sudo: as above
        listening_sudo = subscriptions.sudo().filtered("company_id.practice_webhook_url")
        changed_sudo = listening_sudo.filtered(lambda it: it.webhook_seats != it._get_seats_in_words())
        self._announce(changed_sudo, SEATS)

    @api.model
    def _announce_due_seats(self):
        """Write a message of seats that began or ended because a day went by."""
        for company in self.env["res.company"].search([("practice_webhook_url", "!=", False)]):
            since = fields.Date.subtract(company._practice_day(), days=NEWS_DAYS)
            begun_or_ended = Domain("date_from", ">=", since) | Domain("date_to", ">=", since)
            seats = self.env["practice.subscription.seat"].search(
                begun_or_ended & Domain("company_id", "=", company.id)
            )
            self._announce_seats(seats.subscription_id)

    @api.model
    def _prepare_payload(self, subscription, event):
        body = {
            "type": event,
            "timestamp": fields.Datetime.now().isoformat() + "Z",
            "data": subscription._prepare_access(),
        }
        return json.dumps(body, sort_keys=True)

    # === SENDING === #

    @api.model
    def _cron_send(self):
        """Send what waits, oldest first; after one that fails, the later ones of that subscription wait for it.

        A receiver that does not answer at all is asked once in a run, so that other companies need not wait for it.
        """
        cron, me = self.env["ir.cron"], type(self)
        self._announce_due_seats()
        silent = set()
        groups = list(self.search([("state", "=", "waiting")], order="id").grouped("subscription_id").values())
        for number, of_subscription in enumerate(groups, start=1):
            for delivery in of_subscription:
                company, failures = delivery.company_id.id, delivery.failures
                try:
                    # Whatever a request can stumble over: nobody else's message waits for it.
                    taken = company not in silent and any(delivery._practice_try(me._send, set_aside=me._fail))
                    time_left = cron._commit_progress(1, remaining=len(groups) - number)
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    # Somebody else changed it meanwhile: the next run looks at it again.
                    self.env.cr.rollback()
                    self.env.invalidate_all()
                    break
                if not time_left:
                    return
                if delivery.failures > failures and delivery.is_unreachable:
                    silent.add(company)
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
            status, reason = delivery._send_request()
        except OutboundError as error:
            return delivery._fail(str(error), error.is_unreachable)
        if not 200 <= status < 300:
            return delivery._fail(f"{status} {reason}")
        delivery.write(
            {
                "state": "sent",
                "sent_at": fields.Datetime.now(),
                "answer": f"{status} {reason}",
                "is_unreachable": False,
            }
        )
        return True

    def _send_request(self):
        """Send the request, signed with the secrets of the company so that the receiver knows who it is from.

        :return: ``(status, reason)``
        :raises OutboundError: without an answer
        """
        company, body = self.company_id, self.payload.encode()
        try:
            keys = parse_secrets(company.practice_webhook_secret)
        except ValueError as error:
            raise OutboundError(self.env._("The secret of the webhook is not one.")) from error
        # Of this attempt, in real time: the receiver refuses what was signed minutes ago.
        moment = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Practice Billing",
            "webhook-id": self.key,
            "webhook-timestamp": str(moment),
            "webhook-signature": sign(keys, self.key, moment, body),
        }
        parameters = self.env["ir.config_parameter"]
        return post(
            company.practice_webhook_url,
            body,
            headers,
            allow_http=str2bool(parameters.get_param(ALLOW_HTTP) or "", default=False),
            allow_private=str2bool(parameters.get_param(ALLOW_PRIVATE) or "", default=False),
        )

    def _fail(self, answer, is_unreachable=False):
        """Wait before this message is sent again; after the last time give it up and tell who is responsible."""
        failures = self.failures + 1
        moment = next_sending(fields.Datetime.now(), failures)
        self.write({"failures": failures, "answer": answer[:250], "is_unreachable": is_unreachable})
        if moment:
            self.next_sending = moment
            self.env.ref("practice_billing.ir_cron_webhooks")._trigger(at=moment)
            return False
        self.state = "failed"
        self._practice_try_to_tell(answer)
        return True

    def _practice_tell(self, reason):
        """Tell who is responsible for the subscription that this message is given up."""
        self.subscription_id._note_payment_problem(
            self.env._("The other software did not take the new state of this subscription: %s", reason)
        )

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
