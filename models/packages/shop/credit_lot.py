from odoo import fields, models
from odoo.tools import format_datetime


class PracticeCreditLot(models.Model):
    """Credits say which terms they were bought under, and where more of them are sold."""

    _inherit = "practice.credit.lot"

    terms_id = fields.Many2one(related="invoice_line_id.practice_terms_id")
    terms_date = fields.Datetime(related="invoice_line_id.practice_terms_date")
    terms_user_id = fields.Many2one(related="invoice_line_id.practice_terms_user_id")

    def _prepare_portal_cards(self, patients):
        """Show whom the credits belong to under which terms they were bought."""
        cards = super()._prepare_portal_cards(patients)
        for card in cards:
            lot = card["lot"]
            date = card["own"] and lot.terms_id and lot.terms_date
            tz = lot.company_id.practice_tz
            card["terms_date"] = format_datetime(self.env, date, tz=tz, dt_format="short") if date else ""
        return cards

    def _get_buy_url(self, recipients):
        """Return where ``recipients`` buy more of this package; nothing when none of them can."""
        self.ensure_one()
        products = self.env["product.product"]
        users = recipients.sudo().user_ids.filtered("active")  # sudo: only whether there is a login
        if not any(self.package_id in products._practice_get_portal_products(user).package_id for user in users):
            return ""
        base = self.company_id.get_base_url()
        return f"{base}/my/packages/buy?package_id={self.package_id.id}&patient_id={self.partner_id.id}"
