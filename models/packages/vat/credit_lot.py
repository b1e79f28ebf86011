from odoo import api, fields, models


class PracticeCreditLot(models.Model):
    """Credits keep whether their VAT was due when they were sold, or is due at each visit."""

    _inherit = "practice.credit.lot"

    vat_at_use = fields.Boolean(
        string="VAT at Each Visit",
        readonly=True,
        help="They were sold without VAT, and their value holds it: each visit takes the VAT of its type out of it.",
    )

    @api.model
    def _get_refundable_lots_sudo(self, line):
        """A line takes back credits that were sold with VAT, or such without, not both."""
        lots_sudo = super()._get_refundable_lots_sudo(line)
        return lots_sudo.filtered(lambda lot: lot.vat_at_use == lots_sudo[0].vat_at_use)
