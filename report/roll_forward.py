from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.workbook import Column

#: The cells that change what is open, in the order in which people read them.
CHANGES = ("sold", "used", "lost", "expired", "breakage", "refunded", "transferred", "corrected")

#: All cells in credits and money, from opening to closing.
ROLLED = ("opening", *CHANGES, "closing")

#: Those in credits: breakage that is expected is money only.
ROLLED_CREDITS = tuple(cell for cell in ROLLED if cell != "breakage")

#: What a row is about.
KEY = ("account_id", "package_id", "plan_id")

SUMS = ("credits:sum", "value:sum", "to_release:sum", "balance:sum")


class PracticeRollForward(models.TransientModel):
    """What was open at the beginning of a period, what came and went, and what is open at its end.

    One row for each balance post and package or plan: credits and money, which add up from left to right. What is open
    and what is still to be released is, at the end, what the account holds; the difference is that of the proof.
    """

    _name = "practice.roll.forward"
    _description = "Roll-Forward"
    _inherit = ["practice.books.report"]

    _report_sequence = 10
    _report_has_period = True
    _report_is_compared = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._default_date_to().replace(day=1),
        help="The first day of the period.",
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self._default_date_to(),
        help="The last day of the period, that day included.",
    )
    line_ids = fields.One2many("practice.roll.forward.line", "roll_id", readonly=True)

    @api.model
    def _default_date_to(self):
        """Return the last day of the month before today, which is the one that is closed next."""
        return self.env.company._practice_day().replace(day=1) - timedelta(days=1)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for roll in self:
            if roll.date_from > roll.date_to:
                raise ValidationError(
                    self.env._(
                        "The period begins on %(first)s and ends on %(last)s, before it. Choose a later end.",
                        first=format_date(self.env, roll.date_from),
                        last=format_date(self.env, roll.date_to),
                    )
                )

    # === ACTIONS === #

    def action_show(self):
        """Work the roll-forward out and open it."""
        self.ensure_one()
        rows = self.with_company(self.company_id)._report_rows(self.company_id, self.date_from, self.date_to)
        names = self.env["practice.roll.forward.line"]._get_row_fields()
        self.line_ids = [fields.Command.clear()] + [
            fields.Command.create({name: row[name] for name in names}) for row in rows
        ]
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_roll_forward_line_action")
        title = self.env._(
            "Roll-Forward, %(first)s to %(last)s",
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )
        domain = list(Domain("roll_id", "=", self.id))
        context = {"practice_roll_id": self.id}
        return {**action, "name": title, "display_name": title, "domain": domain, "context": context, "target": "main"}

    def action_pdf(self):
        self.ensure_one()
        return self._get_report_pdf_action(self.company_id, self.date_from, self.date_to)

    def action_xlsx(self):
        self.ensure_one()
        return self._get_report_xlsx_action(self.company_id, self.date_from, self.date_to)

    # === REPORT === #

    @api.model
    def _report_title(self):
        return self.env._("Roll-Forward")

    @api.model
    def _report_columns(self):
        labels = dict(self.env["practice.roll.step"]._fields["cell"]._description_selection(self.env))
        labels |= {"opening": self.env._("Opening"), "closing": self.env._("Closing")}
        return [
            Column("account", self.env._("Balance Post")),
            Column("name", self.env._("Package or Plan")),
            *(Column(f"{cell}_credits", self._label_credits(labels[cell]), "credits") for cell in ROLLED_CREDITS),
            *(Column(f"{cell}_value", labels[cell], "money") for cell in ROLLED),
            Column("to_release", labels["waiting"], "money"),
            Column("balance", labels["account"], "money"),
            Column("difference", self.env._("Difference"), "money"),
        ]

    @api.model
    def _label_credits(self, label):
        return self.env._("%s (credits)", label)

    @api.model
    def _report_rows(self, company, date_from, date_to):
        """Return a row for each balance post and package or plan on which anything is, or was in the period."""
        steps = self.env["practice.roll.step"]
        own = Domain("company_id", "=", company.id) & Domain("date", "<=", date_to)
        before, during = own & Domain("date", "<", date_from), own & Domain("date", ">=", date_from)
        found = defaultdict(lambda: defaultdict(float))
        for *key, credits, value, to_release, balance in steps._read_group(before, KEY, SUMS) if date_from else ():
            self._add(found[tuple(key)], "opening", credits, value, to_release, balance)
        for *key, cell, credits, value, to_release, balance in steps._read_group(
            during if date_from else own, [*KEY, "cell"], SUMS
        ):
            self._add(found[tuple(key)], cell, credits, value, to_release, balance)
        rows = [self._prepare_row(company, key, sums) for key, sums in found.items()]
        numbers = self.env["practice.roll.forward.line"]._get_number_fields()
        return sorted(
            (row for row in rows if any(row[name] for name in numbers)), key=lambda row: (row["account"], row["name"])
        )

    @api.model
    def _report_traces(self, company, date_from, date_to):
        steps = self.env["practice.roll.step"]
        domain = Domain("company_id", "=", company.id) & Domain("date", ">=", date_from) & Domain("date", "<=", date_to)
        traces = defaultdict(list)
        fetched = [*KEY, "date", "kind", "cell", "line_id", "release_id", "credit_move_id"]
        for step in steps.search_fetch(domain, fetched, order="id"):
            traces[tuple(step[name].id or 0 for name in KEY)].append(step._get_trace())
        return traces

    @api.model
    def _get_traced(self, traces):
        return self.env["practice.roll.step"]._get_traced_documents(traces)

    @api.model
    def _add(self, sums, cell, credits, value, to_release, balance):
        sums[f"{cell}_credits"] += credits
        sums[f"{cell}_value"] += value
        sums["closing_credits"] += credits
        sums["closing_value"] += value
        sums["to_release"] += to_release
        sums["balance"] += balance

    @api.model
    def _prepare_row(self, company, key, sums):
        account, package, plan = key
        rounded = company.currency_id.round
        row = {f"{cell}_credits": int(sums[f"{cell}_credits"]) for cell in ROLLED_CREDITS}
        row |= {f"{cell}_value": rounded(sums[f"{cell}_value"]) for cell in ROLLED}
        row |= {name: rounded(sums[name]) for name in ("to_release", "balance")}
        return {
            **row,
            "difference": rounded(row["closing_value"] + row["to_release"] - row["balance"]),
            "key": [record.id or 0 for record in key],
            "account_id": account.id,
            "package_id": package.id,
            "plan_id": plan.id,
            "account": account.display_name or self.env._("Without balance post"),
            "name": package.display_name or plan.display_name or self.env._("Without package or plan"),
        }


