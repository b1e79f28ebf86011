from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.common.words import count_credits, count_months


class PracticeGiftRedeem(models.TransientModel):
    """Redeem a gift voucher at the desk: the code, for whom, and what it does before it does."""

    _name = "practice.gift.redeem"
    _description = "Redeem Gift Voucher"

    code = fields.Char(required=True, help="From the voucher; dashes, spaces and capitals do not matter.")
    voucher_id = fields.Many2one("practice.gift.voucher", compute="_compute_voucher_id")
    company_id = fields.Many2one(related="voucher_id.company_id")
    receiver_name = fields.Char(related="voucher_id.receiver_name", string="Meant For")
    buyer_id = fields.Many2one(related="voucher_id.buyer_id")
    partner_id = fields.Many2one("res.partner", string="Patient", help="Who gets the credits.")
    problem = fields.Char(compute="_compute_voucher_id")
    consequence = fields.Text(compute="_compute_consequence")
    redeemed_lot_id = fields.Many2one("practice.credit.lot", readonly=True, help="What this dialog has given.")

    @api.depends("code")
    def _compute_voucher_id(self):
        for wizard in self:
            voucher = self.env["practice.gift.voucher"]._find_by_code(wizard.code)
            wizard.voucher_id = voucher
            wizard.problem = wizard._find_problem()

    def _find_problem(self):
        """Return in a sentence why this code cannot be redeemed, or nothing; staff also reads for whom it was."""
        voucher = self.voucher_id
        if not self.code:
            return False
        if not voucher:
            return self.env._("There is no voucher with the code %s. Compare it with the card.", self.code)
        if voucher.redeemed_partner_id:
            return self.env._(
                "This voucher was redeemed on %(day)s for %(patient)s.",
                day=format_date(self.env, voucher.company_id._practice_day(voucher.redeemed_on)),
                patient=voucher.redeemed_partner_id.name,
            )
        return voucher._find_problem()

    @api.depends("voucher_id", "partner_id")
    def _compute_consequence(self):
        for wizard in self:
            complete = wizard.voucher_id and wizard.partner_id and not wizard.problem
            wizard.consequence = "\n".join(wizard._describe()) if complete else False

    def _describe(self):
        """Return in sentences what redeeming does."""
        voucher, lot = self.voucher_id, self.voucher_id.lot_id
        said = {
            "patient": self.partner_id.name,
            "credits": count_credits(self.env, lot.credits_available),
            "package": voucher.package_id.name,
            "buyer": voucher.buyer_id.name,
            "payer": lot.payer_id.name,
        }
        if self.partner_id == voucher.buyer_id:
            first = self.env._("%(patient)s bought this voucher, and gets the %(credits)s of %(package)s.", **said)
        else:
            first = self.env._("%(patient)s gets %(credits)s of %(package)s, a gift from %(buyer)s.", **said)
        return [
            first,
            self._describe_validity(),
            self.env._("The money stays that of %(payer)s: a refund goes to them.", **said),
        ]

    def _describe_validity(self):
        lot = self.voucher_id.lot_id
        until = lot._get_expiry_once_redeemed(self.voucher_id.company_id._practice_day())
        if lot.validity_from == "first_visit" and lot.validity_months:
            return self.env._(
                "They can be used for %s from the first visit.", count_months(self.env, lot.validity_months)
            )
        if until:
            return self.env._("They can be used until %s.", format_date(self.env, until))
        return self.env._("They do not expire.")

    def action_redeem(self):
        """Give the credits, once however often it is pressed, and open them.

        :raises UserError: when the voucher cannot be redeemed, or nobody is chosen
        :raises AccessError: for whoever may not redeem vouchers at the desk
        """
        self.ensure_one()
        if self.redeemed_lot_id:
            return self.redeemed_lot_id.get_formview_action()
        if self.problem or not self.voucher_id:
            raise UserError(self.problem or self.env._("Type the code of the voucher."))
        if not self.partner_id:
            raise UserError(self.env._("Choose who gets the credits."))
        self.voucher_id.check_access("write")
        self.redeemed_lot_id = self.voucher_id._redeem(self.partner_id, at="desk")
        return self.redeemed_lot_id.get_formview_action()
