from odoo import fields, models

from .pay_rule import BASES


class PracticePayLine(models.Model):
    """The share of one movement of credits, on one statement.

    A movement is paid once. When it turns out that somebody else gave the visit, a line takes the first one back, and
    the movement is paid once more, in its next ``turn``.
    """

    _name = "practice.pay.line"
    _description = "Line of a Practitioner's Pay"
    _order = "date, id"
    _rec_name = "date"

    statement_id = fields.Many2one(
        "practice.pay.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", string="Practitioner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    month = fields.Date(required=True, readonly=True, help="Of the statement.")
    state = fields.Selection(related="statement_id.state")
    move_id = fields.Many2one(
        "practice.credit.move",
        string="Credit Movement",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    # Not stored: what is handed out to patients about themselves is not what their practitioner earns.
    partner_id = fields.Many2one(related="move_id.partner_id", string="Patient")
    event_id = fields.Many2one(related="move_id.event_id", string="Appointment", groups="practice_billing.group_user")
    date = fields.Date(required=True, readonly=True, help="Day of the visit.")
    appointment_type_id = fields.Many2one(
        "practice.appointment.type", required=True, readonly=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(
        [("use", "Visit"), ("forfeit", "No-show or late")], string="What", required=True, readonly=True
    )
    is_correction = fields.Boolean(
        string="Correction",
        required=True,
        readonly=True,
        help="It takes back what was stated: the visit was corrected, or somebody else gave it.",
    )
    credits = fields.Integer(required=True, readonly=True)
    rule_id = fields.Many2one("practice.pay.rule", required=True, readonly=True, index=True, ondelete="cascade")
    basis = fields.Selection(BASES, string="Percentage Of", required=True, readonly=True)
    basis_amount = fields.Monetary(string="Basis", required=True, readonly=True, help="Without tax.")
    percentage = fields.Float(string="Share (%)", required=True, readonly=True, digits=(5, 2), aggregator=None)
    amount = fields.Monetary(string="Earned", required=True, readonly=True)
    turn = fields.Integer(
        required=True, readonly=True, aggregator=None, help="How often the practitioner was corrected before."
    )
    takes_back_id = fields.Many2one(
        "practice.pay.line", string="Line It Takes Back", readonly=True, ondelete="restrict", index=False
    )

    # Each movement is paid once, whatever happens.
    _move_uniq = models.UniqueIndex(
        "(move_id, turn) WHERE takes_back_id IS NULL",
        "These credits stand on a statement already. Somebody made statements at the same time: look again.",
    )
    _takes_back_uniq = models.UniqueIndex(
        "(takes_back_id) WHERE takes_back_id IS NOT NULL", "A line is taken back once."
    )
