from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from ...common.retry_mixin import Step
from ..agreement.subscription import RUNNING

#: Days before a card expires from which the organisation is told.
CARD_DAYS = 30


#: Subscriptions of organisations that are not archived.
IN_USE = Domain("organisation_id", "any", [("active", "=", True)])


class PracticeSubscription(models.Model):
    """What time does to subscriptions, looked at every hour."""

    _inherit = "practice.subscription"

    follow_error = fields.Text(
        string="Not Followed", readonly=True, copy=False, help="Why the hourly run could not follow it."
    )
    follow_retry_date = fields.Date(
        string="Followed Again On", readonly=True, copy=False, help="The hourly run tries it again from this day on."
    )

    archived_told = fields.Boolean(
        readonly=True, copy=False, help="Who is responsible was told that the organisation is archived."
    )

    _archived_told_idx = models.Index("(organisation_id) WHERE archived_told IS TRUE")

    def _follow_paid(self):
        """Let subscriptions of which no invoice is overdue any more be active again.

        Where one was written off as a loss, that is for a person to say.
        """
        waiting_sudo = self.sudo().filtered(  # sudo: whoever registers a payment
            lambda it: it.state == "past_due" or (it.state == "suspended" and it.suspended_reason == "unpaid")
        )
        if not waiting_sudo:
            return
        domain = self._get_blocking_domain() & Domain("practice_subscription_id", "in", waiting_sudo.ids)
        groups = self.env["account.move"].sudo()._read_group(domain, ["practice_subscription_id"])  # sudo: as above
        blocked = {subscription_sudo.id for [subscription_sudo] in groups}
        settled_sudo = waiting_sudo.filtered(lambda it: it.id not in blocked)
        lost_sudo = settled_sudo._filter_written_off()
        for subscription_sudo in settled_sudo:
            subscription_sudo.activity_unlink(["practice_billing.mail_activity_type_payment"])
            if subscription_sudo in lost_sudo:
                subscription_sudo._follow_written_off()
            elif subscription_sudo.state == "suspended":
                subscription_sudo._resume()
            else:
                subscription_sudo._enter("active", past_due_since=False)

    def _follow_written_off(self):
        """Keep this subscription suspended, and ask a person whether it may go on."""
        self.ensure_one()
        if self.state == "past_due":
            self._enter("suspended", suspended_reason="written_off")
        else:
            self.suspended_reason = "written_off"
        self._note_payment_problem(
            self.env._("An invoice was written off, not paid. Resume the subscription if it may go on, or cancel it.")
        )

    @api.model
    def _cron_follow_time(self):
        """Let trials end, follow what is overdue or paid, suspend after the days of grace, end what was cancelled."""
        self._practice_run(self.sudo()._get_time_steps())  # sudo: the run works for all companies

    @api.model
    def _get_time_steps(self):
        """Return the :class:`Step` of the hourly run, company by company. A hook."""
        steps = []
        for company in self.env["res.company"].search([]):
            today = company._practice_day()
            mine = Domain("company_id", "=", company.id)
            unfailed = self._get_unfailed_domain(company, today)
            trial = Domain("state", "=", "trial") & Domain("trial_end", "<", today)
            late = unfailed & Domain("id", "in", self._get_ids_with(self._get_overdue_domain(), company))
            blocked = self._get_ids_with(self._get_blocking_domain(), company)
            unpaid = Domain("state", "=", "past_due") | Domain("suspended_reason", "=", "unpaid")
            grace = today - timedelta(days=company.practice_grace_days)
            after_grace = Domain("state", "=", "past_due") & Domain("past_due_since", "<=", grace)
            after_grace &= self._get_impatient_domain(today)
            ended = Domain("state", "=", "suspended") & Domain("end_date", "<", today)
            me, of_company = type(self), self.with_company(company)
            # What keeps a trial from being billed is a matter of billing, with its reason and its day.
            steps.append(Step(of_company, mine & trial & self._practice_get_retry_domain(today), me._end_trial))
            steps += [
                Step(of_company, domain, partial(me._follow, work=work), me._set_aside_following)
                for work, domain in (
                    (me._mark_past_due, late & Domain("state", "=", "active")),
                    # Nobody is told when an invoice is credited, cancelled or due later.
                    (me._follow_paid, unfailed & unpaid & Domain("id", "not in", blocked)),
                    (me._suspend, late & after_grace),
                    (me._end_suspended, unfailed & ended),
                    (me._tell_archived, unfailed & self._get_archived_domain(today)),
                    (me._forget_archived, mine & Domain("archived_told", "=", True) & IN_USE),
                    (me._warn_trial_ends, unfailed & self._get_trial_warning_domain(company, today)),
                    (me._warn_card_expires, unfailed & self._get_card_warning_domain(today)),
                )
            ]
        return steps

    @api.model
    def _get_unfailed_domain(self, company, today):
        """Return the subscriptions of ``company`` that can be followed today: those that did not fail today."""
        retry = Domain("follow_retry_date", "=", False) | Domain("follow_retry_date", "<=", today)
        return Domain("company_id", "=", company.id) & retry

    def _follow(self, work):
        """Do one step of the hourly run for these subscriptions, and forget why it failed before."""
        work(self)
        failed = self.filtered("follow_error")
        failed.write({"follow_error": False, "follow_retry_date": False})
        failed.filtered(lambda it: not it.error)._practice_untell()

    def _set_aside_following(self, reason):
        """Keep why this subscription could not be followed, apart from billing, which goes on."""
        for subscription in self:
            tomorrow = subscription.company_id._practice_day() + timedelta(days=1)
            subscription.write({"follow_error": reason, "follow_retry_date": tomorrow})
        self._practice_try_to_tell(reason)

    @api.model
    def _get_ids_with(self, domain, company):
        """Return the ids of the subscriptions that have an invoice of ``domain``."""
        groups = self.env["account.move"]._read_group(
            domain & Domain("company_id", "=", company.id), ["practice_subscription_id"]
        )
        return [subscription.id for [subscription] in groups]

    @api.model
    def _get_impatient_domain(self, today):
        """Return the subscriptions whose payment is not waited for any longer than usual. A hook."""
        return Domain.TRUE

    @api.model
    def _get_trial_warning_domain(self, company, today):
        last = today + timedelta(days=company.practice_trial_warning_days)
        return (
            Domain("state", "=", "trial")
            & Domain("trial_end", ">=", today)
            & Domain("trial_end", "<", last)
            & Domain("trial_warned", "=", False)
        )

    @api.model
    def _get_archived_domain(self, today):
        """Return the running subscriptions with an archived contact that nobody was told of.

        Both searches begin with the contacts that are archived, which are few; their union would begin with all.
        """
        running = Domain("state", "in", RUNNING)
        untold = Domain("archived_told", "=", False)
        archived = self.search(running & untold & Domain("organisation_id", "in", self._get_archived_contacts()))
        seats = self.env["practice.subscription.seat"].search(self._get_archived_seats_domain(today))
        return running & Domain("id", "in", (archived | seats.subscription_id).ids)

    @api.model
    def _get_archived_seats_domain(self, today):
        open_seat = Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        archived = Domain("practitioner_id", "in", self._get_archived_contacts())
        return open_seat & archived & Domain("archived_told", "=", False)

    @api.model
    def _get_archived_contacts(self):
        """Return the contacts that are archived, as a query."""
        # sudo: for the run, which works for all companies
        return self.env["res.partner"].sudo()._search([("active", "=", False)])

    @api.model
    def _get_card_warning_domain(self, today):
        soon = Domain("practice_expiry_date", "<=", today + timedelta(days=CARD_DAYS))
        return Domain("state", "in", RUNNING) & Domain(
            "payment_token_id", "any", soon & Domain("practice_expiry_warned", "=", False)
        )

    # === STEPS === #

    def _end_trial(self):
        """Begin billing the day after the trial, or let the trial expire."""
        self.ensure_one()
        if not self.activate_after_trial:
            self._enter("expired")
            return
        self.plan_id._get_tariff(self.interval, self.trial_end + timedelta(days=1))
        self._enter_after_trial()

    def _enter_after_trial(self):
        """Be billed from the day after the trial on."""
        day = self.trial_end + timedelta(days=1)
        self._enter("active", date_start=day, anchor_date=day, next_invoice_date=day)

    def _suspend(self):
        self._enter("suspended", suspended_reason="unpaid")

    def _end_suspended(self):
        self._try_bill_rest()
        self._enter(**self._prepare_end_vals())

    def _tell_archived(self):
        """Tell who is responsible, once, that the organisation or a practitioner is archived and billed all the same.

        Archiving a contact ends no agreement: access and invoices go on until somebody cancels the subscription or lets
        the seat end. An invoice left out in silence would be missed by nobody; one too many is seen, and is credited.
        """
        self.ensure_one()
        domain = self._get_archived_seats_domain(self.company_id._practice_day())
        seats = self.seat_ids.search(domain & Domain("subscription_id", "=", self.id))
        contacts = seats.practitioner_id
        if not self.organisation_id.active:
            contacts |= self.organisation_id
            self.archived_told = True
        seats.archived_told = True
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Archived, and billed all the same"),
            note=self.env._(
                "These contacts are archived: %s. Cancel the subscription or let the seats end if they are gone; "
                "otherwise take them back from the archive.",
                ", ".join(contacts.mapped("display_name")),
            ),
            user_id=self._practice_get_responsible().id,
        )

    def _forget_archived(self):
        """Tell again when the organisation, which is back, should be archived another time."""
        self.archived_told = False

    def _warn_trial_ends(self):
        """Tell the organisation once that its trial ends soon."""
        self.ensure_one()
        self._send_to_billing_contacts("practice_billing.mail_template_trial_ends")
        self.trial_warned = True

    def _warn_card_expires(self):
        """Tell the organisation once that its card expires soon."""
        self.ensure_one()
        self._send_to_billing_contacts("practice_billing.mail_template_card_expires")
        self.payment_token_id.practice_expiry_warned = True
