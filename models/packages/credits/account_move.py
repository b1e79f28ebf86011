from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import formatLang

from ...common.words import count_credits

#: What an accountant has to do when an invoice was written off instead of paid.
LOST_ACTIVITY = "practice_billing.mail_activity_type_lost"


class AccountMove(models.Model):
    """An invoice notices that it is posted or withdrawn, and tells the credits."""

    _inherit = "account.move"

    practice_lot_ids = fields.One2many(
        "practice.credit.lot",
        "invoice_id",
        string="Credits",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_lot_count = fields.Integer(
        compute="_compute_practice_lot_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    practice_sells_credits = fields.Boolean(
        string="Sells Credits",
        compute="_compute_practice_sells_credits",
        help="Whether a line sells credits, or takes them back.",
    )

    practice_unbooked_packages = fields.Char(
        string="Packages Without Accounts",
        compute="_compute_practice_unbooked_packages",
        help="Packages on this invoice whose money is revenue at once, because an account is missing.",
    )

    @api.depends("invoice_line_ids.practice_package_id")
    def _compute_practice_sells_credits(self):
        for move in self:
            move.practice_sells_credits = bool(move.invoice_line_ids.practice_package_id)

    @api.depends("invoice_line_ids.practice_package_id", "move_type")
    def _compute_practice_unbooked_packages(self):
        for move in self:
            packages_sudo = move.sudo().invoice_line_ids.practice_package_id  # sudo: names, for who makes the invoice
            unbooked_sudo = packages_sudo.filtered(lambda it: it._lacks_accounts())
            names = unbooked_sudo.mapped("name") if move.is_sale_document(include_receipts=True) else []
            move.practice_unbooked_packages = ", ".join(names) or False

    @api.depends("practice_lot_ids")
    def _compute_practice_lot_count(self):
        counts = dict(
            self.env["practice.credit.lot"]._read_group([("invoice_id", "in", self.ids)], ["invoice_id"], ["__count"])
        )
        for move in self:
            move.practice_lot_count = counts.get(move, 0)

    # === CRUD METHODS === #

    def _post(self, soft=True):
        """Freeze what the package lines sell before Odoo checks and books them."""
        # sudo: products and packages may be out of the accountant's sight; only whether there is one is asked.
        lines = self.sudo().line_ids.filtered(
            lambda line: line.display_type == "product" and (line.practice_package_id or line.product_id.package_id)
        )
        lines = lines.filtered(lambda line: line.move_id.is_sale_document(include_receipts=True))
        if lines:
            lines.sudo(self.env.su)._practice_freeze_sale()
        return super()._post(soft)

    def write(self, vals):
        """Follow every door that posts or withdraws an invoice: each of them writes the state."""
        if "state" not in vals:
            return super().write(vals)
        posted = self.filtered(lambda move: move.state == "posted")
        if vals["state"] != "posted" and posted:
            posted._practice_check_credits_stay()
            lines = posted._practice_get_package_lines()
            if lines:
                self.env["practice.credit.lot"]._follow_withdrawn_lines(lines)
        new_lines = self.env["account.move.line"]
        if vals["state"] == "posted" and (new_lines := (self - posted)._practice_get_package_lines()):
            new_lines._practice_adjust()
        result = super().write(vals)
        if new_lines:
            self.env["practice.credit.lot"]._follow_posted_lines(new_lines)
        elif vals["state"] == "draft":
            self._practice_get_package_lines()._practice_unadjust()
        return result

    def copy_data(self, default=None):
        """Leave out what posting added: the copy gets its own."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            if lines := vals.get("line_ids"):
                vals["line_ids"] = [
                    command for command in lines if not (command[2] or {}).get("practice_adjusted_line_id")
                ]
        return vals_list

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._practice_check_credits_stay()
        return super()._reverse_moves(default_values_list, cancel)

    def _practice_check_credits_stay(self):
        """Refuse to take back an entry that moved the value of credits, which would stay as it left them.

        :raises UserError: naming the entry, and what to do instead
        """
        entries = self.filtered(lambda move: move.move_type == "entry")
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: whether there are any; the entry is the user's
        domain = [("entry_id", "in", entries.ids), ("credits_total", ">", 0)]
        for entry_sudo, credits in lots_sudo._read_group(domain, ["entry_id"], ["credits_total:sum"], limit=1):
            raise UserError(
                self.env._(
                    "%(entry)s brought the value of imported credits to the balance post (%(credits)s), and they would "
                    "stay. Undo the import instead: it takes back both.",
                    entry=entry_sudo.display_name,
                    credits=count_credits(self.env, credits),
                )
            )
        moves_sudo = self.env["practice.credit.move"].sudo()  # sudo: as above
        moves_sudo = moves_sudo.search([("invoice_line_id.move_id", "in", entries.ids)], limit=1)
        if moves_sudo:
            raise UserError(
                self.env._(
                    "%(entry)s took back %(credits)s of %(patient)s that were not paid. They do not come back "
                    "with it: sell them again when they are paid after all.",
                    entry=moves_sudo.invoice_line_id.move_id.display_name,
                    credits=count_credits(self.env, moves_sudo.credits),
                    patient=moves_sudo.partner_id.name,
                )
            )

    # === PAID, OR LOST === #

    def _invoice_paid_hook(self):
        """Have an accountant look at credits whose invoice was written off instead of paid."""
        result = super()._invoice_paid_hook()
        sold = self.filtered("practice_sells_credits")
        for invoice in sold.sudo():  # sudo: whoever registers the payment; what is told is for an accountant
            invoice._practice_tell_lost()
        return result

    def _practice_tell_lost(self):
        self.ensure_one()
        self.activity_unlink([LOST_ACTIVITY])
        unpaid = self.practice_lot_ids.filtered(lambda lot: lot._is_unpaid())
        if unpaid and self._practice_get_written_off():
            self.activity_schedule(
                LOST_ACTIVITY,
                summary=self.env._("Written off: its credits were not paid"),
                note=self.env._(
                    "%(amount)s was written off, so %(credits)s of this invoice cannot be used. Take them "
                    "back from the list of unpaid credits, or correct the payment.",
                    amount=formatLang(
                        self.env, self._practice_get_written_off(), currency_obj=self.company_currency_id
                    ),
                    credits=count_credits(self.env, sum(lot._count_waiting() for lot in unpaid)),
                ),
                user_id=self.company_id._practice_get_accountant().id,
            )

    # === ACTIONS === #

    def action_open_practice_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        return {**action, "domain": [("invoice_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _practice_get_package_lines(self):
        """Return the lines of these documents that sell or take back credits."""
        # sudo: products and packages may be out of the accountant's sight; only whether there is one is asked.
        return self.sudo().line_ids.filtered(lambda line: line._practice_gives_credits()).sudo(self.env.su)

    def _practice_is_ours(self):
        return bool(self._practice_get_package_lines()) or super()._practice_is_ours()

    @api.model
    def _practice_prepare_package_sale_vals(self, company, payer, products, *, patient=None, quantity=1.0):
        """Return the values of the invoice that sells packages to a patient: staff and portal sell with the same.

        :param company: who sells
        :param payer: who gets the invoice
        :param products: package products, ``quantity`` units of each
        :param patient: who gets the credits; default: the payer
        """
        patient = patient if patient and patient != payer else self.env["res.partner"]
        return {
            "move_type": "out_invoice",
            "company_id": company.id,
            "partner_id": payer.id,
            "invoice_line_ids": [
                Command.create(
                    {"product_id": product.id, "quantity": quantity, "practice_patient_id": patient.id},
                )
                for product in products
            ],
        }

    def _practice_pay_now(self, journal):
        """Register the payment of this posted invoice, or the refund of this credit note, in full, on ``journal``."""
        self.ensure_one()
        registering = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.ids
        )
        registering.create({"journal_id": journal.id})._create_payments()

    def _practice_get_package_mail_template(self):
        """Return the e-mail template of the first package product that has one for invoices."""
        self.ensure_one()
        templates = self._practice_get_package_lines().product_id.email_template_id
        return templates.filtered(lambda template: template.model == "account.move")[:1]

    def _get_mail_template(self):
        if (
            len(self) == 1
            and self.move_type == "out_invoice"
            and (template := self._practice_get_package_mail_template())
        ):
            return template
        return super()._get_mail_template()

    def _practice_is_sent_when_posted(self):
        """Return whether this document is sent also when its product has no e-mail template. A hook."""
        self.ensure_one()
        return False

    def invoice_validate_send_email(self):
        """Send package invoices through the send queue, with PDF and template, instead of as a bare message."""
        queued = self.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and (move._practice_is_sent_when_posted() or move._practice_get_package_mail_template())
            )
        )
        queued._practice_queue_sending()
        return super(AccountMove, self - queued).invoice_validate_send_email()
