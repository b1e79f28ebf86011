from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_repr

GROUPS = "practice_billing.group_user,account.group_account_readonly,account.group_account_invoice"


class AccountMove(models.Model):
    """Whose package is paid in parts may agree that the coming ones are charged to a saved method.

    Only the payer agrees, on the portal, to the days and amounts that are shown there; the invoice keeps them. It ends
    when everything is paid, when the payer or the practice stops it, and when what was agreed to is not there any more.
    """

    _inherit = "account.move"

    practice_parts_token_id = fields.Many2one(
        "payment.token",
        string="Parts Charged To",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=GROUPS,
        help="The saved method of the payer that the coming parts are charged to. Only the payer chooses it.",
    )
    practice_agreed_date = fields.Datetime(
        string="Automatic Payment Agreed On", readonly=True, copy=False, groups=GROUPS
    )
    practice_agreed_user_id = fields.Many2one(
        "res.users",
        string="Automatic Payment Agreed By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=GROUPS,
    )
    practice_agreed_plan = fields.Text(
        string="Automatic Payment Agreed To",
        readonly=True,
        copy=False,
        groups=GROUPS,
        help="The days and amounts that the payer saw and agreed to.",
    )
    practice_agreed_amount = fields.Monetary(
        string="Automatic Payment At Most",
        readonly=True,
        copy=False,
        groups=GROUPS,
        help="The total that the payer agreed to. When more is owed, nothing is charged until it is agreed to anew.",
    )
    practice_first_attempt = fields.Integer(
        readonly=True, copy=False, groups=GROUPS, help="The first attempt that belongs to this agreement."
    )
    practice_parts_stopped = fields.Selection(
        [
            ("paid", "Everything Was Paid"),
            ("withdrawn", "Stopped by the Payer"),
            ("practice", "Stopped by the Practice"),
            ("method", "Payment Method Removed"),
            ("failed", "Could Not Be Charged"),
            ("returned", "Payment Taken Back"),
            ("changed", "Changed Since It Was Agreed"),
        ],
        string="Automatic Payment Ended",
        readonly=True,
        copy=False,
        groups=GROUPS,
    )

    # What the run looks through: agreements that have not ended.
    _practice_parts_idx = models.Index("(id) WHERE practice_agreed_date IS NOT NULL")

    # === WHAT IS AGREED TO === #

    def _practice_get_next_parts(self):
        """Return the open parts that are due by today, or else the first one: what is paid next."""
        self.ensure_one()
        parts, today = self._practice_get_open_parts(), self.company_id._practice_day()
        return parts.filtered(lambda part: part.date_maturity <= today) or parts[:1]

    def _practice_get_next_amount(self):
        """Return what is paid next, in the currency of the invoice: never more than is owed."""
        self.ensure_one()
        return min(sum(self._practice_get_next_parts().mapped("amount_residual_currency")), self.amount_residual)

    def _practice_describe_plan(self, parts):
        """Return the days and amounts of ``parts`` as they are agreed to and kept: a line each."""
        self.ensure_one()
        currency = self.currency_id
        return "\n".join(
            f"{part.date_maturity} {float_repr(part.amount_residual_currency, currency.decimal_places)} {currency.name}"
            for part in parts
        )

    def _practice_check_plan(self, plan, parts):
        """Compare what was agreed to with what is owed; amounts never come from a request.

        :raises UserError: when the days or amounts of ``parts`` are others than those of ``plan``
        """
        # Browsers send the ends of lines in a form in their own way.
        if not parts or plan.splitlines() != self._practice_describe_plan(parts).splitlines():
            raise UserError(
                self.env._("The days or amounts have changed since you opened this page. Look at them again.")
            )

    def _practice_is_payer(self, user):
        """Return whether ``user`` is the customer of this invoice: only who pays agrees to being charged."""
        self.ensure_one()
        return bool(user.partner_id) and user.partner_id == self.partner_id

    def _practice_can_be_agreed(self):
        """Return whether parts of this invoice can be charged automatically."""
        self.ensure_one()
        return (
            self.move_type == "out_invoice"
            and self._practice_is_paid_in_parts()
            and bool(self.practice_lot_ids)
            and bool(self._practice_get_open_parts())
        )

    def _practice_is_usable_token(self, token):
        """Return whether ``token`` is a method of the customer of this invoice with its company."""
        self.ensure_one()
        return bool(token.active and token.partner_id == self.partner_id and token.company_id == self.company_id)

    def _practice_describe_method(self):
        """Return in words the method that the coming parts are charged to; nothing when there is none."""
        self.ensure_one()
        return self.practice_parts_token_id._practice_describe()

    # === AGREEING AND STOPPING === #

    def _practice_agree(self, user, token, plan, amount):
        """Have the coming parts of this invoice charged to ``token`` on their days.

        :param user: the payer's login
        :param str plan: the days and amounts that were shown, see :meth:`_practice_describe_plan`
        :param float amount: their total, in the currency of the invoice
        :raises AccessError: when it is not the payer who agrees
        :raises UserError: when there is nothing to agree to, or not to this method
        """
        self.ensure_one()
        if not self._practice_is_payer(user):
            raise AccessError(self.env._("Only who pays %s can agree to its automatic payment.", self.display_name))
        move_sudo, token_sudo = self.sudo(), token.sudo()  # sudo: the payer, for the own invoice
        if not move_sudo._practice_can_be_agreed():
            raise UserError(self.env._("Nothing of %s is left to be paid in parts.", self.display_name))
        if not move_sudo._practice_is_usable_token(token_sudo):
            raise UserError(self.env._("This payment method cannot be used here: choose one of your own."))
        move_sudo.write(
            {
                "practice_parts_token_id": token_sudo.id,
                "practice_agreed_date": fields.Datetime.now(),
                "practice_agreed_user_id": user.id,
                "practice_agreed_plan": plan,
                "practice_agreed_amount": amount,
                "practice_first_attempt": move_sudo._practice_get_last_attempt().practice_attempt + 1,
                "practice_parts_stopped": False,
            }
        )
        # Without name and card: a log outlives both.
        move_sudo._message_log(
            body=self.env._("The payer agreed that these parts are charged: %s", ", ".join(plan.splitlines()))
        )
        move_sudo._practice_plan_collecting()
        if move_sudo.practice_collect_date <= move_sudo.company_id._practice_day():
            move_sudo._practice_collect_soon()

    def _practice_agree_as_shown(self, user, token, plan):
        """Agree to all parts that are open, as the page showed them; see :meth:`_practice_agree`.

        :raises UserError: also when they are not those that were shown
        """
        move_sudo = self.sudo()  # sudo: the own invoice, which is checked when it is agreed to
        parts = move_sudo._practice_get_open_parts()
        move_sudo._practice_check_plan(plan, parts)
        self._practice_agree(user, token, plan, sum(parts.mapped("amount_residual_currency")))

    def _practice_stop(self, reason):
        """End the automatic payment of these invoices; what is being charged at this moment is charged still.

        :param str reason: one of ``practice_parts_stopped``
        """
        labels = dict(self._fields["practice_parts_stopped"]._description_selection(self.env))
        for move in self:
            move.write(
                {"practice_parts_token_id": False, "practice_collect_date": False, "practice_parts_stopped": reason}
            )
            move._message_log(body=self.env._("Automatic payment ended: %s", labels[reason]))

    def _practice_withdraw(self, user):
        """Let the payer stop the automatic payment.

        :raises AccessError: when it is somebody else
        """
        self.ensure_one()
        if not self._practice_is_payer(user):
            raise AccessError(self.env._("Only who pays %s can stop its automatic payment here.", self.display_name))
        move_sudo = self.sudo()  # sudo: the payer, for the own invoice
        if move_sudo.practice_agreed_date and not move_sudo.practice_parts_stopped:
            move_sudo._practice_stop("withdrawn")

    def action_practice_stop_collecting(self):
        """Stop the automatic payment of these invoices, for the practice.

        :raises AccessError: for those who do not work with packages
        """
        self.check_access("read")
        if not self.env.user.has_group("practice_billing.group_user"):
            raise AccessError(self.env._("Only the practice can stop the automatic payment of an invoice."))
        running_sudo = self.sudo().filtered(  # sudo: the front desk does not write invoices
            lambda move: move.practice_agreed_date and not move.practice_parts_stopped
        )
        running_sudo._practice_stop("practice")