class PracticeRollForwardLine(models.TransientModel):
    """A row of a roll-forward: a balance post and a package or plan. Each cell opens what it is the sum of."""

    _name = "practice.roll.forward.line"
    _description = "Line of a Roll-Forward"
    _order = "id"

    roll_id = fields.Many2one("practice.roll.forward", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="roll_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", string="Balance Post", readonly=True)
    package_id = fields.Many2one("practice.package", readonly=True)
    plan_id = fields.Many2one("practice.plan", readonly=True)
    name = fields.Char(string="Package or Plan", readonly=True)
    opening_credits = fields.Integer(readonly=True, help="Open credits on the evening before the first day.")
    sold_credits = fields.Integer(readonly=True, help="Sold, imported or given.")
    used_credits = fields.Integer(readonly=True)
    lost_credits = fields.Integer(string="No-Show Credits", readonly=True, help="No-shows and late cancellations.")
    expired_credits = fields.Integer(readonly=True)
    refunded_credits = fields.Integer(readonly=True)
    transferred_credits = fields.Integer(
        readonly=True, help="From one patient to another: what one gives the other gets, so it comes to 0."
    )
    corrected_credits = fields.Integer(readonly=True, help="Visits, no-shows and expiries that were undone.")
    closing_credits = fields.Integer(readonly=True, help="Open credits at the end of the last day.")
    opening_value = fields.Monetary(string="Opening", readonly=True, help="Open on the evening before the first day.")
    sold_value = fields.Monetary(
        string="Sold", readonly=True, help="Billed on the balance post, imported or given; after discounts."
    )
    used_value = fields.Monetary(string="Used", readonly=True, help="Visits, and days of subscriptions released.")
    lost_value = fields.Monetary(string="No-Show", readonly=True, help="No-shows and late cancellations.")
    expired_value = fields.Monetary(string="Expired", readonly=True)
    breakage_value = fields.Monetary(
        string="Expected Breakage",
        readonly=True,
        help="What will probably never be used and became revenue in proportion to what is used, or came back from it.",
    )
    refunded_value = fields.Monetary(string="Refunded", readonly=True, help="Credit notes and unused days given back.")
    transferred_value = fields.Monetary(
        string="Transferred",
        readonly=True,
        help="From one patient to another: what one gives the other gets, so it comes to 0.00.",
    )
    corrected_value = fields.Monetary(
        string="Corrected",
        readonly=True,
        help="What was undone (visits, no-shows, expiries, releases), and what is left or missing with a last credit.",
    )
    closing_value = fields.Monetary(string="Closing", readonly=True, help="Open at the end of the last day.")
    to_release = fields.Monetary(
        readonly=True, help="Visits that have taken place and whose entry is not posted yet, or is dated later."
    )
    balance = fields.Monetary(readonly=True, help="What the balance post holds on the last day.")
    difference = fields.Monetary(readonly=True, help="Closing + to release - balance: has to be 0.00.")

    @api.model
    def _get_number_fields(self):
        """Return the names of the fields that are numbers of the report."""
        credits, values = [f"{cell}_credits" for cell in ROLLED_CREDITS], [f"{cell}_value" for cell in ROLLED]
        return [*credits, *values, "to_release", "balance", "difference"]

    @api.model
    def _get_row_fields(self):
        """Return the names of the fields that a row of the report fills."""
        return [*KEY, "name", *self._get_number_fields()]

    # === ACTIONS === #

    def action_open_cell(self):
        """Open what the cell that the context names is the sum of; without one, everything of this row.

        :raises ValueError: when there is no such cell
        """
        self.ensure_one()
        name = self.env.context.get("practice_cell", "difference")
        if name not in self._get_number_fields():
            raise ValueError(f"no cell {name}")
        cell, _unit = name.rsplit("_", 1) if name.endswith(("_credits", "_value")) else (name, "")
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_roll_step_action")
        title = self.env._("%(cell)s: %(name)s", cell=self._fields[name]._description_string(self.env), name=self.name)
        domain = list(self._get_cell_domain(cell))
        return {**action, "name": title, "display_name": title, "domain": domain, "context": {}}

    def action_open_pdf(self):
        return self._get_roll().action_pdf()

    def action_open_xlsx(self):
        return self._get_roll().action_xlsx()

    def action_open_other(self):
        """Open the dialog again, with the period of this roll-forward."""
        roll = self._get_roll()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_roll_forward_action")
        values = {"company_id": roll.company_id.id, "date_from": roll.date_from, "date_to": roll.date_to}
        return {**action, "context": {f"default_{name}": value for name, value in values.items()}}

    # === BUSINESS METHODS === #

    def _get_roll(self):
        """Return the roll-forward of these lines, or of the list that is shown without any."""
        return self.roll_id[:1] or self.env["practice.roll.forward"].browse(self.env.context.get("practice_roll_id"))

    def _get_cell_domain(self, cell):
        """Return the steps that a cell is the sum of."""
        self.ensure_one()
        roll = self.roll_id
        domain = Domain("company_id", "=", roll.company_id.id) & Domain("date", "<=", roll.date_to)
        domain &= Domain.AND(Domain(name, "=", self[name].id) for name in KEY)
        if cell == "opening":
            return domain & Domain("date", "<", roll.date_from) & Domain("cell", "in", CHANGES)
        if cell == "closing":
            return domain & Domain("cell", "in", CHANGES)
        if cell in CHANGES:
            return domain & Domain("date", ">=", roll.date_from) & Domain("cell", "=", cell)
        return (
            domain
            & {
                "to_release": Domain("cell", "=", "waiting"),
                "balance": Domain("cell", "=", "account"),
                "difference": Domain.TRUE,
            }[cell]
        )
