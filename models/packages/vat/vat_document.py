from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

#: What an accountant has to do when visits could not be invoiced.
ACTIVITY = "practice_billing.mail_activity_type_vat"


class PracticeVatDocument(models.Model):
    """What a customer is invoiced of visits with VAT: those of a month, or those of earlier ones that were undone.

    It gathers what was released, once, and is made into an invoice or a credit note. What cannot be made stays, says
    why, and is tried again by the next run.
    """

    _name = "practice.vat.document"
    _description = "Invoice of Visits"
    _inherit = ["practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Who paid for the credits.",
    )
    kind = fields.Selection(
        [("out_invoice", "Invoice"), ("out_refund", "Credit Note")],
        required=True,
        readonly=True,
        help="A credit note takes back visits that were invoiced and undone.",
    )
    date = fields.Date(string="Visits Until", required=True, readonly=True, help="The last day whose visits it holds.")
    release_ids = fields.One2many("practice.revenue.release", "vat_document_id", string="Visits", readonly=True)
    amount = fields.Monetary(compute="_compute_amounts", help="What was paid for these visits, VAT included.")
    tax_amount = fields.Monetary(string="VAT", compute="_compute_amounts", help="What was taken out of it.")
    move_ids = fields.One2many("account.move", "practice_vat_document_id", string="Journal Entries", readonly=True)
    invoice_id = fields.Many2one("account.move", compute="_compute_moves")
    settlement_id = fields.Many2one(
        "account.move", compute="_compute_moves", help="The entry that settles it from what was paid in advance."
    )
    state = fields.Selection(
        [("due", "To Invoice"), ("failed", "Failed"), ("made", "Invoiced")],
        string="Status",
        compute="_compute_state",
        search="_search_state",
    )
    error = fields.Text(readonly=True, help="Why the last run could not make it.")
    retry_date = fields.Date(readonly=True, help="It is tried again from this day on.")

    # === COMPUTE METHODS === #

    @api.depends("release_ids.amount", "release_ids.tax_amount")
    def _compute_amounts(self):
        for document in self:
            document.amount = document.currency_id.round(sum(document.release_ids.mapped("amount")))
            document.tax_amount = document.currency_id.round(sum(document.release_ids.mapped("tax_amount")))

    @api.depends("move_ids.move_type")
    def _compute_moves(self):
        for document in self:
            document.settlement_id = document.move_ids.filtered(lambda move: move.move_type == "entry")
            document.invoice_id = document.move_ids - document.settlement_id

    @api.depends("move_ids", "error")
    def _compute_state(self):
        for document in self:
            waiting = "failed" if document.error else "due"
            document.state = "made" if document.move_ids else waiting

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = Domain("move_ids", "=", False)
        domains = {
            "due": waiting & Domain("error", "=", False),
            "failed": waiting & Domain("error", "!=", False),
            "made": Domain("move_ids", "!=", False),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for document in self:
            document.display_name = document.invoice_id.name or document.partner_id.display_name

    # === ACTIONS === #

    def action_make(self):
        """Make those of these documents that are not made yet.

        :raises AccessError: when the user is no accountant, or may not see them
        """
        self._check_may_make()
        self.check_access("read")
        self.sudo()._make_or_set_aside()  # sudo: of the documents that this accountant may see

    def action_open_invoice(self):
        self.ensure_one()
        return self.invoice_id.get_formview_action()

    def action_open_visits(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_revenue_release_action")
        return {**action, "domain": [("vat_document_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    @api.model
    def _check_may_make(self):
        """Let accountants pass.

        :raises AccessError: for anybody else
        """
        if not self.env.user.has_group("account.group_account_user"):
            raise AccessError(
                self.env._("Only an accountant invoices visits by hand; the monthly run does it by itself.")
            )

    @api.model
    def _get_difference(self, company, day):
        """Return what is wrong with the account of what is used and not invoiced yet, at the end of ``day``.

        :return: ``{account: (VAT that is not invoiced, what the account holds, credit positive)}`` of the accounts
            where they are not the same
        """
        expected, held = self._get_waiting_vat(company, day), self._get_held(company, day)
        rounded = {
            account: tuple(company.currency_id.round(amounts.get(account, 0.0)) for amounts in (expected, held))
            for account in {*expected, *held}
        }
        return {account: amounts for account, amounts in rounded.items() if amounts[0] != amounts[1]}

    @api.model
    def _get_waiting_vat(self, company, day):
        """Return ``{account: VAT of visits}`` that was released until ``day`` and not invoiced by then."""
        releases = self.env["practice.revenue.release"]
        released = Domain("company_id", "=", company.id) & Domain("tax_account_id", "!=", False)
        released &= Domain("move_id.date", "<=", day)
        not_invoiced = Domain("vat_document_id", "=", False)
        not_invoiced |= Domain("vat_document_id", "any", [("move_ids", "not any", [("date", "<=", day)])])
        return dict(releases._read_group(released & not_invoiced, ["tax_account_id"], ["tax_amount:sum"]))

    @api.model
    def _get_accounts(self, company):
        """Return the accounts that hold, or held, the VAT of visits of ``company`` until it is invoiced."""
        releases = self.env["practice.revenue.release"]
        used = Domain("company_id", "=", company.id) & Domain("tax_account_id", "!=", False)
        groups = releases._read_group(used, ["tax_account_id"])
        return company.practice_used_account_id.union(*(account for [account] in groups))

    @api.model
    def _get_held(self, company, day):
        """Return ``{account: what it holds}`` at the end of ``day``, credit positive, of all accounts for it."""
        accounts = self._get_accounts(company)
        items = Domain("company_id", "=", company.id) & Domain("account_id", "in", accounts.ids)
        items &= Domain("parent_state", "=", "posted")
        groups = self.env["account.move.line"]._read_group(
            items & Domain("date", "<=", day), ["account_id"], ["balance:sum"]
        )
        return {account: -balance for account, balance in groups}

    # === WHEN IT FAILS === #

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        self._practice_untell()
        for document in self:
            document.activity_schedule(
                ACTIVITY,
                summary=self.env._("Visits could not be invoiced"),
                note=reason,
                user_id=document.company_id._practice_get_accountant().id,
            )
        return result

    def _practice_untell(self):
        self.activity_unlink([ACTIVITY])
        return super()._practice_untell()
