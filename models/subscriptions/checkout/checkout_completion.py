import logging

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.client import notification
from ..agreement.subscription import BILLED

_logger = logging.getLogger(__name__)

BILLING_ACTIVITY = "practice_billing.mail_activity_type_billing"


class PracticeSubscriptionCheckout(models.Model):
    """What follows from a payment: the subscription begins, the first period is billed, the invoice is paid.

    Everything but Odoo's own payment happens here, once, in the transaction in which Odoo registers the payment. What
    cannot be done then (locked books, a missing account) does not lose the payment: it waits as *paid* and is tried
    again every hour, or by hand.
    """

    _inherit = "practice.subscription.checkout"

    # === DOORS === #

    def _follow_transaction(self, transaction):
        """Do what follows from the state of ``transaction``; called each time that Odoo looks at it, late or twice.

        :param transaction: a payment of this checkout, before Odoo registers it in the books
        """
        self.ensure_one()
        if transaction.state != "done":
            return
        self_sudo = self._as_system_sudo()
        if self_sudo.transaction_id == transaction:
            self_sudo._try_complete()
        elif self_sudo.state in ("draft", "cancelled") and not self_sudo._get_rival():
            self_sudo.write({"transaction_id": transaction.id, "token_id": transaction.token_id.id})
            self_sudo._take("paid")
            self_sudo._try_complete()
        elif transaction.operation != "validation":
            self_sudo._tell(
                self.env._("Paid twice"),
                self.env._(
                    "The payment %s arrived after another one. It stays as a credit of the organisation: pay it back, "
                    "or let it settle the next invoice.",
                    transaction.reference,
                ),
            )

    def _as_system_sudo(self):
        """Return this checkout as the system completes it, whoever looks at the payment: a browser or a cron."""
        return self.with_user(SUPERUSER_ID).with_company(self.company_id)

    def _get_rival(self):
        """Return whatever else has begun the subscription meanwhile: another checkout, or people."""
        self.ensure_one()
        paid = self.search(
            [
                ("organisation_id", "=", self.organisation_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "paid"),
            ]
        )
        if paid - self:
            return paid - self
        if self.state == "cancelled":
            return self.organisation_id._practice_get_subscription_sudo(self.company_id).filtered(
                lambda it: it.state in (*BILLED, "suspended")
            )
        return self.browse()

    def _take(self, state):
        """Make this checkout the one that counts; what was chosen besides is withdrawn."""
        self.ensure_one()
        others = self._get_open_sudo(self.organisation_id, self.company_id) - self
        others.filtered(lambda it: it.state == "draft").write({"state": "cancelled"})
        others.flush_recordset()
        self.write({"state": state})
        self.flush_recordset()

    def action_complete(self):
        """Try again what could not be completed after the payment."""
        self.env["practice.subscription"]._check_may_bill()
        self.check_access("read")
        paid_sudo = self.sudo().filtered(lambda it: it.state == "paid")  # sudo: checked above
        for checkout_sudo in paid_sudo:
            checkout_sudo._as_system_sudo()._try_complete()
        failed_sudo = paid_sudo.filtered("error")
        if failed_sudo:
            return notification(failed_sudo[0].error, "danger")
        return notification(self.env._("Completed."), "success")

    @api.model
    def _get_paid_domain(self):
        """Return what is paid and not completed."""
        return Domain("state", "=", "paid")

    def _complete(self):
        """Try again what is paid and not completed."""
        for checkout in self:
            checkout._as_system_sudo()._try_complete()

    # === STEPS === #

    def _try_complete(self):
        """Begin the subscription and bill it; each step is done once and kept, a failure stays with its reason."""
        self.ensure_one()
        if self.state != "paid":
            return
        me, set_aside = type(self), type(self)._keep_failure
        if self.is_activated or self._practice_try(me._begin_subscription, set_aside=set_aside):
            self._practice_try(me._bill_and_link, set_aside=set_aside)

    def _begin_subscription(self):
        """Begin the subscription; remember the first day that the payment is for."""
        subscription = self._get_running() or self._begin_chosen_sudo(forgiving=True)
        self.write(
            {
                "subscription_id": subscription.id,
                "first_day": subscription.next_invoice_date,
                "is_activated": True,
            }
        )

    def _get_running(self):
        """Return the subscription when people have begun it while the payment was on its way."""
        current_sudo = self.organisation_id._practice_get_subscription_sudo(self.company_id)
        return current_sudo.filtered(lambda it: it.state in BILLED)

    def _begin_chosen_sudo(self, name="/", forgiving=False):
        """Begin the subscription as chosen; make one when the organisation has none.

        :param bool forgiving: go on without the code when it is refused now; who is responsible is told
        :raises UserError: when it cannot begin, or the code is refused
        """
        subscription_sudo = self.organisation_id._practice_get_subscription_sudo(self.company_id)
        if subscription_sudo:
            subscription_sudo._begin_billing(self.plan_id, self.interval)
        else:
            subscription_sudo = self.env["practice.subscription"].create(
                {**self._prepare_subscription_vals(), "name": name}
            )
        if self.code_id:
            try:
                with self.env.cr.savepoint():
                    self.code_id._redeem(subscription_sudo, self.plan_id)
            except UserError as error:
                if not forgiving:
                    raise
                self._tell(
                    self.env._("The discount code was refused after the payment"),
                    self.env._("%s The rest of the invoice is open: grant it or collect it.", str(error)),
                )
        return subscription_sudo

    def _bill_and_link(self):
        """Bill the period that was paid for, and link the payment to its invoice."""
        subscription = self.subscription_id
        if self.first_day and self.first_day <= self.company_id._practice_day():
            subscription._bill_now()
        period = subscription.period_ids.filtered(lambda it: it.kind == "regular" and it.date_from == self.first_day)
        move = period.move_id.filtered(lambda it: it.state == "posted")[:1]
        still_due_sudo = subscription._filter_due_sudo().filtered(lambda it: it.next_invoice_date == self.first_day)
        if not move and still_due_sudo:
            self.error = subscription.error
            return
        if move and self.transaction_id and self.transaction_id.operation != "validation":
            self._link_payment(move)
        self.write({"state": "done", "error": False, "move_id": move.id})
        self.activity_unlink([BILLING_ACTIVITY])
        self._save_method()

    def _save_method(self):
        """Collect later invoices with the method that was saved; after all else, so that it never pays this one too."""
        if not self.token_id:
            return
        try:
            self.subscription_id._set_payment_token(self.token_id)
        except UserError as error:
            self._tell(self.env._("The payment method was not saved"), str(error))

    def _link_payment(self, move):
        """Link the payment to the invoice, and reconcile them when Odoo has registered the payment already."""
        transaction = self.transaction_id
        transaction.invoice_ids |= move
        payment = transaction.payment_id
        if not payment:
            return  # Odoo registers it after this, and reconciles it with the invoice
        payment.invoice_ids |= move
        (payment.move_id.line_ids + move.line_ids).filtered(
            lambda line: line.account_id == payment.destination_account_id and not line.reconciled
        ).reconcile()

    # === WHAT WENT WRONG === #

    def _keep_failure(self, reason):
        """Keep why a paid checkout could not be completed, and tell who is responsible, once for each reason.

        It is not left alone until tomorrow: the money is there, so it is tried again every hour.
        """
        for checkout in self.filtered(lambda it: it.error != reason):
            checkout.error = reason
            checkout._tell(self.env._("Paid, and not completed"), reason, BILLING_ACTIVITY)

    def _tell(self, summary, note, kind="mail.mail_activity_data_todo"):
        """Make it an activity of who is responsible; those of a failed invoice go away when it is billed."""
        self.activity_schedule(
            kind,
            summary=summary,
            note=note,
            user_id=self._practice_get_responsible().id,
        )
