import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

#: What an accountant may write. The rest follows from closing and reopening.
EDITABLE_FIELDS = {"company_id", "month", "user_id"}

#: Models of dialogs in which other apps set Odoo's lock dates.
LOCK_DIALOGS = ("account.change.lock.date", "account.update.lock_date")


class PracticeMonthClosing(models.Model):
    """The end of a month of a company: what is checked, and what the reports of the books said when it was closed.

    Closing freezes every report of the books as PDF and xlsx. It locks nothing: Odoo's lock dates do that. What later
    corrections change is found out by comparing what was frozen with what the reports say now.

    This file holds the closing; ``month_closing_checks`` what is checked before, ``month_closing_changes`` what became
    of the month afterwards.
    """

    _name = "practice.month.closing"
    _description = "Month-End Closing"
    _inherit = ["mail.thread", "mail.activity.mixin", "practice.retry.mixin", "practice.accountant.mixin"]
    _order = "month desc, company_id, id"

    _practice_accountant_activity = "practice_billing.mail_activity_type_month_closing"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        required=True,
        default=lambda self: self._default_month(),
        tracking=True,
        help="Its first day; whichever day of it you choose.",
    )
    date_to = fields.Date(string="Last Day", compute="_compute_date_to")
    state = fields.Selection(
        [("open", "Not Closed"), ("closed", "Closed")],
        string="Status",
        default="open",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Accountant",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who is told when the month changes after it was closed. Empty: an accountant of the company.",
    )
    closed_on = fields.Datetime(readonly=True, copy=False, help="When it was closed the last time.")
    closed_count = fields.Integer(readonly=True, copy=False, help="How often it was closed.")
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    file_ids = fields.Many2many(
        "ir.attachment",
        string="Frozen Reports",
        readonly=True,
        copy=False,
        help="Those of each closing, should it have been reopened.",
    )
    can_lock = fields.Boolean(compute="_compute_can_lock")
    error = fields.Text(readonly=True, copy=False, help="Why the last comparison could not be made.")
    retry_date = fields.Date(readonly=True, copy=False)

    _month_uniq = models.Constraint("UNIQUE (company_id, month)", "This month has a closing already: open that one.")
    _month_begins = models.Constraint("CHECK (EXTRACT(DAY FROM month) = 1)", "A month begins on its first day.")

    @api.model
    def _default_month(self):
        """Return the month after the last closing of the company, or the month before today; none that is not over."""
        company = self.env.company
        over = company._practice_day().replace(day=1) - relativedelta(months=1)
        last = self.search([("company_id", "=", company.id)], order="month desc", limit=1)
        following = last.month + relativedelta(months=1) if last else over
        return following if following <= over else False

    # === COMPUTE METHODS === #

    @api.depends("month")
    def _compute_name(self):
        for closing in self:
            month = format_date(self.env, closing.month, date_format="LLLL y") if closing.month else ""
            closing.name = month[:1].upper() + month[1:]

    @api.depends("month")
    def _compute_date_to(self):
        for closing in self:
            first = closing.month and closing.month.replace(day=1)
            closing.date_to = first and first + relativedelta(months=1) - timedelta(days=1)

    @api.depends_context("uid")
    def _compute_can_lock(self):
        self.can_lock = bool(self._get_lock_action())

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_month(vals) for vals in vals_list])

    def write(self, vals):
        vals = self._prepare_month(vals)
        if not self.env.su and vals.keys() & {"month", "company_id"} and "closed" in self.mapped("state"):
            raise UserError(self.env._("A month that is closed stays the month that it is. Reopen it first."))
        return super().write(vals)

    def _prepare_month(self, vals):
        """Return values with the first day of the month.

        :raises AccessError: when they are not for people to write
        """
        own = {name for name in vals if name in self._fields and self._fields[name]._module == "practice_billing"}
        if not self.env.su and not own <= EDITABLE_FIELDS:
            raise AccessError(self.env._("A closing is written by closing and reopening the month."))
        if vals.get("month"):
            return {**vals, "month": fields.Date.to_date(vals["month"]).replace(day=1)}
        return vals

    @api.ondelete(at_uninstall=False)
    def _unlink_if_never_closed(self):
        for closing in self.filtered("closed_on"):
            raise UserError(
                self.env._("%s was closed: what was frozen stays. Reopen it to close it anew.", closing.display_name)
            )

    # === ACTIONS === #

    def action_close(self):
        """Close the month; where a check fails, ask first.

        :raises AccessError: when the user is no accountant
        :raises UserError: when the month is not over, or closed already
        """
        self.ensure_one()
        self._check_may_close()
        if self._get_failed_checks():
            return self._ask("practice_month_closing_confirm_action")
        self._close()
        return False

    def action_reopen(self):
        """Ask why the month is reopened."""
        self.ensure_one()
        self._check_accountant()
        return self._ask("practice_month_closing_reopen_action")

    def action_lock(self):
        """Open the dialog of Odoo's lock dates."""
        self.ensure_one()
        return self._get_lock_action()

    def _ask(self, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"practice_billing.{name}")
        return {**action, "context": {"default_closing_id": self.id}}

    # === BUSINESS METHODS === #

    def _check_accountant(self):
        if not self.env.user.has_group("account.group_account_user"):
            raise AccessError(self.env._("Only an accountant closes and reopens a month."))

    def _check_may_close(self):
        self._check_accountant()
        self.check_access("write")
        if self.state == "closed":
            raise UserError(self.env._("%s is closed already.", self.display_name))
        today = self.company_id._practice_day()
        if self.date_to >= today:
            raise UserError(
                self.env._(
                    "%(month)s is not over: it ends on %(day)s. Close it from the day after.",
                    month=self.display_name,
                    day=format_date(self.env, self.date_to),
                )
            )

    def _close(self, reason=None):
        """Freeze the reports and close the month.

        :param str reason: why it is closed although checks fail; they are named in the chatter with it
        :raises UserError: when it may not be closed, or checks fail and there is no reason
        """
        self.ensure_one()
        self._check_may_close()
        failed = self._get_failed_checks()
        if failed and not (reason or "").strip():
            raise UserError(
                self.env._(
                    "These checks fail: %s Mend what they name, or say why the month is closed nevertheless.",
                    " ".join(check.text for check in failed),
                )
            )
        files = self._freeze_reports()
        # sudo: an accountant may; nobody writes these fields by hand
        self.sudo().write(
            {
                "state": "closed",
                "closed_on": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
                "closed_count": self.closed_count + 1,
                "file_ids": [Command.link(file.id) for file in files],
                "closed_checks": self._describe_checks(),
                "frozen": self._freeze_figures(),
                "is_changed": False,
                "compare_date": False,
            }
        )
        self._untell_accountant()
        self.message_post(body=self._describe_closing(failed, reason), attachment_ids=files.ids)

    def _describe_closing(self, failed, reason):
        if not failed:
            return self.env._("Closed; nothing was wrong.")
        body = self.env._("Closed although checks fail: %s", reason)
        return body + self._list(check.text for check in failed)

    def _reopen(self, reason):
        """Open the month again; what was frozen stays attached.

        :raises UserError: when it is not closed, or no reason is given
        """
        self.ensure_one()
        self._check_accountant()
        self.check_access("write")
        if self.state != "closed":
            raise UserError(self.env._("%s is open already.", self.display_name))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why %s is reopened; it is kept on the closing.", self.display_name))
        # sudo: an accountant may; nobody writes these fields by hand
        self.sudo().write({"state": "open", "is_changed": False})
        self._untell_accountant()
        self.message_post(body=self.env._("Reopened: %s", reason))

    # === FROZEN === #

    def _freeze_reports(self):
        """Return the attachments of the reports of the books of this month: PDF and xlsx of each."""
        scope, again = (self.company_id, self.month, self.date_to), self.closed_count + 1
        vals_list = [
            {
                "name": report._get_report_filename(*scope, f"{again}.{extension}" if again > 1 else extension),
                "datas": base64.b64encode(make(*scope)),
                "res_model": self._name,
                "res_id": self.id,
            }
            for report in self.env["practice.books.report"]._get_books_reports()
            if report._report_is_frozen
            for extension, make in (("pdf", report._get_report_pdf), ("xlsx", report._get_report_xlsx))
        ]
        return self.env["ir.attachment"].create(vals_list)

    @api.model
    def _get_lock_action(self):
        """Return the action of a dialog that sets Odoo's lock dates, if there is one and the user may use it."""
        known = [model for model in LOCK_DIALOGS if model in self.env and self.env[model].has_access("create")]
        # sudo: which action there is; opening it asks for the rights of its own model
        actions_sudo = self.env["ir.actions.act_window"].sudo()
        action_sudo = actions_sudo.search(Domain("res_model", "in", known), limit=1) if known else actions_sudo
        return action_sudo._get_action_dict() if action_sudo else False
