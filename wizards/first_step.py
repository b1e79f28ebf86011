from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import config

from ..models.common.ir_ui_menu import HALVES

#: What an empty database needs before the first sale, in the order in which it is done.
STEPS = [
    ("company", "Company Data"),
    ("timezone", "Your Time Zone"),
    ("mail", "Outgoing Mail"),
    ("payment", "Payment Method"),
    ("tax", "Tax on Care"),
    ("package", "Package"),
    ("product", "Product That Sells It"),
    ("type", "Appointment Type"),
    ("hours", "Hours of Practitioners"),
    ("plan", "Plan"),
    ("usage", "Kind of Usage"),
]

#: The half of the module that a step is for; all others are for both.
HALF_OF = {
    **dict.fromkeys(("tax", "package", "product", "type", "hours"), "packages"),
    **dict.fromkeys(("plan", "usage"), "subscriptions"),
}

#: Not everybody needs it: it is offered, and never waited for.
OPTIONAL = {"usage"}

#: Who may do a step: the model that is written, which of the rights on it, and the group that its form wants.
NEEDS = {
    "company": ("res.company", "write", None),
    "mail": ("ir.mail_server", "create", "base.group_system"),
    "payment": ("payment.provider", "write", "base.group_system"),
    "tax": ("res.company", "write", "base.group_system"),
    "package": ("practice.package", "create", None),
    "product": ("product.template", "create", None),
    "type": ("practice.appointment.type", "create", None),
    "hours": ("resource.resource", "create", None),
    "plan": ("practice.plan", "create", None),
    "usage": ("practice.usage.kind", "create", None),
}


class PracticeFirstStep(models.TransientModel):
    """A line of the checklist. Nobody ticks it: it asks the database whether it is done."""

    _name = "practice.first.step"
    _description = "First Step"
    _order = "id"

    checklist_id = fields.Many2one("practice.first.steps", ondelete="cascade")
    company_id = fields.Many2one(related="checklist_id.company_id")
    name = fields.Selection(STEPS, required=True)
    note = fields.Char(compute="_compute_note")
    done = fields.Boolean(compute="_compute_done")
    optional = fields.Boolean(compute="_compute_done")
    allowed = fields.Boolean(compute="_compute_allowed", help="Whoever reads the checklist may do this step.")

    @api.depends("name")
    def _compute_note(self):
        notes = {
            "company": self.env._("Name, address and VAT number, as they stand on invoices."),
            "timezone": self.env._("Without one, appointments show at the wrong hour."),
            "mail": self.env._("Invoices, confirmations and reminders go out through it."),
            "payment": self.env._("How people pay on the portal: cards, direct debit, bank transfer."),
            "tax": self.env._("In most countries care is exempt. New products that sell credits get it."),
            "package": self.env._("With its price, credits, tax and accounts; its product and type are made along."),
            "product": self.env._("What is on the invoice: so many credits at a price."),
            "type": self.env._("How long a visit lasts, how many credits it takes, what cancelling costs."),
            "hours": self.env._("Patients book the free times in them."),
            "plan": self.env._("What a practitioner costs a month or year; its product is made along."),
            "usage": self.env._("Only if usage is billed: what is counted, such as new files."),
        }
        for step in self:
            step.note = notes.get(step.name)

    @api.depends("name", "company_id")
    def _compute_done(self):
        for step in self:
            step.optional = step.name in OPTIONAL
            step.done = bool(step.name) and step._is_done(step.name, step.company_id or self.env.company)

    @api.depends("name")
    @api.depends_context("uid")
    def _compute_allowed(self):
        for step in self:
            model, right, group = NEEDS.get(step.name, ("res.users", "read", None))
            step.allowed = self.env[model].has_access(right) and (not group or self.env.user.has_group(group))

    # === BUSINESS METHODS === #

    @api.model
    def _get_shown(self):
        """Return the names of the steps for the halves of the module that are on."""
        on = {None, *(name for name, half in HALVES.items() if not self.env.user.has_group(half["group"]))}
        return [name for name, _title in STEPS if HALF_OF.get(name) in on]

    @api.model
    def _is_done(self, name, company):
        """Return whether ``company`` has what a step asks for."""
        if name == "timezone":
            return bool(self.env.user.tz)
        company_sudo = company.sudo()  # sudo: whether there is something, not what
        if name == "company":
            return bool(company_sudo.street and company_sudo.city and company_sudo.country_id)
        if name == "tax":
            return bool(company_sudo.practice_care_tax_id)
        if name == "mail" and config["smtp_server"] not in ("localhost", False):
            return True  # whoever runs the server has set one
        model, domain = self._get_evidence(name, company)
        return bool(self.env[model].sudo().search_count(domain, limit=1))  # sudo: as above

    @api.model
    def _get_evidence(self, name, company):
        """Return the model and the domain of the records that show that a step is done."""
        own, shared = Domain("company_id", "=", company.id), Domain("company_id", "in", (False, company.id))
        of_package = Domain("package_id.company_id", "parent_of", company.id) & Domain("package_id.active", "=", True)
        return {
            "mail": ("ir.mail_server", Domain.TRUE),
            "payment": ("payment.provider", own & Domain("state", "!=", "disabled")),
            "package": ("practice.package", Domain("company_id", "parent_of", company.id)),
            "product": ("product.template", of_package & Domain("sale_ok", "=", True)),
            "type": ("practice.appointment.type", own),
            "hours": ("resource.resource", shared & Domain("user_id", "!=", False)),
            "plan": ("practice.plan", own & Domain("price_ids", "!=", False)),
            "usage": ("practice.usage.kind", own),
        }[name]

    # === ACTIONS === #

    def action_open(self):
        """Open the form in which this step is done: a new one, or what there is of it."""
        self.ensure_one()
        if self.name == "company":
            return {
                "type": "ir.actions.act_window",
                "res_model": "res.company",
                "res_id": self.company_id.id,
                "views": [(False, "form")],
            }
        action = self.env["ir.actions.actions"]._for_xml_id(
            {
                "timezone": "base.action_res_users_my",
                "mail": "base.action_ir_mail_server_list",
                "payment": "payment.action_payment_provider",
                "tax": "practice_billing.res_config_settings_action_practice",
                "package": "practice_billing.practice_package_action",
                "product": "practice_billing.product_template_action_package",
                "type": "practice_billing.practice_appointment_type_action",
                "hours": "practice_billing.resource_resource_action_practitioner",
                "plan": "practice_billing.practice_plan_action",
                "usage": "practice_billing.practice_usage_kind_action",
            }[self.name]
        )
        if self.name == "timezone":
            return {**action, "res_id": self.env.uid}
        if self.done or self.name not in ("package", "product", "type", "plan"):
            return action
        package = self.env["practice.package"].search([("company_id", "=", self.company_id.id)], limit=2)
        only = package.id if len(package) == 1 else False
        if self.name in ("package", "product"):
            action = self.env["ir.actions.actions"]._for_xml_id("practice_billing.practice_package_make_action")
            return {**action, "context": {"default_package_id": only}}
        views = [(view_id, mode) for view_id, mode in action["views"] if mode == "form"]
        context = {"default_package_id": only} if self.name == "type" else {}
        return {**action, "views": views, "view_mode": "form", "context": context}
