from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

ACTIVITY = "practice_billing.mail_activity_type_payer"

#: What a payer was told of by an arrangement that has issued a statement: it is ended, and another one made.
AGREED_FIELDS = ("patient_id", "payer_id", "company_id", "percentage", "amount", "date_from")

#: What decides which visits there may be to state.
SCOPE_FIELDS = {"date_from", "date_to", "appointment_type_ids", "documents", "active", "needs_numbers"}


class PracticePayerArrangement(models.Model):
    """Somebody else than the patient pays for visits, or pays some of it back: how much, of what, until when.

    The patient (or the payer) gets numbered statements of the visits that took place. Nothing is booked by them.
    """

    _name = "practice.payer.arrangement"
    _description = "Arrangement With a Payer"
    _inherit = ["mail.thread", "mail.activity.mixin", "practice.kept.mixin", "practice.retry.mixin"]
    _order = "patient_id, date_from desc, id desc"
    _check_company_auto = True

    patient_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", tracking=True)
    payer_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="An insurer, an employer, a parent, a municipality.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    active = fields.Boolean(default=True, tracking=True)
    percentage = fields.Float(
        string="Share (%)",
        digits=(5, 2),
        default=0.0,
        aggregator=None,
        tracking=True,
        help="Of what was really paid for a visit, tax included.",
    )
    amount = fields.Monetary(
        string="Amount per Visit",
        default=0.0,
        aggregator=None,
        tracking=True,
        help="Instead of a percentage; never more than the visit was worth.",
    )
    reference = fields.Char(
        string="Payer's Reference", tracking=True, copy=False, help="Number of the policy, the case, the order."
    )
    date_from = fields.Date(
        string="From",
        required=True,
        tracking=True,
        default=lambda self: self.env.company._practice_day(),
        help="First day of the visits it holds for.",
    )
    date_to = fields.Date(
        string="Until", tracking=True, copy=False, help="Last day of the visits it holds for. Empty: it goes on."
    )
    appointment_type_ids = fields.Many2many(
        "practice.appointment.type",
        string="Appointment Types",
        check_company=True,
        help="Empty: all types that take credits.",
    )
    documents = fields.Selection(
        [("visit", "Per Visit"), ("month", "Per Month")],
        string="Care Statements",
        required=True,
        default="month",
        help="Made by themselves: of a visit on the day after, of a month on the first day of the next one.",
    )
    send_to = fields.Selection(
        [("patient", "The Patient"), ("payer", "The Payer")],
        required=True,
        default="patient",
        help="Who gets the e-mail when somebody presses Send on a care statement.",
    )
    needs_numbers = fields.Boolean(
        string="Only With Numbers",
        default=True,
        help="Insurers want the patient's insurance number and the practitioner's registration number: no statement is "
        "made until both are known.",
    )
    statement_ids = fields.One2many("practice.care.statement", "arrangement_id", string="Statements", readonly=True)
    statement_count = fields.Integer(compute="_compute_statement_count")
    next_date = fields.Date(
        string="Next Statements On",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default=lambda self: self.env.company._practice_day(),
        help="From when on the nightly run looks for visits.",
    )
    error = fields.Text(string="No Statement Because", readonly=True, copy=False)
    retry_date = fields.Date(readonly=True, copy=False)
    turn = fields.Integer(readonly=True, copy=False, groups="base.group_system")

    _share_sound = models.Constraint(
        """CHECK (COALESCE(percentage, 0) BETWEEN 0 AND 100 AND COALESCE(amount, 0) >= 0
                  AND (COALESCE(percentage, 0) > 0) <> (COALESCE(amount, 0) > 0))""",
        "A share is a percentage of more than 0 and at most 100, or an amount per visit of more than 0: one of both.",
    )
    _period_sound = models.Constraint(
        "CHECK (date_to >= date_from)", "An arrangement ends on the day it begins, or later."
    )

    # === COMPUTE METHODS === #

    def _compute_statement_count(self):
        counts = dict(
            self.env["practice.care.statement"]._read_group(
                [("arrangement_id", "in", self.ids)], ["arrangement_id"], ["__count"]
            )
        )
        for arrangement in self:
            arrangement.statement_count = counts.get(arrangement._origin, 0)

    @api.depends("patient_id", "payer_id")
    def _compute_display_name(self):
        for arrangement in self:
            names = {"patient": arrangement.patient_id.name or "", "payer": arrangement.payer_id.name or ""}
            arrangement.display_name = self.env._("%(patient)s, paid by %(payer)s", **names)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("patient_id", "payer_id")
    def _check_payer(self):
        for arrangement in self:
            if arrangement.patient_id == arrangement.payer_id:
                raise ValidationError(
                    self.env._("%s cannot be both the patient and the payer.", arrangement.patient_id.name)
                )

    @api.constrains("patient_id", "payer_id", "company_id", "date_from", "date_to", "appointment_type_ids", "active")
    def _check_overlap(self):
        """Refuse two arrangements of a patient and payer that hold for the same visits.

        Of two that are made at once, the later one waits for its patient's turn and sees the other one then.
        """
        active = self.filtered("active")
        active.patient_id._practice_take_booking_turn()
        others = self.search([("patient_id", "in", active.patient_id.ids), ("payer_id", "in", active.payer_id.ids)])
        for arrangement in active:
            other = others.filtered(lambda it, mine=arrangement: it != mine and it._overlaps(mine))[:1]
            if other:
                raise ValidationError(
                    self.env._(
                        "%(arrangement)s: there is an arrangement from %(first)s already that holds for the same "
                        "visits. End it before the other one begins, or choose other appointment types.",
                        arrangement=arrangement.display_name,
                        first=format_date(self.env, other.date_from),
                    )
                )

    @api.onchange("percentage")
    def _onchange_percentage(self):
        if self.percentage:
            self.amount = 0.0

    @api.onchange("amount")
    def _onchange_amount(self):
        if self.amount:
            self.percentage = 0.0

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_agreed(vals)
        result = super().write(vals)
        if SCOPE_FIELDS & vals.keys():
            for company, arrangements in self.grouped("company_id").items():
                # sudo: only the module writes when the run looks
                arrangements.sudo().write({"next_date": company._practice_day(), "retry_date": False})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        if used := self._filter_used():
            raise UserError(
                self.env._(
                    "%s: statements were issued. End the arrangement instead of deleting it.", used[0].display_name
                )
            )

    # === ACTIONS === #

    def action_open_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_care_statement_action")
        return {**action, "domain": [("arrangement_id", "=", self.id)], "context": {}}

    def action_make_statements(self):
        """Open the dialog that makes the statements of these arrangements."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_care_statement_make_action")
        vals = {"default_arrangement_ids": self.ids, "default_company_id": self.company_id[:1].id}
        return {**action, "context": vals}

    # === BUSINESS METHODS === #

    def _filter_used(self):
        """Return those of these arrangements by which a statement was issued."""
        # sudo: which arrangements only
        statements_sudo = self.env["practice.care.statement"].sudo()
        used = statements_sudo._read_group([("arrangement_id", "in", self.ids)], ["arrangement_id"])
        return self.browse(arrangement.id for [arrangement] in used)

    def _check_agreed(self, vals):
        """Refuse to change what statements were issued by: an arrangement is ended, and another one begins."""
        if not ({*AGREED_FIELDS, "date_to"} & vals.keys()):
            return
        for arrangement in self._filter_used():
            fields_changed = (name for name in AGREED_FIELDS if name in vals)
            if any(arrangement._practice_is_other(self._fields[name], vals[name]) for name in fields_changed):
                raise UserError(
                    self.env._(
                        "%s: statements were issued by this arrangement. End it, and make another one from the day "
                        "after.",
                        arrangement.display_name,
                    )
                )
            arrangement._check_end(fields.Date.to_date(vals.get("date_to")))

    def _check_end(self, end):
        """Refuse to end before a visit that was stated."""
        # sudo: the last day only
        lines_sudo = self.env["practice.care.statement.line"].sudo()
        [[last]] = lines_sudo._read_group([("arrangement_id", "=", self.id)], [], ["date:max"])
        if end and last and end < last:
            raise UserError(
                self.env._(
                    "%(arrangement)s: a visit of %(last)s stands on a statement. End it on that day at the earliest.",
                    arrangement=self.display_name,
                    last=format_date(self.env, last),
                )
            )

    def _overlaps(self, other):
        """Return whether this arrangement and ``other`` of the same people hold for the same visits."""
        mine, theirs = self.appointment_type_ids, other.appointment_type_ids
        return (
            (self.patient_id, self.payer_id, self.company_id) == (other.patient_id, other.payer_id, other.company_id)
            and (not other.date_to or self.date_from <= other.date_to)
            and (not self.date_to or other.date_from <= self.date_to)
            and (not mine or not theirs or bool(mine & theirs))
        )

    @api.model
    def _get_holding_domain(self, patient, company, day):
        """Return the arrangements of a patient that hold on ``day``."""
        return (
            Domain("patient_id", "=", patient.id)
            & Domain("company_id", "=", company.id)
            & Domain("date_from", "<=", day)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
        )

    def _holds_for_package(self, package):
        """Return whether this arrangement holds for visits that credits of ``package`` pay."""
        self.ensure_one()
        types = self.appointment_type_ids
        return not types or not package or package in types.package_id

    def _pays_all(self):
        """Return whether the payer pays the whole of each visit: they are the customer."""
        self.ensure_one()
        return self.percentage == 100.0

    def _describe_sale(self, customer):
        """Return in one sentence what the payer pays when a package is sold to ``customer``: all of it, or what the
        patient gets statements for."""
        self.ensure_one()
        if self._pays_all() and customer == self.payer_id:
            return self.env._("%(payer)s pays all of it: the invoice goes to them.", payer=self.payer_id.name)
        names = {"payer": self.payer_id.name, "patient": self.patient_id.name}
        if self.percentage:
            return self.env._(
                "%(payer)s pays %(percentage)s %% of each visit: %(patient)s pays the package and gets care statements "
                "for it.",
                percentage=f"{self.percentage:g}",
                **names,
            )
        return self.env._(
            "%(payer)s pays %(amount)s of each visit: %(patient)s pays the package and gets care statements for it.",
            amount=formatLang(self.env, self.amount, currency_obj=self.currency_id),
            **names,
        )

    # === WHEN A RUN FAILS === #

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        self.activity_unlink([ACTIVITY])
        for arrangement in self:
            arrangement.activity_schedule(
                ACTIVITY,
                summary=self.env._("Care statements could not be made"),
                note=reason,
                user_id=arrangement.company_id._practice_get_responsible(arrangement.create_uid).id,
            )
        return result

    def _practice_untell(self):
        # sudo: the to-do may be somebody else's
        self.sudo().activity_unlink([ACTIVITY])
        return super()._practice_untell()
