from datetime import date

from odoo import fields, models
from odoo.exceptions import UserError

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
    practice_auto_attend = fields.Boolean(
        string="Attended Automatically",
        default=True,
        help="An appointment counts as attended once it has ended, unless staff marked it otherwise.",
    )
    practice_expiry_warning = fields.Boolean(
        string="Warn Before Credits Expire",
        default=True,
        help="E-mail the patient 30 and 7 days before credits expire.",
    )
    practice_low_warning = fields.Boolean(
        string="Tell When Credits Run Low",
        default=True,
        help="E-mail the patient once per purchase when only a few credits are left.",
    )
    practice_low_threshold = fields.Integer(
        string="Few Credits",
        default=2,
        help="Credits left, planned ones included, at which a patient is told. 0: when the last one is gone.",
    )
    practice_portal_invoice = fields.Boolean(
        string="Buy on Invoice",
        default=True,
        help="Patients who buy on the portal may ask for the invoice and pay it later; credits are ready once it is "
        "paid. Otherwise they pay online at once.",
    )

    _practice_low_threshold_not_negative = models.Constraint(
        "CHECK (practice_low_threshold >= 0)", "The number of credits at which patients are told cannot be negative."
    )

    def _practice_day(self, moment=None):
        """Return the day of the naive UTC ``moment`` (now by default) in the practice's time zone."""
        self.ensure_one()
        return local_day(moment or fields.Datetime.now(), self.practice_tz or "UTC")

    def _get_release_journal(self):
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

    def _get_release_lock(self, journal, day):
        """Return the last locked day that ``day`` falls under in ``journal``, or ``None`` when it is open."""
        violated = self._get_violated_lock_dates(day, False, journal)
        locked_until = violated[-1][0] if violated else None
        return locked_until if locked_until and locked_until != date.min else None
