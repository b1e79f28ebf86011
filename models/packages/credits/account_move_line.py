from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ....tools.credits import whole_credits


class AccountMoveLine(models.Model):
    """An invoice line with a package product knows its patient, its credits and what waits on the balance post."""

    _inherit = "account.move.line"

    practice_patient_id = fields.Many2one(
        "res.partner",
        string="Patient",
        index="btree_not_null",
        ondelete="restrict",
        help="Who gets the credits. Empty: the contact of the invoice. Fill it in when somebody else pays.",
    )
    practice_package_id = fields.Many2one(
        "practice.package",
        string="Package",
        compute="_compute_practice_package_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The package that this amount on a balance post belongs to.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_practice_package_id(self):
        for line in self:
            if line.product_id:
                line.practice_package_id = line.product_id.package_id if line.display_type == "product" else False
            else:
                line.practice_package_id = line.practice_package_id

    # === BUSINESS METHODS === #

    def _practice_gives_credits(self):
        """Return whether this line sells (or takes back) credits."""
        return bool(
            self.display_type == "product"
            and self.product_id.package_id
            and self.move_id.is_sale_document(include_receipts=True)
        )

    def _practice_get_patient(self):
        """Return who gets the credits of this line."""
        return self.practice_patient_id or self.move_id.partner_id

    def _practice_get_package_credits(self):
        """Return the whole credits that this line gives; negative when it takes back.

        :raises UserError: when the quantity does not give whole credits
        """
        self.ensure_one()
        product = self.product_id
        quantity = self.quantity
        if self.product_uom_id and self.product_uom_id != product.uom_id:
            quantity = self.product_uom_id._compute_quantity(quantity, product.uom_id, round=False)
        credits = whole_credits(quantity, product.package_credits)
        if credits is None:
            raise UserError(
                self.env._(
                    "%(quantity)s x %(product)s gives %(credits)s credits, and credits are whole numbers. One unit "
                    "gives %(per_unit)s: choose a quantity that is a multiple of %(step)s.",
                    quantity=f"{quantity:g}",
                    product=product.display_name,
                    credits=f"{quantity * product.package_credits:g}",
                    per_unit=product.package_credits,
                    step=f"1/{product.package_credits}",
                )
            )
        return credits if self.move_id.move_type != "out_refund" else -credits

    def _practice_get_deferred_account(self):
        """Return the balance post when this line books to the one of its package (as the fiscal position maps it, or
        chosen by hand), otherwise an empty account."""
        self.ensure_one()
        account = self.product_id.package_id.deferred_account_id
        return self.account_id & (account + self.move_id.fiscal_position_id.map_account(account))

    def _practice_get_deferred_amount(self):
        """Return what this line brings to (or, on a credit note, takes from) the balance post: company currency, >= 0.

        :raises UserError: when the line has a negative price, or when tax would land on the balance post too
        """
        self.ensure_one()
        account = self._practice_get_deferred_account()
        if not account:
            return 0.0
        self._practice_check_tax_accounts(account)
        amount = -self.balance if self._practice_get_package_credits() > 0 else self.balance
        if self.company_currency_id.compare_amounts(amount, 0.0) < 0:
            raise UserError(
                self.env._(
                    "%s: credits cannot be sold at a negative price. Put the discount on a line of its own.", self.name
                )
            )
        return amount

    def _practice_prepare_refund_vals(self, credits):
        """Return the values of a credit note that takes back ``credits`` of the credits of this line."""
        self.ensure_one()
        move = self.move_id
        exact = self.quantity * credits / self._practice_get_package_credits()
        quantity = self.product_uom_id.round(exact) if self.product_uom_id else exact
        return {
            "move_type": "out_refund",
            "reversed_entry_id": move.id,
            "company_id": move.company_id.id,
            "partner_id": move.partner_id.id,
            "currency_id": move.currency_id.id,
            "fiscal_position_id": move.fiscal_position_id.id,
            "journal_id": move.journal_id.id,
            "ref": self.env._("%(invoice)s: %(credits)s credits", invoice=move.name, credits=credits),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.product_id.id,
                        "product_uom_id": self.product_uom_id.id,
                        "quantity": quantity,
                        # The quantity is stored rounded; the price makes up for it, so that the amount is exact.
                        "price_unit": self.price_unit * exact / quantity,
                        "discount": self.discount,
                        "tax_ids": [Command.set(self.tax_ids.ids)],
                        "practice_patient_id": self.practice_patient_id.id,
                    }
                )
            ],
        }

    def _practice_check_tax_accounts(self, deferred_account):
        """Refuse a tax without account: Odoo books it where the line is booked, and no visit would ever release it."""
        tax_lines = self.move_id.line_ids.filtered(
            lambda line: line.tax_line_id and line.account_id == deferred_account
        )
        if tax_lines:
            raise UserError(
                self.env._(
                    "%(taxes)s has no account of its own: its amount would stay on the balance post %(account)s. "
                    "Give the tax an account, or choose another tax.",
                    taxes=", ".join(tax_lines.tax_line_id.mapped("name")),
                    account=deferred_account.display_name,
                )
            )

    def _practice_prepare_credit_lot_vals(self):
        """Return the values of the lot that this posted line gives.

        :raises UserError: when the package is archived or belongs to another company
        """
        self.ensure_one()
        package, move = self.product_id.package_id, self.move_id
        if not package.active and not self._practice_may_sell_archived():
            raise UserError(
                self.env._("%s is archived and can no longer be sold. Choose another package.", package.name)
            )
        if package.company_id not in move.company_id.parent_ids:
            raise UserError(
                self.env._(
                    "%(package)s is a package of %(owner)s; %(company)s cannot sell it.",
                    package=package.name,
                    owner=package.company_id.name,
                    company=move.company_id.name,
                )
            )
        return {
            "partner_id": self._practice_get_patient().id,
            "payer_id": move.commercial_partner_id.id,
            "package_id": package.id,
            "company_id": move.company_id.id,
            "origin": "invoice",
            "reference": move.name,
            "invoice_line_id": self.id,
            "invoice_id": move.id,
            "date": move.date,
            "internal_rate": package.internal_rate,
            "deferred_account_id": self._practice_get_deferred_account().id,
            "credits": self._practice_get_package_credits(),
            "value": self._practice_get_deferred_amount(),
        }

    def _practice_may_sell_archived(self):
        """Return whether this line was promised before its package was archived. A hook."""
        self.ensure_one()
        return False

    def _practice_get_booked_fields(self):
        return super()._practice_get_booked_fields() | {"practice_package_id"}
