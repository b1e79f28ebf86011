from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...common.retry_mixin import Step

#: Arrangements of one transaction of the run.
BATCH = 50


class PracticePayerArrangement(models.Model):
    """When statements are made: by the nightly run, or by hand until a day."""

    _inherit = "practice.payer.arrangement"

    @api.model
    def _get_due_domain(self):
        """Return the arrangements that the run looks at today, without those that were set aside."""
        due = self.env["res.company"]._practice_get_due_domain
        return due("next_date") & (due("retry_date") | Domain("retry_date", "=", False))

    @api.model
    def _cron_make_care_statements(self):
        """Make the statements of visits that are over; it can be cut and resumed anywhere.

        An archived arrangement states no visit any more, but what was wrong on its statements is corrected.
        """
        arrangements = self.with_context(active_test=False)
        work = type(self)._make_due
        self._practice_run([Step(arrangements, self._get_due_domain(), work, size=BATCH, order="id")])

    def _make_due(self):
        """Make the statements of these arrangements that are due today."""
        last_days = {arrangement: arrangement._get_last_day() for arrangement in self}
        statements = self.env["practice.care.statement"]._make(last_days)
        for (per_month, company), arrangements in self.grouped(lambda it: (it._is_per_month(), it.company_id)).items():
            today = company._practice_day()
            following = today + (relativedelta(months=1, day=1) if per_month else timedelta(days=1))
            arrangements.next_date = following
        return statements

    def _get_last_day(self):
        """Return the last day of the visits that are stated by themselves today."""
        self.ensure_one()
        today = self.company_id._practice_day()
        return (today.replace(day=1) if self._is_per_month() else today) - timedelta(days=1)

    def _is_per_month(self):
        return self.documents == "month"

    def _make_until(self, last):
        """Make the statements of these arrangements of visits until ``last``, by hand; what fails is told on them.

        :param date last: a day of the practice's time zone, included
        :return: the new statements
        :raises AccessError: when the user is no front desk, or does not see these arrangements
        """
        self._check_may_make()
        self.check_access("read")

        def make(arrangements_sudo):
            return arrangements_sudo.env["practice.care.statement"]._make(dict.fromkeys(arrangements_sudo, last))

        # sudo: the role was checked; nobody writes statements by hand
        made = self.sudo()._practice_try(make)
        return self.env["practice.care.statement"].union(*(it.with_env(self.env) for it in made))

    @api.model
    def _check_may_make(self):
        """Let the front desk pass.

        :raises AccessError: for everybody else
        """
        if not self.env.su and not self.env.user.has_group("practice_billing.group_user"):
            raise AccessError(self.env._("Only the staff of the practice makes and sends care statements."))
