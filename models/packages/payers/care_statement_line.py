from odoo import fields, models


class PracticeCareStatementLine(models.Model):
    """A visit on a care statement, or that an earlier statement was wrong about one; as it was when it was issued.

    A visit stands once on the statements of an arrangement. When it turns out to be another one, a line takes the first
    one back, and the visit is stated once more, in its next ``turn``.
    """

    _name = "practice.care.statement.line"
    _description = "Line of a Care Statement"
    _order = "date, id"
    _rec_name = "type_name"

    statement_id = fields.Many2one(
        "practice.care.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="statement_id.company_id", store=True, index=True, precompute=True)
    patient_id = fields.Many2one(related="statement_id.patient_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    arrangement_id = fields.Many2one(
        "practice.payer.arrangement", readonly=True, index="btree_not_null", ondelete="set null"
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Appointment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="practice_billing.group_user",
    )
    date = fields.Date(required=True, readonly=True, help="Day of the visit, in the practice's time zone.")
    appointment_type_id = fields.Many2one(
        "practice.appointment.type", required=True, readonly=True, index=True, ondelete="restrict"
    )
    type_name = fields.Char(string="Care", required=True, readonly=True, help="In the patient's language.")
    user_id = fields.Many2one(
        "res.users", string="Practitioner's Login", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    practitioner_name = fields.Char(string="Practitioner", readonly=True)
    registration_number = fields.Char(readonly=True)
    is_correction = fields.Boolean(
        string="Correction", required=True, readonly=True, help="It takes back what an earlier statement said."
    )
    price = fields.Monetary(required=True, readonly=True, help="What was paid for the visit, tax included.")
    share = fields.Monetary(string="Payer's Share", required=True, readonly=True)
    turn = fields.Integer(
        required=True, readonly=True, default=0, aggregator=None, help="How often it was taken back before."
    )
    takes_back_id = fields.Many2one(
        "practice.care.statement.line", string="Line It Takes Back", readonly=True, index=False, ondelete="restrict"
    )

    # Each visit is stated once, whatever happens.
    _visit_uniq = models.UniqueIndex(
        "(arrangement_id, event_id, turn) WHERE takes_back_id IS NULL",
        "This visit stands on a statement already. Somebody made statements at the same time: look again.",
    )
    _takes_back_uniq = models.UniqueIndex(
        "(takes_back_id) WHERE takes_back_id IS NOT NULL", "A line is taken back once."
    )
