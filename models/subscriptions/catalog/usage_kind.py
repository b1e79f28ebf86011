from odoo import fields, models


class PracticeUsageKind(models.Model):
    """What is counted: new files, paid questionnaires."""

    _name = "practice.usage.kind"
    _description = "Kind of Usage"
    _order = "sequence, name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True, help="As it stands on the invoice.")
    code = fields.Char(required=True, help="The name that other software uses when it records usage.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Gives the lines their taxes and their account. Empty: the product of the plan.",
    )

    _code_uniq = models.Constraint("UNIQUE (company_id, code)", "There is a kind of usage with this code already.")
