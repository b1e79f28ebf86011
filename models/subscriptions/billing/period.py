from collections import defaultdict

from odoo import fields, models

from ....tools.periods import release_plan


class PracticeSubscriptionPeriod(models.Model):
    """What the documents of a period hold on the balance post is released by days, to the customer who has it there."""

    _inherit = "practice.subscription.period"

    move_ids = fields.One2many("account.move", "practice_period_id", string="Invoices and Credit Notes", readonly=True)
    release_ids = fields.One2many(
        "practice.revenue.release",
        "period_id",
        string="Releases",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )

    # === RELEASE === #

    def _plan_releases(self):
        """Make the releases of these periods fit what their invoices and credit notes hold on the balance post.

        What is not released yet is planned anew by days and calendar months; what was released too much is taken back.
        """
        periods_sudo = self.sudo().filtered("deferred_account_id")  # sudo: follows from whatever posted the invoice
        if not periods_sudo:
            return
        kept = periods_sudo._get_kept_amounts()
        releases_sudo = self.env["practice.revenue.release"].sudo()
        existing = releases_sudo.search([("period_id", "in", periods_sudo.ids)], order="date, id")
        existing = existing.grouped(lambda release: (release.period_id, release.partner_id))
        vals_list, obsolete = [], releases_sudo.browse()
        for period, partner in dict.fromkeys([*kept, *existing]):
            planned, steps = period._plan_steps(existing.get((period, partner), releases_sudo), kept[period, partner])
            if steps != planned.mapped(lambda release: (release.date, release.amount)):
                obsolete += planned
                vals_list += [period._prepare_release_vals(partner, day, amount) for day, amount in steps]
        obsolete.unlink()
        releases_sudo.create(vals_list)

    def _plan_steps(self, releases, kept):
        """Return the releases of a customer that are planned anew, and ``[(day, amount)]`` that they should be.

        :param releases: all of the period and the customer, oldest first
        :param tuple kept: see :meth:`_get_kept_amounts`
        """
        self.ensure_one()
        amount, day = kept
        posted = releases.filtered(lambda it: it.state == "posted")
        today = self.company_id._practice_day()
        # A month that is posted is not opened again: what becomes of it is of today.
        day = max(day or today, today) if posted else day or today
        # What lies behind stays as it was planned, unless something is taken back.
        grows = amount >= sum(releases.mapped("amount"))
        done = releases.filtered(lambda it: it.state == "posted" or (grows and it.date < day))
        steps = release_plan(
            amount,
            self.date_from,
            self.service_to,
            done.mapped(lambda release: (release.date, release.amount)),
            day,
            rounding=self.company_id.currency_id.rounding,
        )
        return releases - done, steps

    def _get_kept_amounts(self):
        """Return what posted lines hold on the balance post, customer by customer.

        :return: ``{(period, customer): (amount in company currency, last day of such a line)}``; nothing by default
        """
        groups = self.env["account.move.line"]._read_group(
            [
                ("practice_period_id", "in", self.ids),
                ("parent_state", "=", "posted"),
                ("account_id", "in", self.deferred_account_id.ids),
                ("display_type", "=", "product"),
            ],
            ["practice_period_id", "account_id", "partner_id"],
            ["balance:sum", "date:max"],
        )
        kept = defaultdict(lambda: (0.0, None))
        for period, account, partner, balance, day in groups:
            if account == period.deferred_account_id:
                kept[period, partner] = -balance, day
        return kept

    def _prepare_release_vals(self, partner, day, amount):
        return {
            "name": f"{self.subscription_id.name} {self.plan_id.name}",
            "period_id": self.id,
            "date": day,
            "company_id": self.company_id.id,
            "partner_id": partner.id,
            "deferred_account_id": self.deferred_account_id.id,
            "income_account_id": self.income_account_id.id,
            "amount": amount,
        }
