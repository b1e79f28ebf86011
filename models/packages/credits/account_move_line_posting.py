from odoo import models
from odoo.exceptions import UserError

from .account_move_line import COMPUTED_FIELDS


class AccountMoveLine(models.Model):
    """What a package line sells is frozen when it is posted: package, credits per unit, accounts, rate, analytics.

    Until then it follows its product and package. A line that was posted before, and a credit note, keep to what was
    sold: their lot knows it.
    """

    _inherit = "account.move.line"

    # === BEFORE POSTING === #

    def _practice_freeze_sale(self):
        """Bring draft package lines that are about to be posted to what they are to sell, or to take back.

        :raises UserError: when a person put such a line on a liability that is not the balance post of its package
        """
        sold_lots = self._practice_get_sold_lots_sudo()
        for line in self:
            if not line._practice_takes_back() and line not in sold_lots and not line._practice_is_agreed():
                line._practice_follow_product()
        for line in self.filtered(lambda line: line._practice_gives_credits()):
            if line._practice_takes_back():
                line._practice_book_where_sold()
            else:
                line._practice_follow_account(sold_lots.get(line))

    def _practice_get_sold_lots_sudo(self):
        """Return ``{line: lot}`` of those of these lines that were posted before and still sell the same package."""
        posted_before = self.filtered("move_id.posted_before")
        if not posted_before:
            return {}
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: whoever posts the invoice
        lots_sudo = lots_sudo.search([("invoice_line_id", "in", posted_before.ids)])
        return {
            lot.invoice_line_id.sudo(self.env.su): lot
            for lot in lots_sudo
            if lot.package_id == lot.invoice_line_id.practice_package_id
        }

    def _practice_takes_back(self):
        """Return whether this line takes credits back, or lowers what they cost."""
        self.ensure_one()
        return (self.move_id.move_type == "out_refund") == (self.quantity >= 0)

    def _practice_is_agreed(self):
        """Return whether what this draft sells was agreed to and has to stay. A hook."""
        self.ensure_one()
        return False

    def _practice_follow_product(self):
        """Sell what the product sells now, which may be something else than when this draft was made."""
        if not self.product_id:
            return
        proposed = self.practice_deferred_account_id
        # As when Odoo computes them: nothing is written where nothing changed.
        with self.env.protecting([self._fields[name] for name in COMPUTED_FIELDS], self):
            self._compute_practice_package_id()
            self._compute_practice_patient_id()
            self._compute_practice_sale()
            self._compute_practice_credits()
        if self.account_id == proposed and proposed != self.practice_deferred_account_id:
            # Nobody chose that account: Odoo proposes anew.
            self._compute_account_id()

    def _practice_follow_account(self, lot_sudo):
        """Let the amount wait on the balance post of the package, or be revenue where a person said so.

        :param lot_sudo: the credits that this line gave when it was posted before, or ``None``
        :raises UserError: when the account is another liability, or the fiscal position maps it to none
        """
        waits, account = self.practice_deferred_account_id, self.account_id
        package_sudo = self.sudo().practice_package_id  # sudo: whoever posts the invoice need not read packages
        before = lot_sudo.deferred_account_id if lot_sudo else account.browse()
        # As it was when it was posted before, or as the package has it and no fiscal position maps it.
        if account & (before + package_sudo.deferred_account_id):
            if account != waits:
                self.practice_deferred_account_id = account
        elif account != waits and account.internal_group == "liability":
            raise UserError(
                self.env._(
                    "%(line)s is on %(account)s, and the money of %(package)s waits on %(post)s: credits that are "
                    "used would never release it. Choose %(post)s, or a revenue account when nothing has to wait.",
                    line=self.name,
                    account=account.display_name,
                    package=package_sudo.name,
                    post=waits.display_name or self.env._("no balance post"),
                )
            )
        if not lot_sudo and (post := self._practice_get_deferred_account()):
            package_sudo._check_mapped_accounts(post, self.move_id.fiscal_position_id)

    def _practice_book_where_sold(self):
        """Book a line that takes credits back where those credits were booked when they were sold."""
        sold = self.practice_sold_line_id
        if not sold:
            lots_sudo = self.env["practice.credit.lot"]._get_refundable_lots_sudo(self)
            self.practice_deferred_account_id = lots_sudo[:1].deferred_account_id.sudo(False)
            sold = lots_sudo[:1].invoice_line_id.sudo(False)
        account = self.practice_deferred_account_id or sold.account_id
        if account and self.account_id != account:
            self.account_id = account

    def _practice_follow_customer(self, lots_sudo):
        """Book a posted line that takes credits back to the customer who was billed for them.

        Odoo books all lines to the customer of the document, who may have joined a company, or left it, since.

        :param lots_sudo: the credits that it takes back
        """
        self.ensure_one()
        payer_sudo = lots_sudo[:1].payer_id
        if payer_sudo and self.partner_id != payer_sudo:
            adjustments = self.practice_adjustment_ids.filtered("practice_package_id")
            (self + adjustments).partner_id = payer_sudo.sudo(self.env.su)

    # === ANALYTICS === #

    def _prepare_analytic_lines(self):
        """Make none of what waits on a balance post: analytics follow the revenue, so releases carry them."""
        self.ensure_one()
        adjusts_post = self.practice_adjusted_line_id and self.practice_package_id
        return [] if adjusts_post or self._practice_waits() else super()._prepare_analytic_lines()

    # === WHEN POSTED === #

    def _practice_prepare_credit_lot_vals(self):
        """Return the values of the lot that this posted line gives.

        :raises UserError: when the package is archived or belongs to another company
        """
        self.ensure_one()
        package, move = self.practice_package_id, self.move_id
        self._practice_check_may_sell(package)
        return {
            "partner_id": self._practice_get_patient().id,
            "payer_id": move.commercial_partner_id.id,
            "company_id": move.company_id.id,
            "origin": "invoice",
            "reference": move.name,
            "invoice_line_id": self.id,
            "invoice_id": move.id,
            "date": move.date,
            "deferred_account_id": self._practice_get_deferred_account().id,
            "analytic_distribution": self.analytic_distribution,
            "credits": self._practice_get_package_credits(),
            "value": self._practice_get_deferred_amount(),
            **package._prepare_terms(move.fiscal_position_id),
        }

    def _practice_check_may_sell(self, package):
        """Refuse to sell ``package`` when it is archived or belongs to another company.

        :raises UserError: naming both
        """
        company = self.move_id.company_id
        if not package.active and not self._practice_may_sell_archived():
            raise UserError(
                self.env._("%s is archived and can no longer be sold. Choose another package.", package.name)
            )
        if package.company_id not in company.parent_ids:
            raise UserError(
                self.env._(
                    "%(package)s is a package of %(owner)s; %(company)s cannot sell it.",
                    package=package.name,
                    owner=package.company_id.name,
                    company=company.name,
                )
            )
