from odoo import fields, models
from odoo.exceptions import UserError

from ....tools.periods import release_plan


class PracticeSubscriptionPeriod(models.Model):
    """A period knows its documents, and what of them is released when."""

    _inherit = "practice.subscription.period"

    move_ids = fields.One2many("account.move", "practice_period_id", string="Invoices and Credit Notes", readonly=True)
    release_ids = fields.One2many(
        "practice.revenue.release",
        "period_id",
        string="Releases",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )

    # === ACTIONS === #

    def action_bill_again(self):
        """Open a draft with the same lines for a period whose invoice was cancelled.

        :raises UserError: when the period has an invoice
        """
        self.ensure_one()
        self.subscription_id._check_may_bill()
        cancelled = self.move_id or self.move_ids.filtered(lambda move: move.state == "cancel")[:1]
        if self.state != "missing" or not cancelled:
            raise UserError(
                self.env._(
                    "Only a period whose invoice was cancelled can be billed again. Cancel the invoice first; a "
                    "credited invoice stays credited, make a new one by hand when it is needed."
                )
            )
        # sudo: the accountant and the administrator may; the period itself is written by the module only
        period_sudo = self.sudo()
        copy_sudo = cancelled.sudo().with_context(include_business_fields=True).copy({"invoice_date": False})
        old_lines_sudo = cancelled.sudo().invoice_line_ids.sorted("id")
        for old, new in zip(old_lines_sudo, copy_sudo.invoice_line_ids.sorted("id"), strict=True):
            usage = period_sudo.usage_ids.filtered(lambda it, old=old: it.invoice_line_id == old)
            usage.invoice_line_id = new
        period_sudo.move_id = copy_sudo
        copy_sudo.message_post(body=self.env._("Billed again instead of %s.", cancelled.display_name))
        return copy_sudo.sudo(False).get_formview_action()

    # === RELEASE === #

    def _plan_releases(self):
        """Make the releases of these periods fit what their invoices and credit notes hold on the balance post.

        What is not released yet is planned anew by days and calendar months; what was released too much is taken back.
        """
        periods_sudo = self.sudo().filtered("deferred_account_id")  # sudo: follows from whatever posted the invoice
        if not periods_sudo:
            return
        kept, days = periods_sudo._get_kept_amounts()
        releases_sudo = self.env["practice.revenue.release"].sudo()
        existing = releases_sudo.search([("period_id", "in", periods_sudo.ids)], order="date, id").grouped("period_id")
        vals_list, obsolete = [], releases_sudo.browse()
        for period in periods_sudo:
            of_period, amount = existing.get(period, releases_sudo), kept.get(period, 0.0)
            day = days.get(period) or period.company_id._practice_day()
            # What lies behind stays as it was planned, unless something is taken back.
            grows = amount >= sum(of_period.mapped("amount"))
            done = of_period.filtered(
                lambda it, day=day, grows=grows: it.state == "posted" or (grows and it.date < day)
            )
            steps = release_plan(
                amount,
                period.date_from,
                period.service_to,
                done.mapped(lambda release: (release.date, release.amount)),
                day,
                rounding=period.company_id.currency_id.rounding,
            )
            planned = of_period - done
            if steps != planned.mapped(lambda release: (release.date, release.amount)):
                obsolete += planned
                vals_list += [period._prepare_release_vals(day, amount) for day, amount in steps]
        obsolete.unlink()
        releases_sudo.create(vals_list)

    def _get_kept_amounts(self):
        """Return what posted lines hold on the balance post (company currency) and the last day of such a line."""
        groups = self.env["account.move.line"]._read_group(
            [
                ("practice_period_id", "in", self.ids),
                ("parent_state", "=", "posted"),
                ("account_id", "in", self.deferred_account_id.ids),
                ("display_type", "=", "product"),
            ],
            ["practice_period_id", "account_id"],
            ["balance:sum", "date:max"],
        )
        kept, days = {}, {}
        for period, account, balance, day in groups:
            if account == period.deferred_account_id:
                kept[period], days[period] = -balance, day
        return kept, days

    def _prepare_release_vals(self, day, amount):
        return {
            "name": f"{self.subscription_id.name} {self.plan_id.name}",
            "period_id": self.id,
            "date": day,
            "company_id": self.company_id.id,
            "partner_id": self.organisation_id.commercial_partner_id.id,
            "deferred_account_id": self.deferred_account_id.id,
            "income_account_id": self.income_account_id.id,
            "amount": amount,
        }
