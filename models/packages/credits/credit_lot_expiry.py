from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.dates import last_day_of
from ...common.retry_mixin import Step

#: Days before expiry on which a patient is warned.
WARNING_DAYS = (30, 7)


class PracticeCreditLot(models.Model):
    """Expiry of credits: warning, writing off, extending."""

    _inherit = "practice.credit.lot"

    never_expires = fields.Boolean(
        readonly=True, help="Staff let them be used for ever, whatever was agreed when they were sold."
    )

    def _get_first_expiry_date(self):
        """Return the expiry date of these credits as they were sold, or ``False``."""
        self.ensure_one()
        if self.never_expires:
            return False
        return (
            last_day_of(
                self.activation_date,
                self.first_visit_date,
                months=self.validity_months,
                since=self.validity_from,
                fixed=self.validity_date,
            )
            or False
        )

    def _note_first_visit(self, moves):
        """Have the validity begin with the first visit, after these movements; an expiry that was extended stays."""
        self.ensure_one()
        if self.validity_from != "first_visit" or "use" not in moves.mapped("kind"):
            return
        begun = self.source_lot_id.first_visit_date
        if begun and begun <= self.date:
            return  # with the visit of the patient who transferred them
        uses = moves.search([("lot_id", "=", self.id), ("kind", "=", "use")]).grouped("event_id").values()
        visited = [max(of_visit.mapped("date")) for of_visit in uses if sum(of_visit.mapped("credits")) > 0]
        agreed = self._get_first_expiry_date()
        self.write({"first_visit_date": min(visited, default=False)})
        if self.expiry_date == agreed != (new := self._get_first_expiry_date()):
            self.write({"expiry_date": new, "expiry_warned": 0})

    def _is_over(self):
        """Return whether these credits can be used no more, because their last day has passed."""
        self.ensure_one()
        return bool(self.expiry_date) and self.expiry_date < self.company_id._practice_day()

    # === RUNS === #

    @api.model
    def _cron_expire(self):
        """Write off what has expired, and recognise what is expected to: by company, committing each batch of lots."""
        companies = self.env["res.company"].search([])
        expire, recognise = type(self)._expire, type(self)._recognise_breakage
        self._practice_run(
            [
                *(Step(self, self._get_expired_domain(company), expire, size=200) for company in companies),
                *(Step(self, self._get_breakage_domain(company), recognise, size=200) for company in companies),
            ]
        )

    @api.model
    def _get_expiring_domain(self, company):
        """Return the credits of a company that can expire and are not set aside by a failure."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "active")
            & Domain("credits_available", ">", 0)
            & (Domain("credits_unpaid", "=", 0) | Domain("credits_spendable", ">", 0))
            & self._practice_get_retry_domain(company._practice_day())
        )

    @api.model
    def _get_expired_domain(self, company):
        today = company._practice_day()
        return self._get_expiring_domain(company) & Domain("expiry_date", "<", today)

    def _expire(self):
        """Write off the available credits of these lots, dated their last day; reserved ones stay for their visit.

        Those that wait for payment do not expire: nothing is earned with what nobody has paid.
        """
        self._record(
            {"lot": lot, "kind": "expire", "credits": credits, "date": lot.expiry_date}
            for lot in self
            if (credits := lot.credits_available - lot._count_waiting())
        )
        for day, lots in self.grouped("expiry_date").items():
            lots.sudo().expired_on = day  # sudo: written by the run and the ledger only

    @api.model
    def _cron_warn_expiry(self):
        """E-mail patients whose credits expire in 30 and in 7 days, once each; a missed day is caught up."""
        companies = self.env["res.company"].search([("practice_expiry_warning", "=", True)])
        warn = type(self)._warn_expiry
        self._practice_run(
            [
                Step(self, self._get_warning_domain(company, days), partial(warn, days=days), size=50)
                for company in companies
                for days in sorted(WARNING_DAYS)
            ]
        )

    @api.model
    def _get_warning_domain(self, company, days):
        """Return the lots whose warning of this many days is due: later, nearer warnings make earlier ones moot."""
        today = company._practice_day()
        soon = Domain("expiry_date", ">=", today) & Domain("expiry_date", "<=", today + timedelta(days=days))
        unwarned = Domain("expiry_warned", "=", 0) | Domain("expiry_warned", ">", days)
        return self._get_expiring_domain(company) & soon & unwarned & self._get_own_domain()

    def _warn_expiry(self, days):
        """Queue the warning and remember it; where nobody has an e-mail address, the lot gets a note instead."""
        template = self.env.ref("practice_billing.mail_template_credits_expiring")
        for lot in self:
            if lot._get_mail_recipients():
                template.send_mail(lot.id)
            else:
                lot.message_post(body=self.env._("No warning of expiry was sent: the patient has no e-mail address."))
        self.write({"expiry_warned": days})

    # === EXTENDING === #

    def _extend(self, expiry_date, reason):
        """Move the expiry of these lots to ``expiry_date`` (included); what had expired comes back to life.

        :raises UserError: when the new date lies before today
        """
        for lot in self.sudo():  # sudo: the wizard that asks for it is open to staff only
            if expiry_date and expiry_date < lot.company_id._practice_day():
                raise UserError(self.env._("Credits can be extended to today or later, not to %s.", expiry_date))
            before = lot.expiry_date
            extended = {"expiry_date": expiry_date, "never_expires": not expiry_date}
            lot.write({**extended, "expired_on": False, "expiry_warned": 0})
            lot._revive(reason)
            lot.message_post(
                body=self.env._(
                    "Expiry moved from %(before)s to %(after)s: %(reason)s",
                    before=before or self.env._("never"),
                    after=expiry_date or self.env._("never"),
                    reason=reason,
                )
            )

    def _revive(self, reason):
        """Take back the expiry of this lot: the exact credits and value, on the accounts they went to."""
        self.ensure_one()
        expired = self.move_ids.filtered(lambda move: move.kind == "expire")
        credits = sum(expired.mapped("credits"))
        if not credits:
            return
        self._record(
            [
                {
                    "lot": self,
                    "kind": "expire",
                    "credits": -credits,
                    "value": -sum(expired.mapped("value")),
                    "date": self._get_reversal_day(expired[0].date),
                    "reason": reason,
                    "income_account_id": expired.release_ids[:1].income_account_id.id,
                }
            ]
        )

    def _get_reversal_day(self, day):
        """Return the day on which a reversal of ``day`` is booked: that day when it is open, otherwise today."""
        self.ensure_one()
        company = self.company_id
        locked = company._practice_get_release_lock(company._practice_get_release_journal(), day)
        return company._practice_day() if locked else day
