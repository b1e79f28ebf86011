from odoo import fields, models


class ResPartner(models.Model):
    """A patient has payers, and is known to them by a number; so is a practitioner."""

    _inherit = "res.partner"

    practice_insurance_number = fields.Char(
        string="Insurance Number",
        copy=False,
        groups="practice_billing.group_user",
        help="By which insurers know the patient. Printed on care statements.",
    )
    practice_registration_number = fields.Char(
        string="Registration Number",
        copy=False,
        groups="practice_billing.group_user",
        help="By which insurers know the practitioner: RIZIV or INAMI, AGB or BIG. Printed on care statements.",
    )
    practice_arrangement_ids = fields.One2many(
        "practice.payer.arrangement",
        "patient_id",
        string="Payers",
        copy=False,
        groups="practice_billing.group_user",
    )
    practice_care_statement_count = fields.Integer(
        compute="_compute_practice_care_statement_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    # === COMPUTE METHODS === #

    def _compute_practice_care_statement_count(self):
        statements = self.env["practice.care.statement"]
        own = dict(statements._read_group([("patient_id", "in", self.ids)], ["patient_id"], ["__count"]))
        paid = dict(statements._read_group([("payer_id", "in", self.ids)], ["payer_id"], ["__count"]))
        for partner in self:
            partner.practice_care_statement_count = own.get(partner, 0) + paid.get(partner, 0)

    # === ACTIONS === #

    def action_open_practice_care_statements(self):
        """Open the statements of this patient, or of the patients of this payer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_care_statement_action")
        domain = ["|", ("patient_id", "=", self.id), ("payer_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}

    def action_practice_make_care_statements(self):
        """Open the dialog that makes the statements of this patient."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_care_statement_make_action")
        arrangements = self.practice_arrangement_ids
        return {**action, "context": {"default_arrangement_ids": arrangements.ids}}

    # === BUSINESS METHODS === #

    def _practice_get_arrangements(self, company, package=None):
        """Return the arrangements of this patient that hold today for visits that ``package`` pays.

        Those come first that pay all of it.
        """
        self.ensure_one()
        arrangements = self.env["practice.payer.arrangement"]
        holding = arrangements.search(arrangements._get_holding_domain(self, company, company._practice_day()))
        holding = holding.filtered(lambda it: it._holds_for_package(package))
        return holding.sorted(lambda it: not it._pays_all())
