from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command, Domain


class Offer(NamedTuple):
    """What a product costs a buyer: the figures of the very invoice that would be made."""

    product: object
    company: object
    currency: object
    untaxed: float
    total: float
    credits: int

    @property
    def price_per_credit(self):
        """With tax, not rounded."""
        return self.total / self.credits


class ProductTemplate(models.Model):
    _inherit = "product.template"

    practice_published = fields.Boolean(
        string="Sold on the Portal",
        copy=False,
        tracking=True,
        help="Patients with a login can buy it themselves, one unit at a time. A product that costs nothing is not "
        "offered there.",
    )

    # What the portal searches.
    _practice_published_idx = models.Index("(package_id) WHERE practice_published")


class ProductProduct(models.Model):
    """What patients can buy on the portal, and at what price."""

    _inherit = "product.product"

    @api.model
    def _get_portal_products(self, user):
        """Return what ``user`` can buy on the portal, with the rights to read it, cheapest first.

        Sold are published package products of the companies of the login; a package of a company may be sold by its
        branches. Archived ones, those that may not be sold and those that cost nothing are left out.
        """
        companies = user.sudo().company_ids
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
        products = self.sudo().with_context(display_default_code=False).search(domain)
        products = products.filtered(lambda product: product._get_portal_seller(user))
        return products.sorted(lambda product: (product.package_id.name, product.lst_price, product.id))

    def _get_portal_seller(self, user):
        """Return the company that sells this product to ``user``: the package's own, else a branch of it."""
        self.ensure_one()
        package, user = self.package_id, user.sudo()
        allowed = (user.company_id | user.company_ids).filtered(
            lambda company: (
                package.company_id in company.parent_ids
                and (not self.company_id or self.company_id in company.parent_ids)
            )
        )
        return allowed & package.company_id or allowed[:1]

    def _get_portal_offers(self, user):
        """Return ``{product: offer}`` for ``user``, computed by a draft of the invoice with a line per product.

        Products that turn out to cost nothing are left out.
        """
        offers = {}
        for company, products in self.grouped(lambda product: product._get_portal_seller(user)).items():
            moves = self.env["account.move"].sudo().with_company(company)  # sudo: a draft that is never saved
            vals = moves._prepare_package_sale_vals(company, user.partner_id, products)
            for _create, _id, line_vals in vals["invoice_line_ids"]:
                # No price depends on it, and Odoo would ask the database for it line by line.
                line_vals["analytic_distribution"] = False
            draft = moves.new(vals)
            for product, line in zip(products, draft.invoice_line_ids, strict=True):
                offer = Offer(
                    product,
                    company,
                    draft.currency_id,
                    line.price_subtotal,
                    line.price_total,
                    product.package_credits,
                )
                if draft.currency_id.compare_amounts(offer.total, 0.0) > 0:
                    offers[product] = offer
        return offers


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _prepare_package_sale_vals(self, company, payer, products, *, patient=None, quantity=1.0):
        """Return the values of the invoice that sells packages to a patient: staff and portal sell with the same.

        :param company: who sells
        :param payer: who gets the invoice
        :param products: package products, ``quantity`` units of each
        :param patient: who gets the credits; default: the payer
        """
        patient = patient if patient and patient != payer else self.env["res.partner"]
        return {
            "move_type": "out_invoice",
            "company_id": company.id,
            "partner_id": payer.id,
            "invoice_line_ids": [
                Command.create(
                    {"product_id": product.id, "quantity": quantity, "practice_patient_id": patient.id},
                )
                for product in products
            ],
        }


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_portal_providers(self, partner, amount, currency):
        """Return the payment providers of this company with which ``partner`` can pay ``amount`` on the portal.

        A bank transfer that waits for the practice to see the money is no online payment: the invoice does that.
        """
        self.ensure_one()
        providers = self.env["payment.provider"].sudo()  # sudo: what the payment form shows to everybody
        if partner.sudo().company_id not in (self.env["res.company"], self):
            return providers
        found = providers._get_compatible_providers(self.id, partner.id, amount, currency_id=currency.id)
        return found.filtered(lambda provider: provider.code not in ("none", "custom"))

    def _get_portal_ways(self, user, amount, currency):
        """Return how ``user`` can buy on the portal: ``online``, on ``invoice``, both or not at all."""
        self.ensure_one()
        ways, buyer = [], user.partner_id
        providers = self._get_portal_providers(buyer, amount, currency)
        methods = self.env["payment.method"].sudo()  # sudo: only whether there is one
        if providers and methods._get_compatible_payment_methods(providers.ids, buyer.id, currency_id=currency.id):
            ways.append("online")
        if self.sudo().practice_portal_invoice and buyer._is_reachable(self):  # sudo: a setting
            ways.append("invoice")
        return ways
