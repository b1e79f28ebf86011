from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ...common.retry_mixin import Step
from ..agreement.subscription import BILLED

#: A price that began longer ago holds for everybody: no period is longer.
LONGEST = timedelta(days=366)


class PracticeSubscription(models.Model):
    """Organisations are told of another price before it is charged, once; staff see who was told what."""

    _inherit = "practice.subscription"

    price_announcement_ids = fields.One2many(
        "practice.price.announcement",
        "subscription_id",
        string="Price Announcements",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    price_looked_on = fields.Date(
        readonly=True, copy=False, help="The day on which the run last looked whether another price is to come."
    )

    # === RUN === #

    @api.model
    def _get_time_steps(self):
        steps = super()._get_time_steps()
        for company in self.env["res.company"].search([]):
            today = company._practice_day()
            steps.append(
                Step(
                    self.with_company(company),
                    self._get_unfailed_domain(company, today) & self._get_price_domain(company, today),
                    partial(type(self)._follow, work=type(self)._look_at_price),
                    type(self)._set_aside_following,
                )
            )
        return steps

    @api.model
    def _get_price_domain(self, company, today):
        """Return the subscriptions of ``company`` whose price may change, and that were not looked at today."""
        prices = self.env["practice.plan.price"].search(
            [("plan_id.company_id", "=", company.id), ("date_from", ">", today - LONGEST)]
        )
        announced = Domain("state", "!=", "withdrawn") & Domain("first_day", ">", today)
        unseen = Domain("price_looked_on", "=", False) | Domain("price_looked_on", "<", today)
        # Who was billed for a period that begins with the last price or later has it, unless another was promised.
        waiting = Domain.OR(
            Domain("plan_id", "=", plan.id)
            & (
                Domain("period_id", "=", False)
                | Domain("period_id.date_from", "<", max(of_plan.mapped("date_from")))
                | Domain("period_id.price_date", "!=", False)
            )
            for plan, of_plan in prices.grouped("plan_id").items()
        )
        touched = waiting | Domain("price_announcement_ids", "any", announced)
        return Domain("state", "in", BILLED) & unseen & touched

    def _look_at_price(self):
        """Plan what is to be announced to these subscriptions, withdraw what does not come, and tell what is due."""
        for subscription in self:
            today = subscription.company_id._practice_day()
            subscription._tell_price(subscription._plan_announcement(today), today)
            subscription.price_looked_on = today

    def _plan_announcement(self, today):
        """Return the announcement of the next other price of this subscription, or none; others are withdrawn."""
        self.ensure_one()
        announcements_sudo = self.sudo().price_announcement_ids  # sudo: written by the run
        coming_sudo = announcements_sudo.filtered(lambda it: it.state != "withdrawn" and it.first_day > today)
        try:
            change = self._get_price_change()
        except UserError:
            return coming_sudo.browse()  # billing says why, with its day
        if change and change.day <= today:
            change = None
        same_sudo = coming_sudo.filtered(lambda it: change and it._is_of(change))
        self._withdraw_announcements(coming_sudo - same_sudo)
        if not change:
            return coming_sudo.browse()
        vals = self._prepare_announcement_vals(change)
        if same_sudo.state == "planned":
            same_sudo.write(vals)
        return same_sudo or announcements_sudo.create(vals)

    def _prepare_announcement_vals(self, change):
        preview = self._get_preview(change.invoice)
        return {
            "subscription_id": self.id,
            "plan_id": self.plan_id.id,
            "interval": self.interval,
            "first_day": change.day,
            "price_before": change.before["standard"],
            "price_after": change.after["standard"],
            "student_before": change.before["student"],
            "student_after": change.after["student"],
            "has_students": "student" in self._get_seat_kinds() and change.before["student"] != change.after["student"],
            "amount_untaxed": preview["untaxed"],
            "amount_total": preview["total"],
        }

    def _withdraw_announcements(self, announcements_sudo):
        """Take back what does not come true; somebody has to speak to those who were told."""
        self.ensure_one()
        told_sudo = announcements_sudo.filtered(lambda it: it.state == "told")
        (announcements_sudo - told_sudo).unlink()
        told_sudo.state = "withdrawn"
        for announcement_sudo in told_sudo:
            self.sudo().activity_schedule(  # sudo: the run
                "mail.mail_activity_data_todo",
                summary=self.env._("A price that was announced does not come"),
                note=self.env._(
                    "On %(told)s the organisation was told that a practitioner costs %(price)s from %(day)s on. "
                    "That is not so any more. A new price is announced by itself.",
                    told=format_date(self.env, announcement_sudo.date),
                    price=announcement_sudo.currency_id.format(announcement_sudo.price_after),
                    day=format_date(self.env, announcement_sudo.first_day),
                ),
                user_id=self._practice_get_responsible().id,
            )

    def _tell_price(self, announcement_sudo, today):
        """Tell the organisation what is planned, when it is time; without an address somebody has to do it."""
        self.ensure_one()
        notice = self.company_id.practice_price_notice_days
        if announcement_sudo.state != "planned" or not notice:
            return
        if announcement_sudo.first_day > today + timedelta(days=notice):
            return
        contacts_sudo = self._get_billing_contacts_sudo()
        announcement_sudo.write({"state": "told", "date": today, "recipient_ids": [Command.set(contacts_sudo.ids)]})
        self._send_to_billing_contacts("practice_billing.mail_template_price_change")
        if not contacts_sudo:
            self._note_payment_problem(
                self.env._("Nobody could be told of the new price: enter an e-mail address, and tell them yourself.")
            )

    def _get_told_price(self):
        """Return the announcement that the e-mail is about: the newest one that was told."""
        self.ensure_one()
        # sudo: who is written to need not be able to read them
        return self.sudo().price_announcement_ids.filtered(lambda it: it.state == "told").sorted("id")[-1:]
