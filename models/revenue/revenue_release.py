import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools.client import notification

_logger = logging.getLogger(__name__)

#: Releases that one batch of the run takes at least; it always finishes the day it has begun.
BATCH_SIZE = 2000


class PracticeRevenueRelease(models.Model):
    """One step of money from a balance post to revenue, posted exactly once.

    Whoever gives the service creates the release, in company currency and dated the day of the service;
    the run collects what is due into one entry per company, day and journal (``release_entry``).
    """

    _name = "practice.revenue.release"
    _description = "Revenue Release"
    _inherit = ["practice.retry.mixin"]
    _order = "date desc, id desc"

    name = fields.Char(string="Description", required=True)
    date = fields.Date(required=True, help="Day of the service, in the practice's time zone.")
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index="btree_not_null", ondelete="restrict", help="Who paid."
    )
    deferred_account_id = fields.Many2one(
        "account.account", string="Balance Post", required=True, index=True, ondelete="restrict"
    )
    income_account_id = fields.Many2one(
        "account.account", string="Ledger Account", required=True, index=True, ondelete="restrict"
    )
    amount = fields.Monetary(required=True, help="Moved from the balance post to revenue; negative takes it back.")
    analytic_distribution = fields.Json(readonly=True, help="Of the sale: what the revenue is counted to.")
    state = fields.Selection(
        [("due", "To Release"), ("posted", "Released")], default="due", required=True, readonly=True
    )
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", index="btree_not_null", ondelete="restrict", readonly=True
    )
    move_date = fields.Date(related="move_id.date", string="Accounting Date")
    error = fields.Text(readonly=True, help="Why the last run could not post it.")
    retry_date = fields.Date(readonly=True, help="A release that failed is tried again from this day on.")

    # What the run searches: oldest day first, company by company.
    _due_idx = models.Index("(company_id, date, id) WHERE state = 'due'")
    # What a list begins with.
    _latest_idx = models.Index("(date, id)")
    _posted_with_state = models.Constraint(
        "CHECK (state = 'posted' OR move_id IS NULL)", "A release that is still due has no journal entry."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_due(self):
        if any(release.state == "posted" for release in self):
            raise UserError(self.env._("A posted release stays: correct the visit or the invoice instead."))

    # === ACTIONS === #

    def action_open_entry(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_release(self):
        """Post the selected releases that are due today, or all that are due when nothing is selected.

        :raises AccessError: when the user is no accountant, or may not see them
        """
        if not self.env.user.has_group("account.group_account_user"):
            raise AccessError(self.env._("Only an accountant releases by hand; the nightly run does it by itself."))
        self.check_access("read")
        due = self._get_due_domain(retry=True)
        releases = self.filtered_domain(due) if self else self.search(due)
        # sudo: of the releases that this accountant may see; nobody else writes on them
        releases_sudo = releases.sudo()
        releases_sudo._post_or_set_aside()
        return releases_sudo._notify_released()

    def _notify_released(self):
        """Tell how many of these releases are posted, and how many failed."""
        failed = self.filtered(lambda release: release.state == "due" and release.error)
        posted = self.filtered(lambda release: release.state == "posted")
        if failed:
            message = self.env._(
                "%(posted)s released, %(failed)s failed: the filter Failed shows why.",
                posted=len(posted),
                failed=len(failed),
            )
        elif posted:
            message = self.env._("%s released.", len(posted))
        else:
            message = self.env._("Nothing is due today.")
        return notification(message, "danger" if failed else "success" if posted else "info")

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self, retry=False):
        """Return what can be posted now: due in its company, and not set aside until tomorrow (unless ``retry``)."""
        # sudo: the run works for all companies, each of which has its own today
        companies_sudo = self.env["res.company"].sudo().search([])
        return Domain("state", "=", "due") & Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date", "<=", company._practice_day())
            & (Domain.TRUE if retry else self._practice_get_retry_domain(company._practice_day()))
            for company in companies_sudo
        )

    @api.model
    def _cron_release(self):
        """Post what is due, whole days at a time, committing each batch; it can be cut and resumed anywhere."""
        cron = self.env["ir.cron"]
        while batch := self._next_batch():
            done = batch._post_or_set_aside()
            if not done or not cron._commit_progress(done, remaining=self.search_count(self._get_due_domain())):
                break

    @api.model
    def _next_batch(self):
        """Return due releases of one company: whole days, at least ``BATCH_SIZE`` of them when there are that many."""
        domain = self._get_due_domain()
        oldest = self.search(domain, order="company_id, date, id", limit=1)
        if not oldest:
            return self.browse()
        domain &= Domain("company_id", "=", oldest.company_id.id)
        border = self.search(domain, order="date, id", offset=BATCH_SIZE - 1, limit=1)
        if border:
            domain &= Domain("date", "<=", border.date)
        return self.search(domain, order="date, id")

    def _post_or_set_aside(self):
        """Post these releases together; when that fails, account by account, setting aside those that fail.

        :return: the number of releases posted or set aside; 0 when another worker holds them all
        """
        self._practice_try(type(self)._post_due)
        return len(
            self.filtered(
                lambda it: it.state == "posted" or (it.retry_date and it.retry_date > it.company_id._practice_day())
            )
        )

    def _practice_cut(self):
        # What is booked on the same accounts fails together; cut finer, a day would get many entries.
        by_accounts = self.grouped(lambda release: (release.deferred_account_id, release.income_account_id))
        return list(by_accounts.values())
