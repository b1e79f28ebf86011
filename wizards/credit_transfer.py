from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..models.common.words import count_credits

#: Who may read what credits are worth.
MONEY = ("practice_billing.group_manager", "account.group_account_readonly")


class PracticeCreditTransfer(models.TransientModel):
    """Transfer credits to another patient, with their value; what it does is said before it does.

    The front desk may: it may sell packages as well. Whose money it is is said in words; amounts are for those who see
    them elsewhere.
    """

    _name = "practice.credit.transfer"
    _description = "Transfer Credits"

    lot_id = fields.Many2one("practice.credit.lot", string="Credits", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="lot_id.partner_id", string="Transferred By")
    company_id = fields.Many2one(related="lot_id.company_id")
    currency_id = fields.Many2one(related="lot_id.currency_id")
    credits_available = fields.Integer(related="lot_id.credits_available")
    payer_id = fields.Many2one(related="lot_id.payer_id")
    receiver_id = fields.Many2one("res.partner", string="To", required=True, ondelete="cascade")
    credits = fields.Integer(
        string="Credits to Transfer",
        compute="_compute_credits",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    receiver_payer_id = fields.Many2one("res.partner", string="Who Pays for the Receiver", compute="_compute_home")
    has_other_payer = fields.Boolean(compute="_compute_home", help="Whether somebody else pays for the receiver.")
    returns = fields.Boolean(compute="_compute_home", help="Whether the credits go back where they came from.")
    owner = fields.Selection(
        [("giver", "Stays with who paid for the credits"), ("receiver", "Becomes that of who pays for the receiver")],
        string="The Money",
        required=True,
        default="giver",
        help="Who gets the money back when the credits are refunded, and is the customer in the books.",
    )
    date = fields.Date(required=True, compute="_compute_date", store=True, readonly=False, precompute=True)
    expiry_date = fields.Date(
        string="Usable Until",
        compute="_compute_expiry_date",
        store=True,
        readonly=False,
        precompute=True,
        help="Last day, included. Empty: as agreed when they were sold.",
    )
    reason = fields.Char(required=True, help="Kept with the credits of both, for staff.")
    value = fields.Monetary(compute="_compute_value", groups=",".join(MONEY), help="What the credits take along.")
    consequence = fields.Text(compute="_compute_consequence")
    received_lot_id = fields.Many2one("practice.credit.lot", readonly=True, help="What this dialog has transferred.")

    # === COMPUTE METHODS === #

    @api.depends("lot_id")
    def _compute_credits(self):
        for wizard in self:
            lot = wizard.lot_id
            wizard.credits = (lot.credits_spendable if lot else 0) or lot.credits_available

    @api.depends("lot_id")
    def _compute_date(self):
        for wizard in self:
            wizard.date = (wizard.company_id or self.env.company)._practice_day()

    @api.depends("lot_id")
    def _compute_expiry_date(self):
        for wizard in self:
            wizard.expiry_date = wizard.lot_id.expiry_date

    @api.depends("lot_id", "receiver_id", "owner")
    def _compute_home(self):
        for wizard in self:
            lot, receiver = wizard.lot_id, wizard.receiver_id._origin
            wizard.receiver_payer_id = receiver and lot._get_transfer_payer(receiver, receiver_pays=True)
            wizard.has_other_payer = receiver and lot._changes_hands(wizard.receiver_payer_id)
            wizard.returns = receiver and lot._get_home_lot(receiver, wizard._get_payer())

    def _get_payer(self):
        return self.receiver_payer_id if self._is_receivers() else self.payer_id

    def _is_receivers(self):
        """Return whether the money becomes that of who pays for the receiver."""
        return self.owner == "receiver" and self.has_other_payer

    @api.depends("lot_id", "credits")
    def _compute_value(self):
        for wizard in self:
            wizard.value = wizard._get_value() if 0 < wizard.credits <= wizard.credits_available else 0.0

    def _get_value(self):
        return self.lot_id.sudo()._get_transfer_value(self.credits)  # sudo: for those who may read it

    @api.depends("lot_id", "credits", "receiver_id", "owner", "date", "expiry_date")
    def _compute_consequence(self):
        for wizard in self:
            complete = wizard.receiver_id and wizard.date and 0 < wizard.credits <= wizard.credits_available
            wizard.consequence = "\n".join(wizard._describe()) if complete else False

    def _describe(self):
        """Return in sentences what transferring does."""
        names = {
            "receiver": self.receiver_id.name,
            "giver": self.partner_id.name,
            "package": self.lot_id.package_id.name,
        }
        home = self.lot_id._get_home_lot(self.receiver_id._origin, self._get_payer())
        until = home.expiry_date if self.returns else self.expiry_date
        numbers = {"credits": count_credits(self.env, self.credits), "until": until and format_date(self.env, until)}
        if self.returns:
            first = self.env._(
                "%(credits)s of %(package)s go back to those of %(receiver)s that they came from, as agreed there.",
                **names,
                **numbers,
            )
        elif until:
            first = self.env._(
                "%(receiver)s gets %(credits)s of %(package)s, usable until %(until)s.", **names, **numbers
            )
        else:
            first = self.env._("%(receiver)s gets %(credits)s of %(package)s.", **names, **numbers)
        keeps = self.env._(
            "%(giver)s keeps %(left)s available and %(reserved)s reserved.",
            **names,
            left=self.credits_available - self.credits,
            reserved=self.lot_id.credits_reserved,
        )
        return [first, keeps, self._describe_money()]

    def _describe_money(self):
        """Return in a sentence whose money the credits are then; with the amount for those who may see it."""
        payer, day = self._get_payer().name, format_date(self.env, self.date)
        if self.currency_id.is_zero(self._get_value()):
            return self.env._("They stand for no money in the books, so no entry is made.")
        sees_money = any(self.env.user.has_group(group) for group in MONEY)
        value = sees_money and formatLang(self.env, self._get_value(), currency_obj=self.currency_id)
        if not self._is_receivers():
            if value:
                return self.env._("Their value of %(value)s stays the money of %(payer)s.", value=value, payer=payer)
            return self.env._("Their value stays the money of %s.", payer)
        if value:
            return self.env._(
                "Their value of %(value)s becomes the money of %(payer)s on %(day)s, by an entry on the balance post.",
                value=value,
                payer=payer,
                day=day,
            )
        return self.env._(
            "Their value becomes the money of %(payer)s on %(day)s, by an entry on the balance post.",
            payer=payer,
            day=day,
        )

    # === ACTIONS === #

    def action_transfer(self):
        """Transfer the credits, once however often it is pressed, and open those of the receiver.

        :raises UserError: when the numbers do not fit what is available now, or the receiver or the day does not
        :raises AccessError: for whoever may not change these credits
        """
        self.ensure_one()
        self.lot_id.check_access("write")
        if self.received_lot_id:
            return self.received_lot_id.get_formview_action()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why the credits are transferred: it is kept with them."))
        self.received_lot_id = self.lot_id._transfer(
            self.receiver_id,
            self.credits,
            receiver_pays=self._is_receivers(),
            day=self.date,
            expiry_date=self.expiry_date,
            reason=self.reason.strip(),
        )
        return self.received_lot_id.get_formview_action()
