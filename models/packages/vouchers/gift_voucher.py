from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import email_normalize

from ....tools.vouchers import clean_code, draw_code, show_code

#: What staff may write: what the buyer said, as long as nobody has redeemed it. All else follows from what happens.
EDITABLE_FIELDS = {"receiver_name", "receiver_email", "message", "send_date"}

#: Characters of a message: as many as the card holds.
LONGEST_MESSAGE = 500


class PracticeGiftVoucher(models.Model):
    """Credits that were bought for somebody else: until the code is redeemed, they are kept for whoever has it.

    It begins with the draft invoice, on its line, and says there for whom it is meant. Posting the invoice gives it its
    code and the credits of that line, which belong to the buyer and are of no use to them (``credit_lot``); withdrawing
    the invoice takes the credits back, and posting it again brings the same code back. What it is worth is worth of the
    credits, so a voucher makes no entry of its own.
    """

    _name = "practice.gift.voucher"
    _description = "Gift Voucher"
    _inherit = ["practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    code = fields.Char(string="Code Without Dashes", readonly=True, copy=False, help="As it is kept.")
    name = fields.Char(
        string="Code",
        compute="_compute_name",
        search="_search_name",
        help="Found however it is typed: with other dashes, with spaces, in small letters.",
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The line that sells the credits.",
    )
    invoice_id = fields.Many2one("account.move", required=True, readonly=True, index=True, ondelete="cascade")
    lot_id = fields.Many2one(
        "practice.credit.lot",
        string="Kept Credits",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What it stands for.",
    )
    package_id = fields.Many2one("practice.package", readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    buyer_id = fields.Many2one(
        "res.partner", string="Given By", required=True, readonly=True, index=True, ondelete="restrict"
    )
    receiver_name = fields.Char(string="For", help="Whom it is meant for; whoever has the code can redeem it.")
    receiver_email = fields.Char(
        string="Receiver's E-mail", help="Where it is sent once it is paid. Empty: it is printed and handed over."
    )
    message = fields.Text(help="From who gives it, on the voucher.")
    send_date = fields.Date(string="Send On", help="Empty: as soon as it is paid.")
    sent_on = fields.Datetime(string="Sent", readonly=True)
    validity_months = fields.Integer(
        string="Months to Redeem It",
        readonly=True,
        help="From the day of payment, as the company had it when it was sold; 0: without end.",
    )
    valid_until = fields.Date(
        related="lot_id.expiry_date", store=True, help="The last day on which it can be redeemed. Empty: without end."
    )
    credits = fields.Integer(compute="_compute_credits", help="What whoever redeems it gets.")
    value = fields.Monetary(
        related="lot_id.value_open",
        string="Open Value",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What waits on the balance post for it; nothing once it is redeemed: then it waits for those credits.",
    )
    state = fields.Selection(
        [
            ("draft", "Not Sold Yet"),
            ("waiting", "Waiting for Payment"),
            ("open", "To Redeem"),
            ("redeemed", "Redeemed"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    redeemed_on = fields.Datetime(string="Redeemed", readonly=True)
    redeemed_at = fields.Selection([("desk", "At the Desk"), ("portal", "On the Portal")], readonly=True)
    redeemed_by_id = fields.Many2one("res.users", readonly=True, index="btree_not_null", ondelete="restrict")
    redeemed_partner_id = fields.Many2one(
        "res.partner", string="Redeemed For", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    redeemed_lot_id = fields.Many2one(
        "practice.credit.lot",
        string="Credits of the Receiver",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    told_on = fields.Datetime(string="Buyer Told", readonly=True, help="When it was told that it is redeemed.")
    error = fields.Char(string="Failed", readonly=True)
    retry_date = fields.Date(readonly=True, help="It is tried again from this day on.")

    _code_uniq = models.UniqueIndex("(code) WHERE code IS NOT NULL", "There is a voucher with this code already.")
    _invoice_line_uniq = models.UniqueIndex("(invoice_line_id)", "An invoice line sells one voucher.")
    _lot_uniq = models.UniqueIndex("(lot_id) WHERE lot_id IS NOT NULL", "There is a voucher for these credits already.")
    _redeemed_once = models.UniqueIndex(
        "(redeemed_lot_id) WHERE redeemed_lot_id IS NOT NULL", "Credits come from one voucher."
    )
    _redeemed_sound = models.Constraint(
        "CHECK ((redeemed_on IS NULL) = (redeemed_partner_id IS NULL) AND (redeemed_on IS NULL OR lot_id IS NOT NULL))",
        "A voucher is redeemed for somebody, and gives them credits.",
    )

    # === COMPUTE METHODS === #

    @api.depends("code")
    def _compute_name(self):
        for voucher in self:
            voucher.name = show_code(voucher.code or "")

    def _search_name(self, operator, value):
        if isinstance(value, str):
            value = clean_code(value)
        elif value and not isinstance(value, bool):
            value = [clean_code(it) if isinstance(it, str) else it for it in value]
        return [("code", operator, value)]

    @api.depends("receiver_name", "package_id")
    def _compute_display_name(self):
        for voucher in self:
            voucher.display_name = (
                self.env._(
                    "%(package)s for %(receiver)s", package=voucher.package_id.name, receiver=voucher.receiver_name
                )
                if voucher.receiver_name
                else self.env._("Voucher for %s", voucher.package_id.name)
            )

    @api.depends("redeemed_on", "lot_id.state", "lot_id.credits_unpaid")
    def _compute_state(self):
        """Derive the state, so that no door of payment, refund, expiry or of their undoing can be forgotten."""
        for voucher in self:
            voucher.state = voucher._get_state()

    def _get_state(self):
        lot = self.lot_id
        if self.redeemed_on:
            return "redeemed"
        if not lot:
            return "draft"
        if lot.state in ("expired", "cancelled"):
            return lot.state
        if lot.state == "used_up":
            return "cancelled"  # some went back, others were taken from an unpaid sale
        return "waiting" if lot.credits_unpaid else "open"

    @api.depends("lot_id.credits_available", "redeemed_lot_id", "invoice_line_id")
    def _compute_credits(self):
        for voucher in self.sudo():  # sudo: a number, also of an invoice that the user may not read
            lot, received = voucher.lot_id, voucher.redeemed_lot_id
            if received and received != lot:
                voucher.credits = received.credits_total
            elif lot:
                voucher.credits = lot.credits_total - lot.credits_refunded
            else:
                voucher.credits = voucher.invoice_line_id.practice_credits

    # === CONSTRAINTS === #

    @api.constrains("invoice_line_id")
    def _check_sells_credits(self):
        for voucher in self.sudo():  # sudo: packages may be out of sight of whoever makes the invoice
            line = voucher.invoice_line_id
            if line.parent_state != "draft" or line.move_type != "out_invoice" or not line._practice_gives_credits():
                raise ValidationError(
                    self.env._("A gift voucher stands for credits that a draft invoice sells. This line sells none.")
                )

    @api.constrains("receiver_email", "message")
    def _check_words(self):
        for voucher in self:
            if voucher.receiver_email and not email_normalize(voucher.receiver_email):
                raise ValidationError(
                    self.env._(
                        "%s is not an e-mail address. Correct it, or leave it empty and hand the voucher over.",
                        voucher.receiver_email,
                    )
                )
            if len(voucher.message or "") > LONGEST_MESSAGE:
                raise ValidationError(
                    self.env._(
                        "The message has %(length)s characters, and the card has room for %(most)s.",
                        length=len(voucher.message),
                        most=LONGEST_MESSAGE,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        free = self.env.su or all(vals.keys() <= EDITABLE_FIELDS | {"invoice_line_id"} for vals in vals_list)
        if not free or not all(vals.get("invoice_line_id") for vals in vals_list):
            raise AccessError(self.env._("A gift voucher comes with the invoice that sells it."))
        lines = self.env["account.move.line"].browse(vals["invoice_line_id"] for vals in vals_list)
        lines.check_access("write")
        lines_sudo = lines.sudo()  # sudo: what the lines sell, which the user may write
        # sudo: what follows from the line is written by the module
        quiet_sudo = self.sudo().with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        vouchers_sudo = super(PracticeGiftVoucher, quiet_sudo).create(
            [
                {**vals, "invoice_id": line.move_id.id, "company_id": line.company_id.id, **self._prepare_sold(line)}
                for vals, line in zip(vals_list, lines_sudo, strict=True)
            ]
        )
        return vouchers_sudo.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            if not vals.keys() <= EDITABLE_FIELDS:
                raise AccessError(self.env._("What becomes of a gift voucher follows from what happens to it."))
            if redeemed := self.filtered("redeemed_on")[:1]:
                raise UserError(self.env._("%s is redeemed already, so it stays as it is.", redeemed.display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_sold(self):
        if sold := self.filtered("lot_id")[:1]:
            raise UserError(self.env._("%s was sold and stays. Refund its credits instead.", sold.display_name))

    # === ACTIONS === #

    def action_print(self):
        """Print the card; :raises UserError: when it is not open."""
        self._check_open()
        return self.env.ref("practice_billing.action_report_gift_voucher").report_action(self)

    def action_send(self):
        """Send it to the receiver now, whenever it was to be sent, or once more."""
        self.check_access("write")
        for voucher in self:
            voucher._check_open()
            if not voucher.receiver_email:
                raise UserError(self.env._("Fill in the receiver's e-mail, or print the voucher and hand it over."))
            voucher._send()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The voucher is on its way."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_redeem(self):
        """Open the dialog that says what redeeming does before it does."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_gift_redeem_action")
        return {**action, "context": {"default_code": self.name}}

    def action_extend(self):
        """Open the dialog that changes until when it can be redeemed."""
        return self.lot_id.action_extend()

    def action_open_lot(self):
        """Open the credits of whoever redeemed it, or those that are kept."""
        self.ensure_one()
        return (self.redeemed_lot_id or self.lot_id).get_formview_action()

    def action_open_invoice(self):
        self.ensure_one()
        return self.invoice_id.get_formview_action()

    # === SOLD === #

    @api.model
    def _follow_posted(self, lines):
        """Give the vouchers of lines that have just been posted their credits."""
        # sudo: whoever may post the invoice
        vouchers_sudo = self.sudo().search([("invoice_line_id", "in", lines.ids)])
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: as above
        lots_sudo = lots_sudo.search([("invoice_line_id", "in", vouchers_sudo.invoice_line_id.ids)])
        lots = lots_sudo.grouped("invoice_line_id")
        for voucher_sudo in vouchers_sudo:
            if lot_sudo := lots.get(voucher_sudo.invoice_line_id):
                voucher_sudo._issue(lot_sudo)

    def _issue(self, lot_sudo):
        """Stand for these credits; the code that was drawn once stays, and so does how long it is valid."""
        self.ensure_one()
        sold = {"lot_id": lot_sudo.id, **self._prepare_sold(self.invoice_line_id)}
        if not self.code:
            sold |= {"code": draw_code(), "validity_months": self.company_id.practice_voucher_months}
        is_new = not self.lot_id
        self.write(sold)
        if is_new:
            lot_sudo._keep_for_voucher()

    @api.model
    def _prepare_sold(self, line):
        """Return what a voucher knows of the line that sells it: who gives what."""
        return {"buyer_id": line._practice_get_patient().id, "package_id": line.practice_package_id.id}

    # === FINDING === #

    @api.model
    def _find_by_code(self, text):
        """Return the voucher with the code that was typed, with or without dashes, or an empty record."""
        code = clean_code(text)
        return self.search([("code", "=", code)], limit=1) if code else self.browse()

    def _says(self, vals):
        """Return whether this voucher was made of what a buyer says now."""
        self.ensure_one()
        wanted = self.new({name: vals.get(name) for name in EDITABLE_FIELDS})
        return all((self[name] or "") == (wanted[name] or "") for name in EDITABLE_FIELDS)
