from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...common.words import count_days

#: When a step is due, in the order in which they come.
MOMENTS = [
    ("before_due", "Before the due date"),
    ("overdue", "After the due date"),
    ("before_suspension", "Before the suspension"),
    ("suspended", "When suspended"),
    ("ended", "When ended while suspended"),
]

#: The moments that are so many days away from a date.
WITH_DAYS = ("before_due", "overdue", "before_suspension")

#: What is sent at each moment, unless somebody chooses another template.
TEMPLATES = {
    "before_due": "mail_template_reminder_before_due",
    "overdue": "mail_template_reminder_overdue",
    "before_suspension": "mail_template_reminder_overdue",
    "suspended": "mail_template_reminder_suspended",
    "ended": "mail_template_reminder_ended",
}


class PracticeReminderStep(models.Model):
    """One step of the reminder plan of a company: when, and what happens then."""

    _name = "practice.reminder.step"
    _description = "Step of the Reminder Plan"
    _order = "company_id, moment_order, day_order, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    moment = fields.Selection(MOMENTS, required=True, default="overdue")
    days = fields.Integer(help="Whole days before or after, in the company's time zone.")
    # In which order they come. Who may write a step may write these too, and changes the order of the list only.
    moment_order = fields.Integer(compute="_compute_order", store=True, readonly=False)
    day_order = fields.Integer(compute="_compute_order", store=True, readonly=False)
    template_id = fields.Many2one(
        "mail.template",
        string="E-Mail",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        domain="[('model', '=', 'practice.subscription')]",
        ondelete="restrict",
        help="To the administrators on the portal and the contact for invoices. Empty: no e-mail.",
    )
    makes_activity = fields.Boolean(string="Activity", help="Whoever is responsible for the subscription is to call.")
    fee_product_id = fields.Many2one(
        "product.product",
        string="Fee",
        check_company=True,
        domain="[('type', '=', 'service')]",
        ondelete="restrict",
        help="An invoice of its own charges this product. The law limits it. Belgium: 40.00 between companies; for "
        "consumers the first reminder is free, and after 14 days your terms may ask 20.00 for a debt of up to 150.00 "
        "(Book XIX of the Code of Economic Law). Netherlands: 15 % and at least 40.00; for consumers only after a "
        "reminder that gives 14 days.",
    )
    fee_amount = fields.Monetary(string="Amount of the Fee", help="Without tax; the product says which tax, if any.")

    _days_not_negative = models.Constraint("CHECK (days >= 0)", "The days of a reminder cannot be negative.")
    _fee_not_negative = models.Constraint("CHECK (fee_amount >= 0)", "The fee of a reminder cannot be negative.")
    _moment_uniq = models.UniqueIndex(
        "(company_id, moment, days) WHERE active", "There is a reminder for this day already: change that one."
    )

    @api.depends("moment", "days")
    def _compute_order(self):
        order = [moment for moment, _name in MOMENTS]
        for step in self:
            step.moment_order = order.index(step.moment or "overdue")
            step.day_order = step.days if step.moment == "overdue" else -step.days

    @api.depends("moment")
    def _compute_template_id(self):
        for step in self:
            template = self.env.ref(f"practice_billing.{TEMPLATES[step.moment]}", raise_if_not_found=False)
            step.template_id = template if step.moment else False

    @api.depends("moment", "days")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for step in self:
            step.display_name = step._describe()

    def _describe(self):
        """Return in words when this step is due."""
        days = count_days(self.env, self.days)
        if self.moment == "before_due":
            return self.env._("%s before the due date", days)
        if self.moment == "overdue":
            return self.env._("%s after the due date", days)
        if self.moment == "before_suspension":
            return self.env._("%s before the suspension", days)
        return dict(self._fields["moment"]._description_selection(self.env)).get(self.moment, "")

    @api.onchange("moment")
    def _onchange_moment(self):
        if self.moment not in WITH_DAYS:
            self.days = 0

    @api.constrains("moment", "days")
    def _check_days(self):
        for step in self:
            if step.moment not in WITH_DAYS and step.days:
                raise ValidationError(self.env._("%s: it happens on that day, not some days away.", step._describe()))
            if step.moment == "overdue" and not step.days:
                raise ValidationError(
                    self.env._("On its due date an invoice can still be paid in time: remind at least 1 day after it.")
                )

    @api.constrains("fee_product_id", "fee_amount", "moment")
    def _check_fee(self):
        for step in self:
            if bool(step.fee_product_id) != bool(step.fee_amount):
                raise ValidationError(
                    self.env._("%s: a fee needs a product and an amount. Give both or neither.", step._describe())
                )
            if step.fee_product_id and step.moment == "before_due":
                raise ValidationError(self.env._("Who is not late yet cannot be charged a fee for it."))
