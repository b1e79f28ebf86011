from odoo import fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """A patient has credits, own ones and those of the household; a payer need not be a patient."""

    _inherit = "res.partner"

    practice_lot_ids = fields.One2many(
        "practice.credit.lot",
        "partner_id",
        string="Credits",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_credits_available = fields.Integer(
        string="Credits Available",
        compute="_compute_practice_credits",
        groups="practice_billing.group_user,account.group_account_readonly",
        help="Own and shared credits that can be planned now.",
    )
    practice_lot_count = fields.Integer(
        compute="_compute_practice_credits", groups="practice_billing.group_user,account.group_account_readonly"
    )
    practice_representative_ids = fields.Many2many(
        "res.partner",
        "practice_representative_rel",
        "patient_id",
        "representative_id",
        string="Represented By",
        groups="practice_billing.group_user",
        copy=False,
        help="Parents or guardians: with their own login they see the packages and appointments of this patient, and "
        "plan and cancel for them.",
    )

    def write(self, vals):
        """Let the money of credits go along when Odoo moves the journal items of a contact to its new company.

        The items stay there when the contact leaves again, and so does the money.
        """
        result = super().write(vals)
        if "parent_id" in vals:
            lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: the same money as the items that Odoo moved
            for payer, lots in lots_sudo.search([("payer_id", "in", self.ids)]).grouped("payer_id").items():
                if payer.commercial_partner_id != payer:
                    lots.payer_id = payer.commercial_partner_id
        return result

    # === COMPUTE METHODS === #

    def _compute_practice_credits(self):
        lots = self.env["practice.credit.lot"]
        sums = ["credits_spendable:sum", "__count"]
        own = lots._read_group([("partner_id", "in", self.ids)], ["partner_id"], sums)
        shared = lots._read_group([("beneficiary_ids", "in", self.ids)], ["beneficiary_ids", "partner_id"], sums)
        # Merging contacts can make an owner a beneficiary too.
        shared = [(partner, *values) for partner, owner, *values in shared if partner != owner]
        available, count = dict.fromkeys(self.ids, 0), dict.fromkeys(self.ids, 0)
        for partner, credits, number in [*own, *shared]:
            if partner.id in count:
                count[partner.id] += number
                available[partner.id] += credits
        for partner in self:
            partner.practice_credits_available = available.get(partner.id, 0)
            partner.practice_lot_count = count.get(partner.id, 0)

    # === ACTIONS === #

    def action_open_practice_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        domain = Domain("partner_id", "=", self.id) | Domain("beneficiary_ids", "in", self.ids)
        return {**action, "domain": list(domain), "context": {"create": False}}

    def action_practice_sell_package(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_package_sale_action")
        return {**action, "context": {"default_partner_id": self.id}}

    def action_practice_give_credits(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_gift_action")
        return {**action, "context": {"default_partner_id": self.id}}

    # === BUSINESS METHODS === #

    def _practice_is_family_of(self, other):
        """Return whether this patient and ``other`` may know of each other: one represents the other, or the same
        person represents both."""
        self.ensure_one()
        mine_sudo, theirs_sudo = self.sudo(), other.sudo()  # sudo: whether, for words that are printed
        mine_sudo |= mine_sudo.practice_representative_ids
        theirs_sudo |= theirs_sudo.practice_representative_ids
        return bool(mine_sudo & theirs_sudo)

    def _practice_get_mail_recipients(self):
        """Return who is written to about this patient: they, else those who represent them; nobody about nobody."""
        patient_sudo = self.sudo()  # sudo: asked by mails, and by whoever sees no representatives
        recipients_sudo = patient_sudo if patient_sudo.email else patient_sudo.practice_representative_ids
        return recipients_sudo.filtered(lambda partner: partner.active and partner.email).with_env(self.env)
