from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.common.words import count_credits


class PracticeNextVisit(models.TransientModel):
    """Plan the next visit of a patient from this one: same type, practitioner, length and time of the clock."""

    _name = "practice.next.visit"
    _description = "Next Visit"

    event_id = fields.Many2one("calendar.event", string="After", required=True, ondelete="cascade")
    distance = fields.Selection(
        [
            ("1", "In 1 week"),
            ("2", "In 2 weeks"),
            ("3", "In 3 weeks"),
            ("4", "In 4 weeks"),
            ("day", "On another day"),
        ],
        string="When",
        required=True,
        compute="_compute_distance",
        store=True,
        readonly=False,
        precompute=True,
        help="Proposed is what lay between this visit and the one before.",
    )
    day = fields.Date(string="On", required=True, compute="_compute_day", store=True, readonly=False, precompute=True)
    planned = fields.Char(compute="_compute_visit", help="When it would be, in the practice's time zone.")
    conflict = fields.Text(compute="_compute_visit")
    credits_missing = fields.Integer(compute="_compute_visit")
    consequence = fields.Char(compute="_compute_visit", help="What it takes, and the balance after it.")
    reason = fields.Char(string="Planned All the Same")

    @api.depends("event_id")
    def _compute_distance(self):
        for wizard in self:
            weeks, days = divmod(wizard.event_id._practice_get_rhythm().days, 7) if wizard.event_id else (2, 0)
            wizard.distance = str(weeks) if not days and 1 <= weeks <= 4 else "day"

    @api.depends("event_id", "distance")
    def _compute_day(self):
        for wizard in self.filtered("event_id"):
            rhythm = wizard.event_id._practice_get_rhythm()
            if wizard.distance in ("1", "2", "3", "4"):
                rhythm = timedelta(weeks=int(wizard.distance))
            wizard.day = wizard.event_id._practice_get_visit_day() + rhythm

    @api.depends("event_id", "day")
    def _compute_visit(self):
        for wizard in self:
            if not wizard.event_id or not wizard.day:
                wizard.update({"planned": False, "conflict": False, "credits_missing": 0, "consequence": False})
                continue
            visit = self.env["calendar.event"].new(wizard._prepare_vals())
            missing = self.env["practice.credit.lot"]._count_missing(
                visit.patient_id._origin, visit.practice_appointment_type_id._origin, visit.start
            )
            wizard.planned = visit._practice_describe_start()
            wizard.conflict = "\n".join(visit._practice_find_conflicts().get(visit, ())) or False
            wizard.credits_missing = missing
            wizard.consequence = wizard._describe_cost(visit.practice_appointment_type_id._origin, missing)

    @api.onchange("day")
    def _onchange_day(self):
        """A reason is for one time."""
        self.reason = False

    def _describe_cost(self, appointment_type, missing):
        """Return in words what the visit takes, and the balance after it."""
        package, credits = appointment_type.package_id, appointment_type.package_credits
        if not package:
            return self.env._("It takes no credits.")
        owner = (self.event_id.patient_id, package)
        balance = self.env["practice.credit.lot"]._get_balances({owner})[owner]
        if missing:
            return self.env._(
                "Credits of %(package)s that are missing on that day: %(missing)s. Sell a package first, or choose an "
                "earlier day.",
                package=package.name,
                missing=missing,
            )
        return self.env._(
            "It takes %(credits)s. Left after it: %(left)s, and %(reserved)s reserved.",
            credits=count_credits(self.env, credits),
            left=balance["available"] - credits,
            reserved=balance["reserved"] + credits,
        )

    def action_plan(self):
        """Plan the visit as everything is at this moment, and say when it is.

        :raises UserError: when the day is over, credits are missing, or somebody is busy and nobody said why it is
            planned all the same
        """
        self.ensure_one()
        vals = self._prepare_vals()
        if vals["stop"] < fields.Datetime.now():
            raise UserError(self.env._("%s is over: choose a later day.", self.planned))
        event = self.env["calendar.event"].create({**vals, "practice_overrule_reason": self.reason})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Planned: %(patient)s, %(when)s.",
                    patient=event.patient_id.name,
                    when=event._practice_describe_start(),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _prepare_vals(self):
        return self.event_id._practice_prepare_next_visit_vals(self.day)
