from odoo import fields, models


class ProductTemplate(models.Model):
    """A package product that patients may buy by themselves."""

    _inherit = "product.template"

    practice_published = fields.Boolean(
        string="Sold on the Portal",
        copy=False,
        tracking=True,
        help="Patients with a login can buy it themselves, one unit at a time. A product that costs nothing is not "
        "offered there.",
    )
    # What the portal searches.
    _practice_published_idx = models.Index("(package_id) WHERE practice_published IS TRUE")
