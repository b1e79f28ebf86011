from odoo import api, fields, models
from odoo.tools import formatLang


class PracticeCreditTakeBack(models.TransientModel):
    """Take back credits that nobody paid: what is owed is credited, what was written off leaves the balance post."""

    _name = "practice.credit.take.back"
    _description = "Take Back Unpaid Credits"

    lot_ids = fields.Many2many("practice.credit.lot", string="Credits", required=True)
    company_id = fields.Many2one(related="lot_ids.company_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._practice_day(),
        help="Of the credit notes and entries.",
    )
    is_lost = fields.Boolean(compute="_compute_is_lost", help="Whether some of them were written off.")
    account_id = fields.Many2one(
        "account.account",
        string="Loss Was Booked On",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        domain="[('account_type', 'like', 'expense%'), ('company_ids', 'parent_of', company_id)]",
        help="Where the bad debt is. Nobody was served for these credits, so their value goes back to it.",
    )
    consequence = fields.Char(compute="_compute_consequence")

    @api.depends("lot_ids")
    def _compute_is_lost(self):
        for wizard in self:
            wizard.is_lost = bool(wizard._get_lost_lots())

    @api.depends("lot_ids")
    def _compute_account_id(self):
        for wizard in self:
            # sudo: invoices of credits that the user may see
            wizard.account_id = wizard._get_lost_lots().sudo().invoice_id._practice_get_loss_accounts()[:1].sudo(False)

    @api.depends("lot_ids")
    def _compute_consequence(self):
        for wizard in self:
            lots = wizard.lot_ids
            value = sum(lot._get_unpaid_value() for lot in lots)
            wizard.consequence = self.env._(
                "Purchases: %(purchases)s. Credits that are taken back: %(credits)s, worth %(value)s, which leaves the "
                "balance post. Credit notes: %(notes)s. Entries for what was written off: %(entries)s.",
                credits=sum(lot._count_to_take_back() for lot in lots),
                purchases=len(lots),
                value=formatLang(self.env, value, currency_obj=lots.currency_id[:1]),
                notes=len(lots.filtered("amount_due").invoice_id),
                entries=len(wizard._get_lost_lots()),
            )
            if lots.filtered("credits_paid"):
                wizard.consequence = self.env._(
                    "%(consequence)s What is paid in part stays with the credits that are kept: %(kept)s.",
                    consequence=wizard.consequence,
                    kept=sum(lots.mapped("credits_paid")),
                )

    def _get_lost_lots(self):
        """Return those whose customer owes nothing any more: their invoice was written off."""
        return self.lot_ids.filtered(lambda lot: not lot.amount_due)

    def action_take_back(self):
        """Take the credits back and open the documents that were made."""
        self.ensure_one()
        self.lot_ids.check_access("read")
        moves = self.lot_ids._take_back_unpaid(self.date, self.account_id)
        if len(moves) == 1:
            return moves.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        return {**action, "domain": [("id", "in", moves.ids)], "context": {}}
