from odoo import api, fields, models
from odoo.tools import SQL


class PracticeVisit(models.Model):
    """The appointments of a practice as they went: who came, who did not, who came for the first time.

    Days and weekdays are those of the practice's time zone. What was cancelled is a row too, also archived. A group is
    a row for each of its participants.
    """

    _name = "practice.visit"
    _description = "Visit"
    _inherit = ["practice.sql.report.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "event_id"

    event_id = fields.Many2one("calendar.event", string="Appointment", readonly=True)
    date = fields.Date(readonly=True)
    weekday = fields.Selection(
        [
            ("1", "Monday"),
            ("2", "Tuesday"),
            ("3", "Wednesday"),
            ("4", "Thursday"),
            ("5", "Friday"),
            ("6", "Saturday"),
            ("7", "Sunday"),
        ],
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="Practitioner", readonly=True)
    patient_id = fields.Many2one("res.partner", readonly=True)
    appointment_type_id = fields.Many2one("practice.appointment.type", readonly=True)
    attendance = fields.Selection(
        lambda self: self.env["calendar.event"]._fields["attendance"]._description_selection(self.env), readonly=True
    )
    is_first = fields.Boolean(
        string="First Visit",
        readonly=True,
        help="The first of this patient in the practice that took place or is planned.",
    )
    hours = fields.Float(readonly=True)
    no_show_rate = fields.Float(
        string="No-Shows (%)",
        readonly=True,
        aggregator="avg",
        help="Of the visits to which patients came or did not; what was cancelled does not count.",
    )

    # What has to be written before the database is asked.
    _depends = {
        "calendar.event": [
            *("attendance", "start", "stop", "allday", "start_date", "user_id", "patient_id"),
            *("practice_appointment_type_id", "practice_places"),
        ],
        "practice.appointment.type": ["company_id"],
        "res.company": ["practice_tz"],
    }

    def action_open_source(self):
        self.ensure_one()
        return self.event_id.get_formview_action()

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT visit.*, EXTRACT(ISODOW FROM visit.date)::int::varchar AS weekday,
                   visit.takes_place AND ROW_NUMBER() OVER (
                       PARTITION BY visit.company_id, visit.patient_id, visit.takes_place ORDER BY visit.start, visit.id
                   ) = 1 AND visit.patient_id IS NOT NULL AS is_first,
                   CASE visit.attendance WHEN 'no_show' THEN 100.0 WHEN 'attended' THEN 0.0 END AS no_show_rate
              FROM (%s) visit
            """,
            self._select_visits(),
        )

    @api.model
    def _select_visits(self):
        return SQL(
            """
            SELECT event.id, event.id AS event_id, event.start, event.attendance, event.user_id, event.patient_id,
                   event.practice_appointment_type_id AS appointment_type_id, type.company_id,
                   event.attendance IN ('planned', 'attended') AS takes_place,
                   %(day)s AS date,
                   EXTRACT(EPOCH FROM event.stop - event.start) / 3600.0 AS hours
              FROM calendar_event event
              JOIN practice_appointment_type type ON type.id = event.practice_appointment_type_id
              JOIN res_company company ON company.id = type.company_id
             WHERE COALESCE(event.practice_places, 0) = 0
            """,
            day=self.env["calendar.event"]._practice_get_visit_day_sql(SQL("COALESCE(company.practice_tz, 'UTC')")),
        )
