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
    expected = fields.Float(
        readonly=True, digits=(16, 2), help="In euros: what a file was to bring, less what came back before."
    )
    fee = fields.Float(
        string="Fee of the Bank",
        readonly=True,
        digits=(16, 2),
        help="What the bank charges for it. It is part of the statement, with which it is booked.",
    )
    fee_currency = fields.Char(string="Currency of the Fee", readonly=True)
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

    def _get_differences(self):
        """Return in sentences which files brought another amount than they were to, while nobody has looked at it."""
        return [
            self.env._(
                "The bank says that %(said)s arrived for %(file)s, which was to bring %(expected)s. It is not settled "
                "by itself: compare it with the statement, load what came back, then choose The Money Arrived and "
                "tick Sorted Out.",
                said=line.batch_id.currency_id.format(line.amount),
                expected=line.batch_id.currency_id.format(line.expected),
                file=line.end_to_end,
            )
            for line in self
            if line.outcome == "differs" and line._is_open()
        ]

    def _is_open(self):
        """Return whether a person has to look at it."""
        return self.outcome in ("unknown", "differs") and not self.is_sorted_out
