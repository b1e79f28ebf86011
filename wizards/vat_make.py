from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

from ..tools.client import notification


class PracticeVatMake(models.TransientModel):
    """Invoice visits with VAT until a day, without waiting for the monthly run."""

    _name = "practice.vat.make"
    _description = "Invoice Visits"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_to = fields.Date(
        string="Visits Until",
        required=True,
        default=lambda self: self.env.company._practice_day() + relativedelta(day=1, days=-1),
        help="This day included. The invoices are dated on it, or today when it is locked.",
    )
    consequence = fields.Char(compute="_compute_consequence")

    @api.depends("company_id", "date_to")
    def _compute_consequence(self):
        releases = self.env["practice.revenue.release"]
        for wizard in self:
            waiting = releases._get_not_invoiced_domain() & Domain("company_id", "=", wizard.company_id.id)
            waiting &= Domain("move_id.date", "<=", wizard.date_to)
            [(customers, amount, tax)] = releases._read_group(
                waiting, [], ["partner_id:count_distinct", "amount:sum", "tax_amount:sum"]
            )
            currency = wizard.company_id.currency_id
            wizard.consequence = self.env._(
                "Customers with visits that are not invoiced yet: %(customers)s. Paid for them: %(amount)s, of which "
                "VAT: %(tax)s.",
                customers=customers,
                amount=formatLang(self.env, amount, currency_obj=currency),
                tax=formatLang(self.env, tax, currency_obj=currency),
            )

    def action_make(self):
        """Invoice what is not invoiced yet, and show it.

        :raises AccessError: when the user is no accountant
        :raises UserError: when the day has not come yet
        """
        self.ensure_one()
        documents = self.env["practice.vat.document"]
        documents._check_may_make()
        if self.date_to > self.company_id._practice_day():
            raise UserError(
                self.env._("Visits that are still to come are not invoiced: choose today or an earlier day.")
            )
        self.company_id.check_access("read")
        # sudo: an accountant of the company of this dialog; nobody else writes documents
        documents_sudo = documents.sudo()._invoice_until(self.company_id, self.date_to)
        failed = documents_sudo.filtered("error")
        made = len(documents_sudo - failed)
        words = self.env._("Made: %s.", made)
        if failed:
            words = self.env._("Made: %(made)s. Failed: %(failed)s.", made=made, failed=len(failed))
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_vat_document_action")
        shown = {**action, "domain": [("id", "in", documents_sudo.ids)], "context": {}, "target": "main"}
        told = notification(words, "danger" if failed else "success" if documents_sudo else "info")
        told["params"]["next"] = shown if documents_sudo else {"type": "ir.actions.act_window_close"}
        return told
