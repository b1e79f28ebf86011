from odoo import api, fields, models


class PracticeCreditExtend(models.TransientModel):
    """Give credits more time, for illness or as a favour; the reason is kept."""

    _name = "practice.credit.extend"
    _description = "Extend Credits"

    lot_ids = fields.Many2many("practice.credit.lot", string="Credits", required=True)
    expiry_date = fields.Date(
        string="Usable Until",
        compute="_compute_expiry_date",
        store=True,
        readonly=False,
        help="Last day, included. Empty: they do not expire.",
    )
    reason = fields.Char(required=True)

    @api.depends("lot_ids")
    def _compute_expiry_date(self):
        for wizard in self:
            dates = [day for day in wizard.lot_ids.mapped("expiry_date") if day]
            wizard.expiry_date = max(dates, default=False)

    def action_extend(self):
        self.ensure_one()
        self.lot_ids._extend(self.expiry_date, self.reason)
        return {"type": "ir.actions.act_window_close"}
