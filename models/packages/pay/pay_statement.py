from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ....tools.client import notification


class PracticePayStatement(models.Model):
    """What a practitioner gets for the credits that were used in a month, and for what became of earlier ones.

    A draft follows what happens and what the rules say; it is worked out anew whenever statements are made. Confirming
    freezes it: what is corrected later stands in the next statement. No accounting entry is made.
    """

    _name = "practice.pay.statement"
    _description = "Practitioner's Pay"
    _order = "month desc, user_id, id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Practitioner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    date_to = fields.Date(string="Last Day", compute="_compute_date_to")
    month_name = fields.Char(string="Name of the Month", compute="_compute_month_name")
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    confirmed_on = fields.Datetime(readonly=True, copy=False)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    line_ids = fields.One2many("practice.pay.line", "statement_id", string="Visits", readonly=True)
    # Sums of the lines, written with them.
    credits = fields.Integer(readonly=True, copy=False, default=0, required=True)
    basis_amount = fields.Monetary(
        string="Basis", readonly=True, copy=False, default=0.0, required=True, help="Without tax."
    )
    amount = fields.Monetary(
        string="Earned",
        readonly=True,
        copy=False,
        default=0.0,
        required=True,
        help="The sum of the shares, to the cent.",
    )

    _month_uniq = models.Constraint(
        "UNIQUE (company_id, user_id, month)", "This practitioner has a statement of this month already."
    )
    _month_begins = models.Constraint("CHECK (EXTRACT(DAY FROM month) = 1)", "A month begins on its first day.")
    # What is worked out anew.
    _draft_idx = models.Index("(company_id) WHERE state = 'draft'")

    # === COMPUTE METHODS === #

    @api.depends("month")
    def _compute_date_to(self):
        for statement in self:
            statement.date_to = statement.month and self._get_month_end(statement.month)

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_month_name(self):
        for statement in self:
            statement.month_name = self._format_month(statement.month)

    @api.depends("month_name", "user_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = self.env._(
                "%(practitioner)s, %(month)s", practitioner=statement.user_id.name, month=statement.month_name
            )

    @api.model
    def _format_month(self, month):
        name = format_date(self.env, month, date_format="LLLL y") if month else ""
        return name[:1].upper() + name[1:]

    @api.model
    def _get_month_end(self, month):
        """Return the last day of the month that begins on ``month``."""
        return month + relativedelta(months=1) - timedelta(days=1)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        for statement in self.filtered(lambda it: it.state == "confirmed"):
            raise UserError(
                self.env._(
                    "%s is confirmed and stays. What is corrected stands in the next statement.", statement.display_name
                )
            )

    # === ACTIONS === #

    def action_confirm(self):
        """Freeze these drafts as they are shown.

        :raises AccessError: when the user may not, or does not see them
        :raises UserError: when the month of one of them is not over
        """
        self._check_may_pay()
        self.check_access("read")
        drafts = self.filtered(lambda it: it.state == "draft")
        for company in drafts.company_id:
            self._queue(company)
        drafts._check_month_is_over()
        # sudo: the role was checked; nobody writes these fields by hand
        drafts.sudo().write(
            {"state": "confirmed", "confirmed_on": fields.Datetime.now(), "confirmed_by_id": self.env.uid}
        )
        return notification(self.env._("%s statements confirmed.", len(drafts)), "success" if drafts else "info")

    def action_recompute(self):
        """Work the drafts of these companies out anew, from what has happened until now.

        :raises AccessError: when the user may not, or does not see them
        """
        self._check_may_pay()
        self.check_access("read")
        for company in self.company_id:
            self._refresh(company)
        return notification(self.env._("Drafts are up to date."), "success")

    def action_open_lines(self):
        """Analyse the visits of these statements."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_pay_line_action")
        return {**action, "domain": [("statement_id", "in", self.ids)], "context": {}}

    # === BUSINESS METHODS === #

    @api.model
    def _check_may_pay(self):
        """Let administrators of the practice and accountants pass.

        :raises AccessError: for everybody else
        """
        user = self.env.user
        if not self.env.su and not (
            user.has_group("practice_billing.group_manager") or user.has_group("account.group_account_user")
        ):
            raise AccessError(self.env._("Only administrators of the practice and accountants make pay statements."))

    def _check_month_is_over(self):
        for statement in self:
            if statement.date_to >= statement.company_id._practice_day():
                raise UserError(
                    self.env._(
                        "%(statement)s: the month ends on %(day)s. Confirm it from the day after.",
                        statement=statement.display_name,
                        day=format_date(self.env, statement.date_to),
                    )
                )
