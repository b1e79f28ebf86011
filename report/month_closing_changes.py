from dataclasses import dataclass

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..models.common.retry_mixin import Step
from ..tools.workbook import SUMMED
from .accountant_mixin import LISTED


@dataclass(frozen=True)
class Change:
    """A row of a report that says something else than when it was frozen.

    :param str name: what the row is about
    :param tuple cells: ``(label, kind, frozen, now)`` of the numbers that differ
    :param tuple added: names of what came to the month since
    :param tuple gone: names of what the month had and has no longer
    """

    report: object
    name: str
    cells: tuple
    added: tuple = ()
    gone: tuple = ()


class PracticeMonthClosing(models.Model):
    """Whether later corrections changed a month that is closed: what was frozen, compared with the reports of now.

    It is compared whenever a closing is opened, and each night; a change becomes one activity for the accountant.
    """

    _inherit = "practice.month.closing"

    frozen = fields.Json(readonly=True, copy=False, prefetch=False, help="The figures of the closing.")
    changes = fields.Html(compute="_compute_changes", sanitize=False, help="What differs now from the closing.")
    is_changed_now = fields.Boolean(compute="_compute_changes")
    is_changed = fields.Boolean(
        string="Changed Since", readonly=True, copy=False, help="The last nightly comparison found a change."
    )
    compare_date = fields.Date(string="Last Comparison", readonly=True, copy=False, help="The company's day.")

    # === COMPUTE METHODS === #

    @api.depends("state")
    def _compute_changes(self):
        for closing in self:
            found = closing._get_changes() if closing.state == "closed" else []
            closing.is_changed_now = bool(found)
            closing.changes = closing._describe_changes(found) if found else False

    # === ACTIONS === #

    def action_open_changes(self):
        """Open the movements that came to the month, or to what was open before it, since it was closed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_roll_step_action")
        title = self.env._("Since the Closing of %s", self.display_name)
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(self._get_added_domain()),
            "context": {"search_default_group_package": 1, "search_default_group_plan": 1},
        }

    def _get_added_domain(self):
        """Return the steps that came to the month since, and those of before it that were recorded since.

        Of the days before only the time tells that; posting an invoice writes its items, and paying it does not write
        those on a balance post.
        """
        own = Domain("company_id", "=", self.company_id.id)
        before = own & Domain("date", "<", self.month)
        before &= Domain.OR(
            Domain(f"{source}.write_date", ">", self.closed_on)
            for source in ("line_id", "release_id", "credit_move_id")
        )
        added = [trace for change in self._get_changes() for trace in change.added]
        during = own & Domain("date", ">=", self.month) & Domain("date", "<=", self.date_to)
        return before | (during & self.env["practice.roll.step"]._get_trace_domain(added))

    # === FREEZING === #

    def _freeze_figures(self):
        """Return the figures of the reports that are compared, as JSON: rows by key, and what contributes to them."""
        self.ensure_one()
        scope = (self.company_id, self.month, self.date_to)
        return {
            report._name: {
                "rows": self._read_rows(report),
                "traces": [[list(key), names] for key, names in report._report_traces(*scope).items()],
            }
            for report in self._get_compared_reports()
        }

    @api.model
    def _get_compared_reports(self):
        reports = self.env["practice.books.report"]._get_books_reports()
        return [report for report in reports if report._report_is_compared]

    def _read_rows(self, report):
        """Return the rows of a report now: their key, what they are about, and their numbers."""
        table = report._get_report_table(self.company_id, self.month, self.date_to)
        texts = [column.name for column in table.columns if column.kind == "text"]
        numbers = [column.name for column in table.columns if column.kind in SUMMED]
        return [
            {
                "key": list(row["key"]),
                "name": ", ".join(row[name] for name in texts if row.get(name)),
                "numbers": {name: row.get(name) or 0 for name in numbers},
            }
            for row in table.rows
        ]

    # === COMPARING === #

    def _get_changes(self):
        """Return the :class:`Change` objects of this closed month."""
        self.ensure_one()
        found = []
        for report in self._get_compared_reports():
            if frozen := (self.frozen or {}).get(report._name):
                found += self._compare_report(report, frozen)
        return found

    def _compare_report(self, report, frozen):
        before = {tuple(row["key"]): row for row in frozen["rows"]}
        now = {tuple(row["key"]): row for row in self._read_rows(report)}
        columns, compare = report._report_columns(), self.currency_id.compare_amounts
        differing = {}
        for key in dict.fromkeys([*before, *now]):
            old, new = (rows.get(key, {"numbers": {}})["numbers"] for rows in (before, now))
            cells = [(it.label, it.kind, old.get(it.name, 0), new.get(it.name, 0)) for it in columns]
            if cells := tuple(cell for cell in cells if cell[1] in SUMMED and compare(cell[2], cell[3])):
                differing[key] = cells
        if not differing:
            return []
        old_traces = {tuple(key): set(names) for key, names in frozen["traces"]}
        traces = report._report_traces(self.company_id, self.month, self.date_to)
        return [
            Change(
                report,
                (now.get(key) or before[key])["name"],
                cells,
                tuple(name for name in traces.get(key, ()) if name not in old_traces.get(key, ())),
                tuple(sorted(old_traces.get(key, set()) - set(traces.get(key, ())))),
            )
            for key, cells in differing.items()
        ]

    # === IN WORDS === #

    def _describe_changes(self, found):
        """Return what changed, row by row: the numbers, what is new, and what is gone."""
        title = self.env._(
            "Since the closing on %s, this has changed:",
            format_datetime(self.env, self.closed_on, tz=self.company_id.practice_tz),
        )
        return Markup("<p>%s</p>") % title + self._list(self._describe_change(change) for change in found)

    def _describe_change(self, change):
        cells = [
            self.env._(
                "%(label)s %(before)s, now %(now)s",
                label=label,
                before=self._format(before) if kind == "money" else before,
                now=self._format(now) if kind == "money" else now,
            )
            for label, kind, before, now in change.cells
        ]
        parts = ["; ".join(cells)]
        if change.added:
            added = self._describe_documents(change.report, change.added)
            parts.append(Markup("%s: %s") % (self.env._("new in the month"), added))
        if change.gone:
            gone = self._describe_documents(change.report, change.gone)
            parts.append(Markup("%s: %s") % (self.env._("no longer in the month"), gone))
        if not change.added and not change.gone:
            parts.append(self.env._("nothing of the month itself: something of before it was corrected"))
        return Markup("<b>%s</b>: %s") % (change.name, Markup("<br/>").join(parts))

    def _describe_documents(self, report, traces):
        """Return links to the documents behind contributions; of what was deleted only the number is left."""
        documents = report._get_traced(traces)
        links = [self._link(document) for document in documents[:LISTED]]
        if not links:
            return self.env._("%s deleted movements", len(traces))
        return Markup("; ").join(self._cap(links, len(documents)))

    # === RUN === #

    @api.model
    def _cron_compare(self):
        """Compare each closed month once a day; one that cannot be compared does not stop the others."""
        self.env["practice.retry.mixin"]._practice_run([Step(self, self._get_due_domain(), type(self)._compare)])

    @api.model
    def _get_due_domain(self):
        """Return the closed months that were not compared today, a day of their company, and are not set aside."""
        # sudo: the run works for all companies
        companies_sudo = self.env["res.company"].sudo().search([])
        return Domain("state", "=", "closed") & Domain.OR(
            Domain("company_id", "=", company.id)
            & (Domain("compare_date", "=", False) | Domain("compare_date", "<", day))
            & self._practice_get_retry_domain(day)
            for company in companies_sudo
            for day in [company._practice_day()]
        )

    def _compare(self):
        """Compare these months, and tell their accountant of changes."""
        for closing in self:
            closing = closing.with_company(closing.company_id)
            closing = closing.with_context(lang=closing._get_accountant().lang or self.env.lang)
            found = closing._get_changes()
            # sudo: the run
            closing.sudo().write({"is_changed": bool(found), "compare_date": closing.company_id._practice_day()})
            if found:
                summary = self.env._("A closed month has changed")
                closing._tell_accountant(summary, closing._describe_changes(found))
            else:
                closing._untell_accountant()

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for closing in self:
            closing._tell_accountant(self.env._("A closed month could not be compared"), reason)
        return result

    def _practice_untell(self):
        for closing in self.filtered(lambda it: not it.is_changed):
            closing._untell_accountant()
        return super()._practice_untell()
