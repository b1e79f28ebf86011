from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.dates import day_begins

#: Credits that are not paid so many months after they were sold are worth a look.
UNPAID_MONTHS = 3


class Check(NamedTuple):
    """What was looked at: in words, and how many there are that should not be."""

    name: str
    count: int
    text: str


class PracticeMonthClosing(models.Model):
    """What is checked before a month is closed. Each check counts what should not be there, and opens it."""

    _inherit = "practice.month.closing"

    difference_count = fields.Integer(string="Differences", compute="_compute_checks")
    release_count = fields.Integer(string="To Release", compute="_compute_checks")
    unmarked_count = fields.Integer(string="Not Marked", compute="_compute_checks")
    unpaid_count = fields.Integer(string="Not Paid", compute="_compute_checks")
    draft_count = fields.Integer(string="Drafts", compute="_compute_checks")
    vat_count = fields.Integer(string="VAT to Invoice", compute="_compute_checks")
    checks = fields.Html(compute="_compute_checks", sanitize=False, help="What is checked, as it is now.")
    closed_checks = fields.Html(
        string="Checks at the Closing", readonly=True, copy=False, sanitize=False, help="As it was at the closing."
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id", "month")
    def _compute_checks(self):
        for closing in self:
            checks = closing._get_checks() if closing.company_id and closing.month else []
            counts = {check.name: check.count for check in checks}
            for name in ("difference", "release", "unmarked", "unpaid", "draft", "vat"):
                closing[f"{name}_count"] = counts.get(name, 0)
            closing.checks = closing._describe_checks(checks)

    # === ACTIONS === #

    def action_open_differences(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_proof_action")
        context = {"search_default_group_account": 1, "search_default_group_package": 1, **self._get_proof_context()}
        return self._open(action, self._get_proof_domain() & Domain("has_difference", "=", True), context)

    def action_open_releases(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_revenue_release_action")
        return self._open(action, self._get_release_domain(), {"create": False})

    def action_open_unmarked(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        views = [(False, "list"), (False, "form")]
        return {**self._open(action, self._get_unmarked_domain(), {}), "view_mode": "list,form", "views": views}

    def action_open_unpaid(self):
        """Open all credits that were not paid in full at the end of the month, by age."""
        action = self.env["practice.open.credit"]._get_action_at(self.company_id, self.date_to)
        context = {**action["context"], "search_default_pending": 1, "search_default_group_age": 1}
        context.pop("search_default_group_package")
        return {**action, "context": context}

    def action_open_drafts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return self._open(action, self._get_draft_domain(), {"create": False})

    def action_open_vat(self):
        """Open what is on the account of what is used and not invoiced yet."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_account_moves_all")
        accounts = self.env["practice.vat.document"]._get_accounts(self.company_id)
        own = Domain("company_id", "=", self.company_id.id) & Domain("parent_state", "=", "posted")
        on_them = own & Domain("account_id", "in", accounts.ids) & Domain("date", "<=", self.date_to)
        return self._open(action, on_them, {"create": False, "search_default_group_by_partner": 1})

    def _open(self, action, domain, context):
        self.ensure_one()
        return {**action, "domain": list(domain), "context": context}

    # === BUSINESS METHODS === #

    def _get_failed_checks(self):
        """Return the :class:`Check` objects that found something."""
        return [check for check in self._get_checks() if check.count]

    def _get_checks(self):
        """Return a :class:`Check` for each thing that is looked at."""
        self.ensure_one()
        return [
            self._check_differences(),
            self._check_releases(),
            self._check_unmarked(),
            self._check_unpaid(),
            self._check_drafts(),
            *self._check_vat(),
        ]

    def _describe_checks(self, checks=None):
        """Return what was checked, one line each, with a sign that is no colour only."""
        lines = [
            Markup('<li><span class="fa %s me-2" role="img"></span>%s</li>')
            % ("fa-exclamation-triangle text-warning" if check.count else "fa-check text-success", check.text)
            for check in (self._get_checks() if checks is None else checks)
        ]
        return Markup('<ul class="list-unstyled mb-0">%s</ul>') % Markup().join(lines)

    # === WHAT IS CHECKED === #

    def _get_proof_context(self):
        return {"practice_proof_date": fields.Date.to_string(self.date_to)}

    def _get_proof_domain(self):
        return Domain("company_id", "=", self.company_id.id) & Domain("date", "<=", self.date_to)

    def _check_differences(self):
        proof = self.env["practice.credit.proof"].with_context(**self._get_proof_context())
        wrong = proof._get_keys_with_difference(self._get_proof_domain())
        if not wrong:
            return Check("difference", 0, self.env._("Credits, subscriptions and balance posts agree to the cent."))
        text = self.env._(
            "Packages and customers that do not agree with their balance post: %(count)s, by %(amount)s in all.",
            count=len(wrong),
            amount=self._format(sum(abs(difference) for difference in wrong.values())),
        )
        return Check("difference", len(wrong), text)

    def _get_release_domain(self):
        own = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "due")
        return own & Domain("date", "<=", self.date_to)

    def _check_releases(self):
        releases = self.env["practice.revenue.release"]
        [(count, amount)] = releases._read_group(self._get_release_domain(), [], ["__count", "amount:sum"])
        if not count:
            return Check("release", 0, self.env._("All visits and days until the end of the month are released."))
        text = self.env._(
            "Releases that wait for their entry: %(count)s, %(amount)s.", count=count, amount=self._format(amount)
        )
        return Check("release", count, text)

    def _get_unmarked_domain(self):
        """Return the appointments of the month, or of before, that have ended and that nobody marked."""
        ended = min(
            day_begins(self.date_to + relativedelta(days=1), self.company_id.practice_tz or "UTC"),
            fields.Datetime.now(),
        )
        own = Domain("practice_appointment_type_id.company_id", "=", self.company_id.id)
        return own & Domain("attendance", "=", "planned") & Domain("stop", "<", ended)

    def _check_unmarked(self):
        # sudo: how many; an accountant does not see whose appointments they are
        count = self.env["calendar.event"].sudo().search_count(self._get_unmarked_domain())
        if not count:
            return Check("unmarked", 0, self.env._("All visits that have ended are marked."))
        return Check("unmarked", count, self.env._("Visits that have ended and nobody has marked: %s.", count))

    def _check_unpaid(self):
        at_date = self.env["practice.open.credit"].with_context(practice_open_date=fields.Date.to_string(self.date_to))
        unpaid = Domain("company_id", "=", self.company_id.id) & Domain("is_pending", "=", True)
        groups = at_date._read_group(unpaid, ["age"], ["__count", "value_unpaid:sum"])
        late = [(count, amount) for age, count, amount in groups if age != "0_3"]
        if not late:
            return Check("unpaid", 0, self.env._("No open credits are unpaid for more than %s months.", UNPAID_MONTHS))
        count = sum(count for count, _amount in late)
        text = self.env._(
            "Purchases of credits that are unpaid for more than %(months)s months: %(count)s, %(amount)s.",
            count=count,
            months=UNPAID_MONTHS,
            amount=self._format(sum(amount for _count, amount in late)),
        )
        return Check("unpaid", count, text)

    def _get_draft_domain(self):
        """Return the drafts of packages and subscriptions that are dated in the month."""
        sold = Domain("invoice_line_ids.practice_package_id", "!=", False) | Domain("practice_period_id", "!=", False)
        dated = Domain("invoice_date", ">=", self.month) & Domain("invoice_date", "<=", self.date_to)
        undated = (
            Domain("invoice_date", "=", False) & Domain("date", ">=", self.month) & Domain("date", "<=", self.date_to)
        )
        kinds = Domain("move_type", "in", self.env["account.move"].get_sale_types(include_receipts=True))
        own = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "draft")
        return own & kinds & sold & (dated | undated)

    def _check_drafts(self):
        count = self.env["account.move"].search_count(self._get_draft_domain())
        if not count:
            return Check("draft", 0, self.env._("No invoice or credit note of the month is a draft."))
        return Check("draft", count, self.env._("Invoices and credit notes of the month that are drafts: %s.", count))

    def _check_vat(self):
        """Return whether the VAT of visits is invoiced, of a company in which it is due then; else nothing."""
        documents = self.env["practice.vat.document"]
        if not documents._get_accounts(self.company_id):
            return []
        if wrong := documents._get_difference(self.company_id, self.date_to):
            lines = [
                self.env._(
                    "%(account)s holds %(held)s, and the VAT of visits that are not invoiced is %(vat)s.",
                    account=account.display_name,
                    held=self._format(held),
                    vat=self._format(vat),
                )
                for account, (vat, held) in wrong.items()
            ]
            return [Check("vat", len(wrong), " ".join(lines))]
        waiting = documents._get_waiting_vat(self.company_id, self.date_to)
        if vat := self.company_id.currency_id.round(sum(waiting.values())):
            return [
                Check("vat", 1, self.env._("VAT of visits of the month that are not invoiced: %s.", self._format(vat)))
            ]
        return [Check("vat", 0, self.env._("All visits with VAT are invoiced, and their account is at 0.00."))]
