from odoo import api, fields, models


class AccountMove(models.Model):
    """An invoice that sells gift vouchers: when it is paid they are sent; on the portal it says for whom they are."""

    _inherit = "account.move"

    practice_voucher_ids = fields.One2many(
        "practice.gift.voucher",
        "invoice_id",
        string="Gift Vouchers",
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_voucher_count = fields.Integer(
        compute="_compute_practice_voucher_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    @api.depends("practice_voucher_ids")
    def _compute_practice_voucher_count(self):
        for move in self:
            move.practice_voucher_count = len(move.practice_voucher_ids)

    def action_open_practice_vouchers(self):
        """Open the gift vouchers that this invoice sells."""
        self.ensure_one()
        vouchers = self.practice_voucher_ids
        if len(vouchers) == 1:
            return vouchers.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_gift_voucher_action")
        return {**action, "domain": [("invoice_id", "=", self.id)], "context": {}}

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        vouchers_sudo = self.sudo().practice_voucher_ids  # sudo: whoever registers the payment; only whether
        if vouchers_sudo:
            vouchers_sudo._trigger_run()
        return result

    # === BOUGHT ON THE PORTAL === #

    def _practice_says(self, line_vals):
        wanted = [vals for _create, _id, vals in line_vals.get("practice_voucher_ids", [])]
        found = self._practice_get_package_lines().practice_voucher_ids
        says = len(wanted) == len(found) and all(it._says(vals) for it, vals in zip(found, wanted, strict=True))
        return super()._practice_says(line_vals) and says

    def _practice_prepare_portal_order(self):
        return {**super()._practice_prepare_portal_order(), "voucher": self.practice_voucher_ids[:1]}
