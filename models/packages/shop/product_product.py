from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain


class Offer(NamedTuple):
    """What a product costs a buyer: the figures of the very invoice that would be made."""

    product: object
    company: object
    currency: object
    untaxed: float
    total: float
    credits: int
    #: What the tax is called, with its rate: *21%*; empty without tax.
    tax_name: str

    @property
    def price_per_credit(self):
        """With tax, not rounded."""
        return self.total / self.credits


class ProductProduct(models.Model):
    """What patients can buy on the portal, and at what price."""

    _inherit = "product.product"

    @api.model
    def _practice_get_portal_products(self, user):
        """Return what ``user`` can buy on the portal, with the rights to read it, cheapest first.

        Sold are published package products of the companies of the login; a package of a company may be sold by its
        branches. Archived ones, those that may not be sold, that cost nothing or that are over are left out.
        """
        companies = user.sudo().company_ids  # sudo: of the login itself
        sellers = companies | companies.parent_ids
        domain = Domain(
            [
                ("practice_published", "=", True),
                ("sale_ok", "=", True),
                ("list_price", ">", 0),
                ("package_id.active", "=", True),
                ("package_id.company_id", "in", sellers.ids),
                ("company_id", "in", [False, *sellers.ids]),
            ]
        )
        # sudo: patients have no rights on products; the domain is what the practice shows them. Codes are for staff.
        products_sudo = self.sudo().with_context(display_default_code=False).search(domain)
        products_sudo = products_sudo.filtered(
            lambda product: (
                product._practice_get_portal_seller(user)
                and not product.package_id._is_over(product.package_id.company_id._practice_day())
            )
        )
        return products_sudo.sorted(lambda product: (product.package_id.name, product.lst_price, product.id))

    def _practice_get_portal_seller(self, user):
        """Return the company that sells this product to ``user``: the package's own, else a branch of it."""
        self.ensure_one()
        package, user_sudo = self.package_id, user.sudo()  # sudo: the companies of the login itself
        allowed = (user_sudo.company_id | user_sudo.company_ids).filtered(
            lambda company: (
                package.company_id in company.parent_ids
                and (not self.company_id or self.company_id in company.parent_ids)
            )
        )
        return allowed & package.company_id or allowed[:1]

    def _practice_get_portal_offers(self, user):
        """Return ``{product: offer}`` for ``user``, computed by a draft of the invoice with a line per product.

        Products that turn out to cost nothing are left out.
        """
        offers = {}
        for company, products in self.grouped(lambda product: product._practice_get_portal_seller(user)).items():
            moves_sudo = self.env["account.move"].sudo().with_company(company)  # sudo: a draft that is never saved
            vals = moves_sudo._practice_prepare_package_sale_vals(company, user.partner_id, products)
            for _create, _id, line_vals in vals["invoice_line_ids"]:
                # No price depends on it, and Odoo would ask the database for it line by line.
                line_vals["analytic_distribution"] = False
            draft = moves_sudo.new(vals)
            for product, line in zip(products, draft.invoice_line_ids, strict=True):
                offer = Offer(
                    product,
                    company,
                    draft.currency_id,
                    line.price_subtotal,
                    line.price_total,
                    product.package_credits,
                    ", ".join(tax.invoice_label or tax.name for tax in line.tax_ids),
                )
                if draft.currency_id.compare_amounts(offer.total, 0.0) > 0:
                    offers[product] = offer
        return offers
