from odoo import models


class PracticeCreditMove(models.Model):
    _inherit = "practice.credit.move"

    # What making statements searches: what was used or lost in a company until a day.
    _pay_idx = models.Index("(company_id, date) WHERE kind IN ('use', 'forfeit')")
