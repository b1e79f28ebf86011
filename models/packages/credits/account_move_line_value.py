from odoo import api, fields, models

from ....tools.charges import share_amount


class AccountMoveLine(models.Model):
    """What a package line is worth on its balance post: what is really paid for it, at the rate of its sale.

    A discount on a line of its own (Odoo's *Discount* button, loyalty, a rebate) lowers the lines that it discounts,
    and a credit note in another currency takes back what the sale had brought, whatever the rate of its day. Posting
    moves both by pairs of journal items that are not printed and come to 0.00; resetting to draft removes them.
    """

    _inherit = "account.move.line"

    practice_adjusted_line_id = fields.Many2one(
        "account.move.line",
        string="Adjusts",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The package line whose amount on the balance post this item brings to what is really paid.",
    )
    practice_adjustment_ids = fields.One2many("account.move.line", "practice_adjusted_line_id", string="Adjustments")

    @api.depends("practice_deferred_account_id")
    def _compute_discount_allocation_needed(self):
        """Leave package lines out of Odoo's discount account: credits cost what is paid, without the discount."""
        result = super()._compute_discount_allocation_needed()
        waiting = self.filtered(lambda line: line._practice_waits())
        waiting.discount_allocation_needed = False
        return result

    def _practice_waits(self):
        """Return whether the amount of this line waits on a balance post."""
        self.ensure_one()
        return bool(self._practice_get_deferred_account())

    def _practice_get_worth(self, amount="balance"):
        """Return what this line and its adjustments bring to its account, debit positive.

        :param amount: ``balance`` in company currency, or ``amount_currency`` in that of the document
        """
        self.ensure_one()
        return sum((self + self.practice_adjustment_ids.filtered("practice_package_id")).mapped(amount))

    # === WHEN POSTED, AND WITHDRAWN === #

    def _practice_adjust(self):
        """Bring what these package lines have on their balance posts to what is really paid, just before posting."""
        self._practice_unadjust()  # a document that was never withdrawn, as after a cancelled posting
        waiting = self.filtered(lambda line: line._practice_waits())
        # Odoo has nothing to bring up to date: neither taxes nor terms follow from these items.
        lines = self.with_context(skip_invoice_sync=True)
        for prepare in (type(self)._practice_prepare_discounts, type(self)._practice_prepare_exchange):
            if vals_list := prepare(waiting):
                lines.create(vals_list)._create_analytic_lines()

    def _practice_unadjust(self):
        """Remove the adjustments of documents that are drafts (again)."""
        # sudo: they were made by posting, and go with it, whoever withdraws the document
        self.practice_adjustment_ids.sudo().with_context(skip_invoice_sync=True).unlink()

    def _practice_prepare_adjustment(self, account, name, balance, amount_currency, **counterpart):
        """Return the pair of items that moves an amount from this line's balance post to ``account``.

        :param float balance: debit positive, on the balance post; company currency
        :param float amount_currency: the same in the document's currency
        :param counterpart: more values of the item on ``account``
        """
        self.ensure_one()
        shared = {
            "move_id": self.move_id.id,
            "display_type": "discount",
            "name": name,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "practice_adjusted_line_id": self.id,
        }
        return [
            {
                **shared,
                "account_id": self.account_id.id,
                "practice_package_id": self.practice_package_id.id,
                "balance": balance,
                "amount_currency": amount_currency,
            },
            {
                **shared,
                "account_id": account.id,
                "balance": -balance,
                "amount_currency": -amount_currency,
                **counterpart,
            },
        ]

    # === DISCOUNTS === #

    def _practice_prepare_discounts(self):
        """Return the items that give each of these lines its share of the discount lines of its document."""
        vals_list = []
        for move, waiting in self.grouped("move_id").items():
            posts, left = waiting.account_id, {line: (line.balance, line.amount_currency) for line in waiting}
            for discount in move.line_ids:
                if not discount._practice_is_discount(posts):
                    continue
                for line, balance, amount_currency in discount._practice_share_discount(left):
                    left[line] = (left[line][0] + balance, left[line][1] + amount_currency)
                    vals_list += line._practice_prepare_adjustment(
                        discount.account_id,
                        discount.name or self.env._("Discount"),
                        balance,
                        amount_currency,
                        analytic_distribution=discount.analytic_distribution,
                    )
        return vals_list

    def _practice_is_discount(self, posts):
        """Return whether this line lowers the price of others, rather than takes something back or settles it.

        :param posts: the balance posts of the document's package lines: a rebate may be booked there as well
        """
        self.ensure_one()
        return (
            self.display_type == "product"
            and self.price_subtotal < 0
            and not self.practice_package_id
            and not self._practice_is_downpayment()
            and (self.account_id in posts or self.account_id.internal_group in ("income", "expense"))
        )

    def _practice_share_discount(self, left):
        """Return ``(line, balance, amount_currency)`` of what this discount line takes from lines on balance posts.

        It is shared, in proportion of their amounts, by the lines with the same taxes, as Odoo makes one discount line
        for each of them; by all lines when none has. It never takes more than a line still has.

        :param dict left: ``{line: (balance, amount_currency)}`` of the lines on balance posts
        """
        self.ensure_one()
        sold = self.move_id.line_ids.filtered(
            lambda line: (
                line.display_type == "product" and line.price_subtotal > 0 and not line._practice_is_downpayment()
            )
        )
        sold = sold.filtered(lambda line: line.tax_ids == self.tax_ids) or sold
        weights = sold.mapped("price_subtotal")
        balances = share_amount(self.balance, weights, self.company_currency_id.rounding)
        amounts = share_amount(self.amount_currency, weights, self.currency_id.rounding)
        shares = []
        for line, balance, amount_currency in zip(sold, balances, amounts, strict=True):
            if line in left:
                balance, amount_currency = (
                    share if abs(share) <= abs(rest) else -rest
                    for share, rest in zip((balance, amount_currency), left[line], strict=True)
                )
                shares.append((line, balance, amount_currency))
        return [share for share in shares if share[1] or share[2]]

    # === FOREIGN CURRENCY === #

    def _practice_prepare_exchange(self):
        """Return the items that keep what these lines take back at the rate of its sale.

        What was paid in advance is no debt of money, so it keeps its rate (IFRIC 22); what another rate makes of it at
        the refund is an exchange result.
        """
        vals_list = []
        for line in self.filtered(lambda line: line.currency_id != line.company_currency_id):
            if line._practice_takes_back() and (sold := line._practice_get_sold_line()):
                balance = line._practice_get_worth()
                amount_currency = line._practice_get_worth("amount_currency")
                rate = sold._practice_get_worth() / sold._practice_get_worth("amount_currency")
                if difference := line.company_currency_id.round(amount_currency * rate - balance):
                    company = line.company_id
                    account = (
                        company.expense_currency_exchange_account_id
                        if difference < 0
                        else company.income_currency_exchange_account_id
                    )
                    vals_list += line._practice_prepare_adjustment(
                        account, self.env._("Exchange difference: %s", line.name), difference, 0.0
                    )
        return vals_list

    def _practice_get_sold_line(self):
        """Return the line, of the same currency, whose credits this line takes back."""
        self.ensure_one()
        sold = self.practice_sold_line_id
        if not sold:
            lots_sudo = self.env["practice.credit.lot"]._get_refundable_lots_sudo(self)
            sold = lots_sudo[:1].invoice_line_id.sudo(self.env.su)
        same = sold.currency_id == self.currency_id and sold._practice_get_worth("amount_currency")
        return sold if same else sold.browse()
