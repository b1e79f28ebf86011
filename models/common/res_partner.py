from odoo import fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    practice_lot_ids = fields.One2many(
        "practice.credit.lot",
        "partner_id",
        string="Credits",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_credits_available = fields.Integer(
        string="Credits Available",
        compute="_compute_practice_credits",
        groups="practice_billing.group_user,account.group_account_readonly",
        help="Own and shared credits that can be planned now.",
    )
    practice_lot_count = fields.Integer(
        compute="_compute_practice_credits", groups="practice_billing.group_user,account.group_account_readonly"
    )
    practice_appointment_count = fields.Integer(
        compute="_compute_practice_appointment_count", groups="practice_billing.group_user"
    )

    # === COMPUTE METHODS === #

    def _compute_practice_credits(self):
        lots = self.env["practice.credit.lot"]
        sums = ["credits_available:sum", "__count"]
        own = lots._read_group([("partner_id", "in", self.ids)], ["partner_id", "state"], sums)
        shared = lots._read_group(
            [("beneficiary_ids", "in", self.ids)], ["beneficiary_ids", "state", "partner_id"], sums
        )
        # Merging contacts can make an owner his own beneficiary.
        shared = [(partner, state, *values) for partner, state, owner, *values in shared if partner != owner]
        available, count = dict.fromkeys(self.ids, 0), dict.fromkeys(self.ids, 0)
        for partner, state, credits, number in [*own, *shared]:
            if partner.id in count:
                count[partner.id] += number
                available[partner.id] += credits if state == "active" else 0
        for partner in self:
            partner.practice_credits_available = available.get(partner.id, 0)
            partner.practice_lot_count = count.get(partner.id, 0)

    def _compute_practice_appointment_count(self):
        counts = dict(
            self.env["calendar.event"]._read_group([("patient_id", "in", self.ids)], ["patient_id"], ["__count"])
        )
        for partner in self:
            partner.practice_appointment_count = counts.get(partner, 0)

    # === ACTIONS === #

    def action_open_practice_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        domain = Domain("partner_id", "=", self.id) | Domain("beneficiary_ids", "in", self.ids)
        return {**action, "domain": list(domain), "context": {"create": False}}

    def action_open_practice_appointments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        context = {"default_patient_id": self.id, "default_partner_ids": [self.id, self.env.user.partner_id.id]}
        return {**action, "domain": [("patient_id", "=", self.id)], "context": context}

    def action_sell_package(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_package_sale_action")
        return {**action, "context": {"default_partner_id": self.id}}

    def action_plan_appointment(self):
        """Open a new appointment of this patient."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_plan")
        context = {
            "default_patient_id": self.id,
            "default_partner_ids": [self.id, self.env.user.partner_id.id],
            # An appointment is no to-do about the contact, which Odoo would make of it.
            "default_res_model_id": False,
            "default_res_id": False,
            "default_practice_appointment_type_id": self._get_usual_appointment_type().id,
        }
        return {**action, "context": context}

    # === BUSINESS METHODS === #

    def _get_usual_appointment_type(self):
        """Return what this patient had last; somebody new gets the first type of the list."""
        self.ensure_one()
        last = self.env["calendar.event"].search(
            [("patient_id", "=", self.id), ("practice_appointment_type_id.active", "=", True)],
            order="start desc",
            limit=1,
        )
        return last.practice_appointment_type_id or self.env["practice.appointment.type"].search([], limit=1)

    def _is_reachable(self, company):
        """Return whether documents of ``company`` can be sent: by e-mail, or in another way that was chosen."""
        self.ensure_one()
        return bool(self.email or self.with_company(company).invoice_sending_method not in (False, "email"))
