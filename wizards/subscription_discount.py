from odoo import fields, models


class PracticeSubscriptionDiscount(models.TransientModel):
    """Give a discount code to a running subscription."""

    _name = "practice.subscription.discount"
    _description = "Apply Discount Code"

    subscription_id = fields.Many2one("practice.subscription", required=True, readonly=True)
    code = fields.Char(string="Discount Code", required=True)

    def action_apply(self):
        """Use the code from the next invoice on; a refusal says which rule."""
        self.ensure_one()
        self.subscription_id._check_may_bill()
        codes_sudo = self.env["practice.discount.code"].sudo()  # sudo: whoever knows a code may use it
        codes_sudo._find(self.code, self.subscription_id.company_id)._redeem(self.subscription_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
