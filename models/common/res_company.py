from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ...tools.dates import local_day


class ResCompany(models.Model):
    _inherit = "res.company"

    practice_tz = fields.Selection(
        _tz_get,
        string="Practice Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "Europe/Brussels",
        help="Visits, expiry and billing dates are days of this time zone.",
    )
    practice_release_journal_id = fields.Many2one(
        "account.journal",
        string="Revenue Release Journal",
        domain="[('type', '=', 'general'), ('company_id', '=', id)]",
        check_company=True,
        help="Where visits move money from the balance post to revenue. "
        "Empty means the company's first miscellaneous journal.",
    )
    practice_writeoff_percent = fields.Float(
        string="Small Write-Off",
        default=1.0,
        digits=(16, 2),
        help="Percent of an invoice that may be written off and the invoice still counts as paid. What is written off "
        "beyond it is a bad debt, which gives nothing.",
    )
    practice_first_steps_closed = fields.Boolean(
        string="First Steps Are Over",
        help="The checklist of an empty database is done or was dismissed: it is not opened by itself any more.",
    )
    _practice_writeoff_percent_sound = models.Constraint(
        "CHECK (practice_writeoff_percent BETWEEN 0 AND 100)", "A part is between 0 and 100 percent."
    )

    def _practice_day(self, moment=None):
        """Return the day of the naive UTC ``moment`` (now by default) in the practice's time zone."""
        self.ensure_one()
        return local_day(moment or fields.Datetime.now(), self.practice_tz or "UTC")

    def _practice_prepare_days(self, day=None):
        """Return the values that say of which day a document for a customer is, which is then due on it as well.

        A payment term of the customer moves the due date. Without one Odoo takes the day of whoever makes the document,
        which can be the one before: a run at night lives in UTC.

        :param day: of the practice's time zone; today by default
        """
        day = day or self._practice_day()
        return {"invoice_date": day, "invoice_date_due": day}

    def _practice_get_release_journal(self):
        """Return the journal of revenue releases.

        :raises UserError: when the company has no miscellaneous journal
        """
        self.ensure_one()
        journal = self.practice_release_journal_id or self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self), ("type", "=", "general")], limit=1
        )
        if not journal:
            raise UserError(
                self.env._(
                    "%s has no miscellaneous journal for revenue releases. Choose one in the settings.", self.name
                )
            )
        return journal

    @api.model
    def _practice_get_due_domain(self, name, days=0):
        """Return the records whose date field ``name`` is today or earlier, in the time zone of their company.

        :param int days: at least so many days ago; 1 for what was before today
        """
        # sudo: a run works for all companies
        companies_sudo = self.sudo().search([])
        return Domain.OR(
            Domain("company_id", "=", company.id) & Domain(name, "<=", company._practice_day() - timedelta(days=days))
            for company in companies_sudo
        )

    def _practice_get_release_lock(self, journal, day):
        """Return the last locked day that ``day`` falls under in ``journal``, or ``None`` when it is open."""
        violated = self._get_violated_lock_dates(day, False, journal)
        locked_until = violated[-1][0] if violated else None
        return locked_until if locked_until and locked_until != date.min else None

    def _practice_get_responsible(self, preferred=None):
        """Return who is told when something of this company needs attention.

        :param preferred: a user who looks after it, when they are active and work for the company; otherwise it is an
            administrator of the practice, and without any, the user of the moment
        """
        self.ensure_one()
        if preferred and preferred.active and self in preferred.company_ids:
            return preferred
        managers = self.env.ref("practice_billing.group_manager").sudo().all_user_ids  # sudo: asked by crons
        return managers.filtered(lambda user: user.active and self in user.company_ids)[:1] or self.env.user

    def _practice_get_accountant(self, preferred=None):
        """Return who is told when the books of this company need attention: ``preferred``, an accountant, or else an
        administrator of the practice."""
        # sudo: asked by runs
        accountants = self.env.ref("practice_billing.group_accountant").sudo().all_user_ids
        accountants = accountants.filtered(lambda user: user.active and self in user.company_ids)
        return self._practice_get_responsible(preferred or accountants[:1])
