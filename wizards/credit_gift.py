from odoo import api, fields, models


class PracticeCreditGift(models.TransientModel):
    """Give a patient credits without money: as a courtesy, to make up for something, for a friend of the practice."""

    _name = "practice.credit.gift"
    _description = "Give Credits"

    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    package_id = fields.Many2one(
        "practice.package",
        compute="_compute_package_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        domain="[('company_id', 'parent_of', company_id)]",
    )
    credits = fields.Integer(default=1, required=True, help="Whole credits.")
    expiry_date = fields.Date(
        string="Usable Until", help="Last day, included. Empty: as long as the package says, from today on."
    )
    reason = fields.Char(required=True, help="Kept with the credits. Patients do not read it.")

    _credits_positive = models.Constraint("CHECK (credits > 0)", "Give at least one credit.")

    @api.depends("partner_id", "company_id")
    def _compute_package_id(self):
        """Propose what the patient has, or the only package there is."""
        for gift in self:
            domain = [("company_id", "parent_of", gift.company_id.ids)]
            lots = self.env["practice.credit.lot"].search(
                [("partner_id", "=", gift.partner_id.id)], order="id desc", limit=1
            )
            packages = self.env["practice.package"].search(domain, limit=2)
            known = lots.package_id.filtered_domain(domain)
            gift.package_id = gift.package_id or known or (packages if len(packages) == 1 else False)

    def action_give(self):
        """Give the credits and show them."""
        self.ensure_one()
        vals = {
            "partner_id": self.partner_id.id,
            "package_id": self.package_id.id,
            "company_id": self.company_id.id,
            "credits": self.credits,
            "expiry_date": self.expiry_date,
        }
        return self.env["practice.credit.lot"]._give_away(vals, self.reason).get_formview_action()
