from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .seen_fields import SeenMany2many
from .turns import take_turn


class ResPartner(models.Model):
    """A patient has appointments."""

    _name = "res.partner"
    _inherit = ["res.partner", "practice.archived.mixin"]

    meeting_ids = SeenMany2many()
    practice_appointment_count = fields.Integer(
        compute="_compute_practice_appointment_count", groups="practice_billing.group_user"
    )

    practice_is_patient = fields.Boolean(
        string="Is a Patient",
        compute="_compute_practice_is_patient",
        search="_search_practice_is_patient",
        groups="practice_billing.group_user",
        help="A person with credits or appointments, or one who is no contact of a company.",
    )
    practice_booking_turn = fields.Integer(copy=False, readonly=True, groups="base.group_system")

    # === COMPUTE METHODS === #

    def _compute_practice_appointment_count(self):
        counts = dict(
            self.env["calendar.event"]._read_group([("patient_id", "in", self.ids)], ["patient_id"], ["__count"])
        )
        for partner in self:
            partner.practice_appointment_count = counts.get(partner, 0)

    def _compute_practice_is_patient(self):
        patients = self.search(self._practice_get_patient_domain() & Domain("id", "in", self.ids))
        for partner in self:
            partner.practice_is_patient = partner in patients

    def _search_practice_is_patient(self, operator, value):
        if operator != "in":
            return NotImplemented
        patients = self._practice_get_patient_domain()
        return patients if True in value else ~patients

    # === ACTIONS === #

    def action_open_practice_appointments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        context = {
            "practice_planning": True,
            "default_patient_id": self.id,
            "default_partner_ids": [self.id, self.env.user.partner_id.id],
        }
        return {**action, "domain": [("patient_id", "=", self.id)], "context": context}

    def action_practice_plan_appointment(self):
        """Open a new appointment of this patient."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_plan")
        context = {
            "default_patient_id": self.id,
            "default_partner_ids": [self.id, self.env.user.partner_id.id],
            # An appointment is no to-do about the contact, which Odoo would make of it.
            "default_res_model_id": False,
            "default_res_id": False,
            "default_practice_appointment_type_id": self._practice_get_usual_appointment_type().id,
        }
        return {**action, "context": context}

    # === BUSINESS METHODS === #

    def _practice_get_planned_domain(self):
        return Domain("patient_id", "in", self.ids)

    def _practice_get_usual_appointment_type(self):
        """Return what this patient had last; somebody new gets the first type of the list."""
        self.ensure_one()
        last = self.env["calendar.event"].search(
            [("patient_id", "=", self.id), ("practice_appointment_type_id.active", "=", True)],
            order="start desc",
            limit=1,
        )
        return last.practice_appointment_type_id or self.env["practice.appointment.type"].search([], limit=1)

    def _practice_take_booking_turn(self):
        """Make sure that nobody else books with these practitioners and patients in the meantime."""
        take_turn(self, "practice_booking_turn")

    @api.model
    def _practice_get_patient_domain(self):
        """Return who is a patient: people with credits or appointments, and those who may become one."""
        people = Domain("is_company", "=", False) & Domain("partner_share", "=", True)
        return people & (self._practice_get_private_domain() | Domain.custom(to_sql=self._practice_get_cared_for_sql))

    @api.model
    def _practice_get_cared_for_sql(self, _partners, alias, _query):
        """Return whether somebody has appointments or credits, as a condition: looked up for whom a list shows.

        Which of them is not told, so no rights to them are asked for. As EXISTS, PostgreSQL would read all of both.
        """
        self.env["calendar.event"].flush_model(["patient_id"])
        self.env["practice.credit.lot"].flush_model(["partner_id"])
        return SQL(
            """
            ((SELECT 1 FROM calendar_event event WHERE event.patient_id = %(person)s LIMIT 1) IS NOT NULL
             OR (SELECT 1 FROM practice_credit_lot lot WHERE lot.partner_id = %(person)s LIMIT 1) IS NOT NULL)
            """,
            person=SQL.identifier(alias, "id"),
        )

    @api.model
    def _practice_get_private_domain(self):
        """Return the people who are no contacts of a company, among whom new patients are."""
        return Domain("parent_id", "=", False) | Domain.custom(to_sql=self._practice_get_of_person_sql)

    @api.model
    def _practice_get_of_person_sql(self, _partners, alias, _query):
        """Return whether somebody is a contact of a person, as a condition: looked up for whom a list shows."""
        self.flush_model(["is_company", "parent_id"])
        return SQL(
            "(SELECT parent.is_company IS NOT TRUE FROM res_partner parent WHERE parent.id = %s)",
            SQL.identifier(alias, "parent_id"),
        )
