from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..models.common.words import count_credits
from ..models.packages.refunds.account_move import REFUND_METHODS


class PracticeCreditRefund(models.TransientModel):
    """Refund credits in one step: the credit note is posted, and the money goes back as chosen.

    Amounts are in the currency of the invoice and with tax, computed by Odoo from the lines of the credit note as it
    will be posted.
    """

    _name = "practice.credit.refund"
    _description = "Refund Credits"

    lot_id = fields.Many2one("practice.credit.lot", string="Credits", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="lot_id.partner_id", string="Patient")
    invoice_id = fields.Many2one(related="lot_id.invoice_id")
    company_id = fields.Many2one(related="lot_id.company_id")
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    credits_available = fields.Integer(related="lot_id.credits_available")
    credits = fields.Integer(
        string="Credits to Refund",
        compute="_compute_credits",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    fee = fields.Monetary(string="Kept as a Fee", help="With tax. It is revenue of today.")
    amount_paid = fields.Monetary(
        string="Paid for Them", compute="_compute_amounts", help="What these credits cost, with tax."
    )
    amount_total = fields.Monetary(string="Credit Note", compute="_compute_amounts")
    amount_settled = fields.Monetary(
        string="Off What Is Owed",
        compute="_compute_amounts",
        help="What is still to be paid of the invoice comes first.",
    )
    amount_back = fields.Monetary(string="Money Back", compute="_compute_amounts")
    amount_returnable = fields.Monetary(
        compute="_compute_amounts", help="What of it the payment provider can return to where it was paid from."
    )
    method = fields.Selection(
        REFUND_METHODS,
        string="The Money Goes Back",
        compute="_compute_method",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Paid Out From",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
    )
    reason = fields.Char(help="Stands on the credit note.")
    notify = fields.Boolean(string="E-mail the credit note", default=True)
    consequence = fields.Text(compute="_compute_consequence")

    # === COMPUTE METHODS === #

    @api.depends("lot_id")
    def _compute_credits(self):
        for wizard in self:
            wizard.credits = wizard.lot_id.credits_available

    @api.depends("lot_id", "credits", "fee")
    def _compute_amounts(self):
        for wizard in self:
            paid = wizard._foresee_total(0.0)
            total = wizard._foresee_total(wizard.fee) if wizard.fee else paid
            settled = min(total, wizard.invoice_id.amount_residual) if wizard.invoice_id else 0.0
            wizard.amount_paid, wizard.amount_total, wizard.amount_settled = paid, total, settled
            wizard.amount_back = total - settled
            wizard.amount_returnable = wizard._get_returnable(wizard.amount_back)

    def _foresee_total(self, fee):
        """Return what the credit note will come to, with tax; 0.0 while the dialog is not complete."""
        if not self.invoice_id or not 0 < self.credits <= self.credits_available:
            return 0.0
        draft = self.env["account.move"].new(self._prepare_credit_note_vals(fee))
        return sum(draft.invoice_line_ids.mapped("price_total"))

    def _get_returnable(self, amount):
        """Return how much of ``amount`` can go back through the provider by which the invoice was paid."""
        payments_sudo = self.invoice_id.sudo().transaction_ids  # sudo: of an invoice that the user may read
        return sum(part for _payment, part in payments_sudo._practice_share_return(amount, self.currency_id))

    @api.depends("lot_id")
    def _compute_method(self):
        for wizard in self:
            wizard.method = "provider" if wizard.amount_returnable else "payment"

    @api.depends("lot_id", "method")
    def _compute_journal_id(self):
        for wizard in self:
            banks = self.env["account.journal"]._check_company_domain(wizard.company_id)
            bank = self.env["account.journal"].search([*banks, ("type", "=", "bank")], limit=1)
            wizard.journal_id = wizard.method == "payment" and (wizard.journal_id or bank)

    @api.depends("credits", "fee", "method", "journal_id", "lot_id")
    def _compute_consequence(self):
        for wizard in self:
            wizard.consequence = wizard.amount_paid and "\n".join(wizard._describe())

    def _describe(self):
        """Return in sentences what refunding does."""
        amounts = ("amount_total", "amount_settled", "amount_back", "amount_returnable")
        money = {name: formatLang(self.env, self[name], currency_obj=self.currency_id) for name in amounts}
        left = self.credits_available - self.credits
        lines = [
            self.env._(
                "A credit note of %(total)s for %(credits)s; still available afterwards: %(left)s.",
                total=money["amount_total"],
                credits=count_credits(self.env, self.credits),
                left=left,
            )
        ]
        if voucher := self.lot_id.keeping_voucher_id:
            lines.append(self._describe_voucher(voucher, left))
        if self.amount_settled:
            lines.append(self.env._("%s of it pays what is still owed on the invoice.", money["amount_settled"]))
        if self.currency_id.is_zero(self.amount_back):
            return [*lines, self.env._("No money goes back.")]
        if self.method == "provider":
            lines.append(self.env._("%s goes back to where it was paid from.", money["amount_returnable"]))
            if rest := self.currency_id.round(self.amount_back - self.amount_returnable):
                rest = formatLang(self.env, rest, currency_obj=self.currency_id)
                lines.append(self.env._("%s cannot, and stays open for the customer.", rest))
        elif self.method == "payment":
            lines.append(
                self.env._(
                    "A payment of %(amount)s from %(journal)s is entered: make it at the bank, or hand out the cash.",
                    amount=money["amount_back"],
                    journal=self.journal_id.name or "…",
                )
            )
        else:
            lines.append(self.env._("%s stays open for the customer: it pays the next invoice.", money["amount_back"]))
        return lines

    def _describe_voucher(self, voucher, left):
        """Return in a sentence what becomes of the gift voucher for which the credits are kept."""
        if left:
            return self.env._(
                "The gift voucher %(code)s is for %(left)s then.", code=voucher.name, left=count_credits(self.env, left)
            )
        return self.env._("The gift voucher %s is cancelled: its code cannot be redeemed any more.", voucher.name)

    # === ACTIONS === #

    def action_refund(self):
        """Post the credit note and send the money on its way; open the credit note.

        :raises UserError: when the numbers do not fit what is available now
        """
        self.ensure_one()
        self._check_numbers()
        note = self.env["account.move"].create(self._prepare_credit_note_vals(self.fee))
        note.action_post()
        note_sudo = note.sudo()  # sudo: fields that only the module writes
        note_sudo.practice_refund_method = self.method
        if self.notify:
            note._practice_queue_sending()
        if note.currency_id.is_zero(note.amount_residual):
            return note.get_formview_action()
        if self.method == "provider":
            note_sudo._practice_queue_refund()
        elif self.method == "payment":
            note._practice_pay_now(self.journal_id)
        return note.get_formview_action()

    def _check_numbers(self):
        if not self.lot_id.invoice_line_id:
            raise UserError(self.env._("These credits were not sold through an invoice, so no money came for them."))
        if not 0 < self.credits <= self.credits_available:
            raise UserError(
                self.env._(
                    "Refund 1 to %(available)s. Reserved for appointments, which are cancelled first: %(reserved)s.",
                    available=count_credits(self.env, self.credits_available),
                    reserved=self.lot_id.credits_reserved,
                )
            )
        if not 0 <= self.fee < self.amount_paid:
            raise UserError(
                self.env._(
                    "The fee is less than what was paid for these credits, %s.",
                    formatLang(self.env, self.amount_paid, currency_obj=self.currency_id),
                )
            )
        if self.method == "payment" and not self.journal_id:
            raise UserError(self.env._("Choose the bank account or the cash that the money comes from."))
        if self.method == "provider" and not self.amount_returnable:
            raise UserError(self.env._("No payment provider can return this money. Choose another way."))

    def _prepare_credit_note_vals(self, fee):
        line = self.lot_id.invoice_line_id
        return line._practice_prepare_refund_with_fee_vals(self.lot_id, self.credits, fee, self.reason)
