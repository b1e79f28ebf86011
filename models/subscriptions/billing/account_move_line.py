from odoo import api, fields, models
from odoo.exceptions import UserError

from ...packages.credits.credit_lot_expiry import WARNING_DAYS
from .invoice_batch import check_each_company_once, get_batch, take_environment


class AccountMoveLine(models.Model):
    """A line of a subscription's invoice: what it is for and from when to when."""

    _inherit = "account.move.line"

    practice_period_id = fields.Many2one(
        "practice.subscription.period",
        string="Subscription Period",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
        help="The period that the amount is for.",
    )
    practice_origin_id = fields.Many2one(
        "account.move.line",
        string="Repeats or Credits",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The line of the subscription's invoice that this one repeats, corrects or gives back.",
    )
    practice_date_from = fields.Date(string="Service From", copy=False)
    practice_date_to = fields.Date(string="Service Until", copy=False)

    # Where the proof looks for accounts on which something of a period is.
    _practice_period_account_idx = models.Index(
        "(account_id, company_id) WHERE practice_period_id IS NOT NULL AND parent_state = 'posted'"
        " AND display_type = 'product'"
    )

    def _copy_data_extend_business_fields(self, values):
        result = super()._copy_data_extend_business_fields(values)
        values["practice_period_id"] = self.practice_period_id.id
        values["practice_origin_id"] = (self.practice_origin_id or self).id if self.practice_period_id else False
        values["practice_date_from"] = self.practice_date_from
        values["practice_date_to"] = self.practice_date_to
        return result

    @api.private
    def with_context(self, ctx=None, /, **overrides):
        records = take_environment(self, ctx, overrides)
        return super().with_context(ctx, **overrides) if records is None else records

    def _check_company(self, fnames=None):
        """Check each account, tax, product … of a batch once, instead of once for each line."""
        if get_batch(self.env):
            return check_each_company_once(self, fnames)
        return super()._check_company(fnames)

    def _compute_totals(self):
        """Take the totals of a batch from the taxes that were calculated for each document, not line by line again."""
        batch = get_batch(self.env)
        known = self.filtered(lambda it: it.id in batch.totals) if batch else self.browse()
        subtotal, total = self._fields["price_subtotal"], self._fields["price_total"]
        for line in known:
            # They are rounded; to be assigned, each would be rounded four times and look for its currency as often.
            without_tax, with_tax = batch.totals.pop(line.id)
            subtotal._update_cache(line, without_tax, dirty=True)
            total._update_cache(line, with_tax, dirty=True)
        if batch:
            batch.taken["totalled"] += len(known)
        return super(AccountMoveLine, self - known)._compute_totals()

    def _compute_account_id(self):
        """Let what waits for the days of a period stay where it waits, whatever fiscal position a draft gets."""
        # sudo: whoever changes the invoice need not read subscriptions
        of_periods_sudo = self.filtered("practice_period_id").sudo()
        kept = {line: line.account_id for line in of_periods_sudo if line._practice_is_deferred()}
        result = super()._compute_account_id()
        for line, account in kept.items():
            line.account_id = account
        return result

    def _compute_practice_package_id(self):
        """Leave out what pays for the days of a period, although its product may have begun to sell credits since."""
        of_days = self.filtered(lambda line: line._practice_is_of_days())
        if not of_days:
            return super()._compute_practice_package_id()
        of_days.practice_package_id = False
        return super(AccountMoveLine, self - of_days)._compute_practice_package_id()

    def _practice_gives_credits(self):
        return super()._practice_gives_credits() and not self._practice_is_of_days()

    def _practice_is_of_days(self):
        """Return whether this line is for a period whose seats are paid by days, and give no visits."""
        period = self.practice_period_id
        # sudo: whoever makes the invoice need not read subscriptions
        return bool(period) and not period.sudo().is_membership

    # === WHAT A LINE HOLDS === #

    def _practice_is_deferred(self):
        """Return whether the amount of this line waits on the balance post of its period."""
        account = self.practice_period_id.deferred_account_id
        return bool(account) and self.account_id == account

    def _practice_get_net(self):
        """Return what these lines brought (negative: took back), without tax, in the currency of the document."""
        return self.currency_id[:1].round(-sum(self.mapped("amount_currency")))

    def _practice_get_price(self):
        """Return the amount of this line as its price was entered, with the sign of what it brought."""
        self.ensure_one()
        price = abs(self.quantity * self.price_unit) * (1 - self.discount / 100)
        return price if self._practice_get_net() > 0 else -price

    def _practice_get_billed(self):
        """Return the last of these posted lines (of one origin, oldest first) that bills, and credits nothing."""
        origin = self[:1].practice_origin_id or self[:1]
        billed = self.filtered(
            lambda it: it.amount_currency * origin.amount_currency > 0 and not it.move_id.reversed_entry_id
        )
        return (billed or self)[-1:]

    def _practice_check_period_account(self):
        """Refuse to post what is for a period on an account from which no month would ever release it.

        :raises UserError: with the names of both accounts
        """
        for line in self:
            account = line.practice_period_id.deferred_account_id
            if account and line.account_id != account and line.account_id.internal_group != "income":
                raise UserError(
                    self.env._(
                        "%(line)s is for the period %(period)s, whose money waits on %(account)s: on %(other)s it "
                        "would never become revenue. Choose %(account)s again, or a revenue account.",
                        line=line.name,
                        period=line.practice_period_id.display_name,
                        account=account.display_name,
                        other=line.account_id.display_name,
                    )
                )

    def _practice_prepare_credit_lot_vals(self):
        """Say that the credits of a membership come from its plan, and when they expire."""
        vals = super()._practice_prepare_credit_lot_vals()
        period_sudo = self.sudo().practice_period_id  # sudo: whoever posts the invoice
        if period_sudo:
            vals["origin"] = "plan"
            if not period_sudo.plan_id.rollover:
                vals["expiry_date"] = period_sudo.date_to
                if period_sudo.interval == "month":
                    # Members know that credits last a month; they are reminded a week before, not at once.
                    vals["expiry_warned"] = max(WARNING_DAYS)
        return vals
