from odoo import api, models
from odoo.tools import SQL


class PracticeCareStatement(models.Model):
    """What was paid for a visit with its tax: where VAT is due at the visit, the visit knows it and not the sale."""

    _inherit = "practice.care.statement"

    @api.model
    def _select_tax(self):
        return SQL(
            """
            SELECT CASE WHEN lot.vat_at_use THEN (
                            SELECT released.amount / NULLIF(released.amount - COALESCE(released.tax_amount, 0), 0)
                              FROM practice_revenue_release released WHERE released.credit_move_id = credit.id)
                        ELSE sold.factor END AS factor
              FROM (%s) sold
            """,
            super()._select_tax(),
        )
