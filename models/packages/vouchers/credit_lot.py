from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ....tools.dates import last_day_of


class PracticeCreditLot(models.Model):
    """Credits that are kept for whoever has the code of a voucher: their buyer can do nothing with them.

    They are given back, expire and are extended like others. How long a voucher can be redeemed is one thing, and how
    long its credits can be used another: the first is agreed with who buys it, from the day of payment; the second is
    the validity of the package when it was sold, which begins when it is redeemed. So a gift that was kept in a drawer
    is as good as one that was not, and nobody redeems credits that are over the next day.
    """

    _inherit = "practice.credit.lot"

    voucher_ids = fields.One2many("practice.gift.voucher", "lot_id", string="Gift Voucher")
    redeemed_voucher_ids = fields.One2many("practice.gift.voucher", "redeemed_lot_id", string="From Gift Voucher")
    keeping_voucher_id = fields.Many2one(
        "practice.gift.voucher",
        string="Kept For",
        compute="_compute_keeping_voucher_id",
        # Stored: planning asks it of each purchase.
        store=True,
        index="btree_not_null",
        ondelete="set null",
        help="The gift voucher for which these credits are kept.",
    )

    @api.depends("voucher_ids.redeemed_on")
    def _compute_keeping_voucher_id(self):
        for lot in self:
            lot.keeping_voucher_id = lot.voucher_ids.filtered(lambda voucher: not voucher.redeemed_on)

    @api.depends("voucher_ids.redeemed_on")
    def _compute_credits_spendable(self):
        return super()._compute_credits_spendable()

    @api.constrains("beneficiary_ids")
    def _check_not_kept(self):
        for lot in self:
            if lot.beneficiary_ids and lot.keeping_voucher_id:
                raise ValidationError(
                    self.env._("These credits are kept for a gift voucher, so they are shared with nobody.")
                )

    # === KEPT === #

    def _count_spendable(self, extra=0):
        return 0 if self.keeping_voucher_id else super()._count_spendable(extra)

    @api.model
    def _get_own_domain(self):
        """Leave out what is kept for a voucher, and what whoever redeemed it has taken."""
        gone = Domain("voucher_ids", "!=", False) & Domain("redeemed_voucher_ids", "=", False)
        return super()._get_own_domain() & ~(gone & Domain("state", "not in", ("pending", "active")))

    @api.model
    def _get_kept_sql(self, alias):
        voucher = SQL.identifier(alias, "keeping_voucher_id", to_flush=self._fields["keeping_voucher_id"])
        return SQL("(%s OR %s IS NOT NULL)", super()._get_kept_sql(alias), voucher)

    @api.model
    def _get_spent_lists(self):
        vouchers = SQL(
            "ARRAY(SELECT id FROM practice_gift_voucher WHERE lot_id = lot.id ORDER BY id DESC)",
            to_flush=self.env["practice.gift.voucher"]._fields["lot_id"],
        )
        return {**super()._get_spent_lists(), "voucher_ids": vouchers}

    def _keep_for_voucher(self):
        """Begin to keep these credits for a voucher: nobody shares them, and they end when the voucher does."""
        self.write({"beneficiary_ids": [(5,)], "expiry_date": self._get_first_expiry_date()})

    def _get_first_expiry_date(self):
        voucher = self.keeping_voucher_id
        if not voucher or self.never_expires:
            return super()._get_first_expiry_date()
        fixed, months = self.validity_date, voucher.validity_months
        return last_day_of(self.activation_date, None, months=months, since="activation", fixed=fixed) or False

    def _get_expiry_once_redeemed(self, day):
        """Return the last day of these credits when their voucher is redeemed on ``day``, or ``False``.

        :param date day: from which the months of the package count, in the practice's time zone
        """
        self.ensure_one()
        if self.validity_date and self.validity_date < day:
            return self.expiry_date  # staff let it be redeemed longer than the package could be used
        terms = {"months": self.validity_months, "since": self.validity_from, "fixed": self.validity_date}
        return last_day_of(day, None, **terms) or False

    def _check_transferable(self, receiver, payer):
        result = super()._check_transferable(receiver, payer)
        if voucher := self.keeping_voucher_id:
            raise UserError(
                self.env._(
                    "%(credits)s are kept for a gift voucher for %(receiver)s. Redeem it for who gets the credits, or "
                    "refund them.",
                    credits=self.display_name,
                    receiver=voucher.receiver_name or self.env._("whoever has the code"),
                )
            )
        return result

    # === INVOICES === #

    @api.model
    def _grant_lines(self, lines):
        lots = super()._grant_lines(lines)
        self.env["practice.gift.voucher"]._follow_posted(lines)
        return lots

    # === ACTIONS === #

    def action_open_voucher(self):
        """Open the voucher that these credits are kept for, or came from."""
        self.ensure_one()
        return (self.voucher_ids or self.redeemed_voucher_ids).get_formview_action()
