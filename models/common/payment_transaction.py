from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_time

#: While somebody may be paying on a page, nothing else is charged for the same thing; afterwards it counts as left.
PAYING = timedelta(hours=1)

#: What a provider answers that is busy: it says nothing of the payment. Nor does what it answers when it broke (5xx).
BUSY = (409, 429)

#: The money of a payment in one of these states is on its way.
ON_ITS_WAY = ("pending", "authorized")


class PaymentTransaction(models.Model):
    """One thing is paid by one payment at a time: a payment that was begun keeps others out until it ends.

    It is checked where every payment begins, whatever page, flow or person makes it, and before a provider is asked.
    """

    _inherit = "payment.transaction"

    practice_given_up = fields.Boolean(
        string="Given Up",
        readonly=True,
        help="Somebody began this payment, left it and began anew. Should its money arrive after all, it is reported.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("operation") != "refund" and not vals.get("source_transaction_id"):
                self._practice_begin(vals)
        return super().create(vals_list)

    @api.model
    def _practice_begin(self, vals):
        """Let a payment begin. A hook: what is paid is written first, so that of two at once one is repeated.

        :param dict vals: of the payment
        :raises UserError: while another payment of the same thing may take money
        """

    @api.model
    def _practice_get_live_domain(self):
        """Return the payments that may still take money: those on their way, and those begun and not left yet."""
        begun = Domain("state", "=", "draft") & Domain("create_date", ">", fields.Datetime.now() - PAYING)
        return Domain("state", "in", ON_ITS_WAY) | begun

    def _practice_check_none_is_live(self):
        """Refuse another payment while one of these may take money; those that were begun long ago are given up.

        :raises UserError: saying since when, and what to do
        """
        live = self.filtered_domain(self._practice_get_live_domain())
        if not live:
            self._practice_give_up()
        elif live.filtered(lambda it: it.state == "draft"):
            raise UserError(
                self.env._(
                    "A payment was begun at %s and has not ended. Finish it in its window, or load this page again to "
                    "start over.",
                    live[0]._practice_get_begin_time(),
                )
            )
        else:
            raise UserError(
                self.env._("A payment is being processed. You need not do anything; come back when it is done.")
            )

    def _practice_get_begin_time(self):
        """Return the time of day, for people, at which this payment was begun."""
        self.ensure_one()
        return format_time(self.env, self.create_date, tz=self.company_id.practice_tz, time_format="short")

    def _practice_give_up(self):
        """End payments that were begun and left.

        They are not cancelled: Odoo accepts a late confirmation of a payment that failed, and none of a cancelled one.
        """
        begun = self.filtered(lambda it: it.state == "draft")
        if begun:
            begun.practice_given_up = True
            begun._set_error(self.env._("It was left, and another payment begun."))

    @api.model
    def _practice_is_unanswered(self, error):
        """Return whether a request may have reached the provider without an answer that says what became of it."""
        cause = error.__cause__ or error.__context__
        if isinstance(cause, requests.exceptions.HTTPError):
            status = cause.response.status_code
            return status in BUSY or status >= 500
        return isinstance(cause, requests.exceptions.ConnectionError | requests.exceptions.Timeout)
