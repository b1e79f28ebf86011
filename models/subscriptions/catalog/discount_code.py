from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import escape_psql

KINDS = [("percentage", "Percentage"), ("amount", "Amount")]
DURATIONS = [("once", "The first invoice"), ("periods", "A number of periods"), ("forever", "For good")]


class PracticeDiscountCode(models.Model):
    """A code that takes something off licences, additions and changes of plan; usage is never discounted."""

    _name = "practice.discount.code"
    _description = "Discount Code"
    _inherit = ["practice.kept.mixin", "mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(string="Code", required=True, copy=False, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    kind = fields.Selection(KINDS, required=True, default="percentage", tracking=True)
    percentage = fields.Float(tracking=True)
    amount = fields.Monetary(
        tracking=True, help="For each invoice, at most what its licences come to. The rest is not carried over."
    )
    duration = fields.Selection(DURATIONS, required=True, default="once", tracking=True)
    periods = fields.Integer(string="Number of Periods", default=3)
    date_from = fields.Date(string="Valid From")
    date_to = fields.Date(string="Valid Until", help="Last day on which the code can be applied.")
    max_redemptions = fields.Integer(
        string="Maximum", help="How many organisations can use the code. 0: as many as want."
    )
    plan_ids = fields.Many2many("practice.plan", string="Plans", check_company=True, help="Empty: all plans.")

    _name_uniq = models.UniqueIndex("(company_id, UPPER(name))", "There is a code of this name already.")
    _percentage_sound = models.Constraint(
        "CHECK (kind <> 'percentage' OR (percentage > 0 AND percentage <= 100))",
        "A percentage lies above 0 and is at most 100.",
    )
    _amount_positive = models.Constraint("CHECK (kind <> 'amount' OR amount > 0)", "The amount has to be positive.")
    _periods_positive = models.Constraint(
        "CHECK (duration <> 'periods' OR periods > 0)", "The number of periods has to be positive."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)", "A code cannot end before it begins."
    )

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, name, company):
        """Return the code called ``name`` (in any case).

        :raises UserError: when there is none
        """
        name = (name or "").strip()
        code = self.search([("name", "=ilike", escape_psql(name)), ("company_id", "=", company.id)], limit=1)
        if not code:
            raise UserError(self.env._("There is no discount code %s.", name))
        return code
