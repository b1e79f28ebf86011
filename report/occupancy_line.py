from odoo import api, fields, models
from odoo.tools import SQL


class PracticeOccupancyLine(models.TransientModel):
    """The hours of one practitioner on one day."""

    _name = "practice.occupancy.line"
    _description = "Hours of a Practitioner"
    _order = "date desc, user_id, id"
    _rec_name = "user_id"

    occupancy_id = fields.Many2one("practice.occupancy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="occupancy_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", string="Practitioner", ondelete="cascade")
    date = fields.Date()
    hours_worked = fields.Float(string="Worked", help="Working hours without leaves.")
    hours_booked = fields.Float(
        string="Booked", help="Planned, attended and missed appointments; two at the same time count once."
    )
    hours_attended = fields.Float(string="Attended Hours")
    occupancy = fields.Float(
        string="Occupancy (%)",
        compute="_compute_occupancy",
        store=True,
        aggregator="avg",
        help="Booked of worked hours; of several days of all their hours together.",
    )

    @api.depends("hours_worked", "hours_booked")
    def _compute_occupancy(self):
        for line in self:
            line.occupancy = 100 * line.hours_booked / line.hours_worked if line.hours_worked else 0.0

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """The occupancy of several days is not the average of theirs: a short day weighs less."""
        if aggregate_spec != "occupancy:avg":
            return super()._read_group_select(aggregate_spec, query)
        booked, worked = (self._field_to_sql(self._table, name, query) for name in ("hours_booked", "hours_worked"))
        return SQL("100.0 * SUM(%s) / NULLIF(SUM(%s), 0)", booked, worked)

    def action_open_appointments(self):
        """Open the appointments of these hours."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_visit_action")
        domain = [("user_id", "=", self.user_id.id), ("date", "=", self.date), ("company_id", "=", self.company_id.id)]
        views = sorted(action["views"], key=lambda view: view[1] != "list")
        return {**action, "domain": domain, "views": views, "context": {}}
