from odoo import fields, models


class PracticeSepaMessageLine(models.Model):
    """What a bank says of one collection, and what became of it here."""

    _name = "practice.sepa.message.line"
    _description = "Line of a Bank Answer"
    _inherit = ["practice.kept.mixin"]
    _order = "message_id desc, id"

    message_id = fields.Many2one("practice.sepa.message", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="message_id.company_id", store=True, index=True)
    end_to_end = fields.Char(string="Reference", readonly=True)
    amount = fields.Float(readonly=True, digits=(16, 2), help="In euros, as the bank says it.")
    code = fields.Char(string="Reason Code", readonly=True)
    reason = fields.Char(compute="_compute_reason")
    day = fields.Date(readonly=True)
    outcome = fields.Selection(
        [
            ("followed", "Came back"),
            ("settled", "File settled"),
            ("known", "Known already"),
            ("unknown", "Not one of ours"),
            ("differs", "Another amount"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    transaction_id = fields.Many2one(
        "payment.transaction", string="Collection", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    batch_id = fields.Many2one(
        "practice.sepa.batch", string="Payment File", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    is_sorted_out = fields.Boolean(string="Sorted Out", help="A person has looked at it.")

    def _compute_reason(self):
        for line in self:
            line.reason = line.code and line.message_id._get_reason(line.code)

    def _is_open(self):
        """Return whether a person has to look at it."""
        return self.outcome in ("unknown", "differs") and not self.is_sorted_out
