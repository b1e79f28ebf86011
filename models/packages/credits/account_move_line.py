from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.sql import column_exists, create_column

from ....tools.credits import whole_credits

#: Computed and stored; empty on every line that was there before this module.
COMPUTED_FIELDS = (
    "practice_patient_id",
    "practice_package_id",
    "practice_credits_per_unit",
    "practice_credits",
    "practice_deferred_account_id",
)

#: What nobody changes on a posted line that sold credits, or took them back.
FROZEN_FIELDS = {
    "account_id",
    "product_id",
    "practice_credits",
    "practice_package_id",
    "practice_patient_id",
    "practice_sold_line_id",
}


class AccountMoveLine(models.Model):
    """An invoice line with a package product knows its patient, its credits and what waits on the balance post.

    A draft says what its product sells today. Posting it freezes that (``account_move_line_posting``), and a credit
    note takes back what was sold (``account_move_line_refund``), whatever product and package say by then.
    """

    _inherit = "account.move.line"

    practice_patient_id = fields.Many2one(
        "res.partner",
        string="Patient",
        compute="_compute_practice_patient_id",
        store=True,
        precompute=True,
        readonly=False,
        copy=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Who gets the credits. Empty: the customer of the sale order if there is one, else the contact of the "
        "invoice. Fill it in when somebody else pays.",
    )
    practice_sold_line_id = fields.Many2one(
        "account.move.line",
        string="Takes Back",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the invoice that this line of a credit note takes back.",
    )
    practice_package_id = fields.Many2one(
        "practice.package",
        string="Package",
        compute="_compute_practice_package_id",
        store=True,
        precompute=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The package that this amount on a balance post belongs to.",
    )
    practice_credits_per_unit = fields.Integer(
        string="Credits per Unit", compute="_compute_practice_sale", store=True, precompute=True, aggregator=None
    )
    practice_credits = fields.Integer(
        string="Credits",
        compute="_compute_practice_credits",
        store=True,
        precompute=True,
        readonly=False,
        copy=False,
        help="Whole credits that the invoice gives, or that the credit note takes back. On a credit note it can be "
        "changed; 0 is a price reduction: the credits stay and are worth less.",
    )
    practice_deferred_account_id = fields.Many2one(
        "account.account",
        string="Balance Post",
        compute="_compute_practice_sale",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Where the amount waits until the service is given: on a draft what the package proposes, on a posted "
        "line what holds.",
    )

    # Where the proof looks for accounts on which something of a package is.
    _practice_package_account_idx = models.Index(
        "(practice_package_id, account_id, company_id)"
        " WHERE practice_package_id IS NOT NULL AND parent_state = 'posted'"
    )

    def _auto_init(self):
        # Odoo would compute them for each journal item there is, which takes hours in large books.
        for name in COMPUTED_FIELDS:
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, "int4")
        return super()._auto_init()

    # === COMPUTE METHODS === #

    @api.depends("product_id", "practice_sold_line_id")
    def _compute_practice_package_id(self):
        """Propose what the product sells today; a credit note has it from the line that it takes back."""
        for line in self:
            if line.practice_sold_line_id:
                line.practice_package_id = line.practice_sold_line_id.practice_package_id
            elif line.product_id:
                # sudo: whoever makes an invoice need not be able to read packages
                package_sudo = line.product_id.sudo().package_id
                line.practice_package_id = package_sudo if line.display_type == "product" else False
            else:
                line.practice_package_id = line.practice_package_id

    @api.depends("product_id", "practice_sold_line_id", "practice_package_id")
    def _compute_practice_sale(self):
        selling = self.filtered(lambda line: line.practice_sold_line_id or line.practice_package_id)
        others = self - selling
        others.practice_credits_per_unit, others.practice_deferred_account_id = 0, False
        for line in selling:
            sold, package_sudo = line.practice_sold_line_id, line.sudo().practice_package_id  # sudo: as above
            if sold:
                line.practice_credits_per_unit = sold.practice_credits_per_unit
                line.practice_deferred_account_id = sold.practice_deferred_account_id
            elif package_sudo and package_sudo == line.product_id.sudo().package_id:  # sudo: as above
                post_sudo = package_sudo.deferred_account_id
                line.practice_credits_per_unit = line.product_id.package_credits
                line.practice_deferred_account_id = line.move_id.fiscal_position_id.map_account(post_sudo)
            else:
                line.practice_credits_per_unit = 0
                line.practice_deferred_account_id = False

    @api.depends("quantity", "product_uom_id", "practice_credits_per_unit", "practice_package_id")
    def _compute_practice_credits(self):
        for line in self:
            line.practice_credits = line._practice_count_credits() or 0 if line._practice_gives_credits() else 0

    # === CONSTRAINTS === #

    @api.constrains("practice_credits")
    def _check_practice_credits(self):
        for line in self:
            if line.practice_credits < 0 and line.move_type == "out_refund" and line._practice_takes_back():
                raise ValidationError(self.env._("A credit note takes back 0 credits or more."))

    # === CRUD METHODS === #

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys():
            self._practice_check_not_sold(vals)
        return super().write(vals)

    def _practice_check_not_sold(self, vals):
        """Refuse to change what a posted line sold: its credits and their money would stay behind.

        :raises UserError: naming the line and its document
        """
        for line in self:
            if line.parent_state != "posted" or not line._practice_gives_credits():
                continue
            if line._practice_get_changes({name: vals[name] for name in FROZEN_FIELDS & vals.keys()}):
                raise UserError(
                    self.env._(
                        "%(line)s of %(invoice)s is posted, and credits follow from it. Reset the document to draft to "
                        "change it, or credit it.",
                        line=line.name,
                        invoice=line.move_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _practice_gives_credits(self):
        """Return whether this line sells (or takes back) credits."""
        return bool(
            self.practice_package_id
            and self.display_type == "product"
            and self.product_id
            and self.move_id.is_sale_document(include_receipts=True)
        )

    def _practice_get_unit_price(self, total):
        """Return the price at which one unit, with the taxes of this line, comes to ``total``: with or without tax, as
        they want it. In the currency of the document."""
        self.ensure_one()
        details = self.tax_ids._get_tax_details(
            total, 1.0, rounding_method="round_per_line", product=self.product_id, special_mode="total_included"
        )
        return total if self.tax_ids.filtered("price_include") else details["total_excluded"]

    def _practice_get_patient(self):
        """Return who gets the credits of this line."""
        return self.practice_patient_id or self.move_id.partner_id

    def _practice_count_credits(self):
        """Return the credits of this line's quantity, at what one unit gives; ``None`` when they are not whole."""
        quantity, product = self.quantity, self.product_id
        if self.product_uom_id and self.product_uom_id != product.uom_id:
            quantity = self.product_uom_id._compute_quantity(quantity, product.uom_id, round=False)
        return whole_credits(quantity, self.practice_credits_per_unit)

    def _practice_get_package_credits(self):
        """Return the whole credits that this line gives; negative when it takes back.

        :raises UserError: when the quantity does not give whole credits
        """
        self.ensure_one()
        credits, is_refund = self._practice_count_credits(), self.move_id.move_type == "out_refund"
        if is_refund and self._practice_takes_back() and (self.practice_credits or credits):
            credits = self.practice_credits  # a person may have chosen another number, or none: a price reduction
        if credits is None:
            raise UserError(
                self.env._(
                    "%(quantity)s x %(product)s gives %(credits)s credits, and credits are whole numbers. One unit "
                    "gives %(per_unit)s: choose a quantity that is a multiple of %(step)s.",
                    quantity=f"{self.quantity:g}",
                    product=self.product_id.display_name,
                    credits=f"{self.quantity * self.practice_credits_per_unit:g}",
                    per_unit=self.practice_credits_per_unit,
                    step=f"1/{self.practice_credits_per_unit}",
                )
            )
        return -credits if is_refund else credits

    def _practice_get_deferred_account(self):
        """Return the balance post when this line books to it, otherwise an empty account."""
        self.ensure_one()
        return self.account_id & self.practice_deferred_account_id

    def _practice_get_deferred_amount(self):
        """Return what this line brings to (or, on a credit note, takes from) the balance post: company currency, >= 0.

        :raises UserError: when the line has a negative price, or when tax would land on the balance post too
        """
        self.ensure_one()
        account = self._practice_get_deferred_account()
        if not account:
            return 0.0
        self._practice_check_tax_accounts(account)
        worth = self.company_currency_id.round(self._practice_get_worth())
        amount = -worth if self._practice_get_package_credits() > 0 else worth
        if self.company_currency_id.compare_amounts(amount, 0.0) < 0:
            raise UserError(
                self.env._(
                    "%s: credits cannot be sold at a negative price. Put the discount on a line of its own.", self.name
                )
            )
        return amount

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

    def _practice_may_sell_archived(self):
        """Return whether this line was sold, or promised, before its package was archived. A hook."""
        self.ensure_one()
        return bool(self._practice_get_sold_lots_sudo())

    def _practice_get_booked_fields(self):
        return super()._practice_get_booked_fields() | {"practice_package_id"}
