from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..tools.workbook import Column

WHAT = [
    ("licence", "Licence Period"),
    ("addition", "Added Seat"),
    ("usage", "Usage"),
    ("credit", "Unused Days"),
    ("other", "Other"),
]

REASONS = [
    ("due", "To Be Invoiced"),
    ("draft", "Draft"),
    ("later", "Invoiced Later"),
    ("cancelled", "Invoice Cancelled"),
    ("failed", "Cannot Be Invoiced"),
]


class PracticeUnbilledReport(models.TransientModel):
    """What organisations got until a date and were not billed for by then: seats, missed periods and usage.

    All amounts are those of the invoices that bill it, or will (``practice.subscription._get_unbilled``).
    """

    _name = "practice.unbilled.report"
    _description = "Not Billed at a Date"
    _inherit = ["practice.books.report"]

    _report_sequence = 40

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._practice_day().replace(day=1) - timedelta(days=1),
        help="That day included. What has a later invoice date counts as not billed.",
    )
    line_ids = fields.One2many("practice.unbilled.line", "report_id", readonly=True)

    @api.constrains("date", "company_id")
    def _check_date(self):
        for report in self:
            today = report.company_id._practice_day()
            if report.date > today:
                raise ValidationError(
                    self.env._(
                        "%(date)s is still to come, and nobody knows who will join until then. Choose %(today)s or an "
                        "earlier day.",
                        date=format_date(self.env, report.date),
                        today=format_date(self.env, today),
                    )
                )

    # === ACTIONS === #

    def action_show(self):
        """Work out what is not billed and open it."""
        self.ensure_one()
        names = self.env["practice.unbilled.line"]._get_row_fields()
        rows = self._report_rows(self.company_id, None, self.date)
        self.line_ids = [Command.clear(), *(Command.create({name: row[name] for name in names}) for row in rows)]
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_unbilled_line_action")
        title = self.env._("Not Billed at %s", format_date(self.env, self.date))
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(Domain("report_id", "=", self.id)),
            "context": {"practice_unbilled_id": self.id},
            "target": "main",
        }

    def action_pdf(self):
        self.ensure_one()
        return self._get_report_pdf_action(self.company_id, None, self.date)

    def action_xlsx(self):
        self.ensure_one()
        return self._get_report_xlsx_action(self.company_id, None, self.date)

    # === REPORT === #

    @api.model
    def _report_title(self):
        return self.env._("Not Billed")

    @api.model
    def _report_columns(self):
        return [
            Column("organisation", self.env._("Organisation")),
            Column("subscription", self.env._("Subscription")),
            Column("plan", self.env._("Plan")),
            Column("what_label", self.env._("What")),
            Column("name", self.env._("Description")),
            Column("date_from", self.env._("From"), "date"),
            Column("date_to", self.env._("Until"), "date"),
            Column("quantity_label", self.env._("Quantity")),
            Column("amount", self.env._("To Invoice"), "money"),
            Column("given", self.env._("Given Until the Date"), "money"),
        ]

    @api.model
    def _report_rows(self, company, date_from, date_to):
        """Return a row for each period, seat and kind of usage; why it is not billed yet is not among the columns,
        because that changes when it is billed."""
        labels = dict(self.env["practice.unbilled.line"]._fields["what"]._description_selection(self.env))
        found = self.env["practice.subscription"]._get_unbilled(company, date_to)
        return [self._prepare_row(row, labels, number) for number, row in enumerate(found)]

    @api.model
    def _prepare_row(self, row, labels, number):
        records = {
            "subscription": row.subscription,
            "organisation": row.subscription.organisation_id,
            "plan": row.plan,
            "kind": row.kind,
            "move": row.move,
        }
        return {
            **{f"{name}_id": record.id if record else False for name, record in records.items()},
            "key": [row.subscription.id, row.what, str(row.date_from), row.kind.id if row.kind else 0, *row.seats],
            "organisation": row.subscription.organisation_id.display_name,
            "subscription": row.subscription.name,
            "plan": row.plan.name,
            "what": row.what,
            "what_label": labels[row.what],
            "reason": row.reason,
            "name": row.name,
            "date_from": row.date_from,
            "date_to": row.date_to,
            "quantity": row.quantity,
            "quantity_label": f"{row.quantity:g}",
            "amount": row.amount,
            "given": row.given,
            "seat_ids": [Command.set(row.seats)],
            "usage_ids": [Command.set(row.usages)],
            "sequence": number,
        }


class PracticeUnbilledLine(models.TransientModel):
    """Something that was given until a date and was not billed by then; it opens what it is."""

    _name = "practice.unbilled.line"
    _description = "Not Billed"
    _order = "sequence, id"

    report_id = fields.Many2one("practice.unbilled.report", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True)
    company_id = fields.Many2one(related="report_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    organisation_id = fields.Many2one("res.partner", readonly=True)
    subscription_id = fields.Many2one("practice.subscription", readonly=True)
    plan_id = fields.Many2one("practice.plan", readonly=True)
    what = fields.Selection(WHAT, readonly=True)
    kind_id = fields.Many2one("practice.usage.kind", string="Kind of Usage", readonly=True)
    reason = fields.Selection(
        REASONS,
        string="Why",
        readonly=True,
        help="Cancelled: it is billed again on purpose only, so it is not in the entry. Invoiced later: the invoice "
        "has a later date.",
    )
    name = fields.Char(string="Description", readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="Until", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", aggregator=None)
    amount = fields.Monetary(
        string="To Invoice", readonly=True, help="What the invoice charges, without tax and after discount."
    )
    given = fields.Monetary(
        string="Given Until the Date",
        readonly=True,
        help="The part of it for the days until the date: revenue that waits for an invoice. Nothing for memberships, "
        "which are paid for visits, and for what was cancelled.",
    )
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    seat_ids = fields.Many2many("practice.subscription.seat", "practice_unbilled_line_seat_rel", readonly=True)
    usage_ids = fields.Many2many("practice.subscription.usage", "practice_unbilled_line_usage_rel", readonly=True)

    @api.model
    def _get_row_fields(self):
        """Return the names of the fields that a row of the report fills."""
        records = ("organisation_id", "subscription_id", "plan_id", "kind_id", "move_id", "seat_ids", "usage_ids")
        return [*records, "sequence", "what", "reason", "name", "date_from", "date_to", "quantity", "amount", "given"]

    # === ACTIONS === #

    def action_open_source(self):
        """Open the usage, the document, the seat, or the subscription that is not billed."""
        self.ensure_one()
        if self.usage_ids:
            return self._open_list("practice_billing.practice_subscription_usage_action", self.usage_ids)
        if self.move_id:
            return self.move_id.get_formview_action()
        if self.what == "addition":
            return self._open_list("practice_billing.practice_subscription_seat_action", self.seat_ids)
        return self.subscription_id.get_formview_action()

    @api.model
    def _open_list(self, name, records):
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        return {**action, "domain": [("id", "in", records.ids)], "context": {"create": False}}

    def action_open_subscription(self):
        self.ensure_one()
        return self.subscription_id.get_formview_action()

    def action_open_pdf(self):
        return self._get_report().action_pdf()

    def action_open_xlsx(self):
        return self._get_report().action_xlsx()

    def _get_report(self):
        """Return the report of these lines, or of the list that is shown without any."""
        reports = self.env["practice.unbilled.report"]
        return self.report_id[:1] or reports.browse(self.env.context.get("practice_unbilled_id"))
