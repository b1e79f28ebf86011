from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_date, formatLang

from ...common.words import count_credits


class AccountMoveLine(models.Model):
    """A line of a credit note knows which line it takes back, and says when it gives more than credits hold."""

    _inherit = "account.move.line"

    def _copy_data_extend_business_fields(self, values):
        result = super()._copy_data_extend_business_fields(values)
        if self._practice_gives_credits() and not self._practice_takes_back():
            values["practice_sold_line_id"] = self.id
            values["practice_patient_id"] = self.practice_patient_id.id
        return result

    def _practice_prepare_refund_vals(self, lot, credits=None, part=1.0):
        """Return the values of a credit note that takes back credits of ``lot``, which this line gave.

        A credit costs what was paid for it: the line's price, less discounts on lines of their own and what was
        given back before without taking credits.

        :param int credits: whole credits; by default what is available
        :param float part: which part of their price goes back
        """
        self.ensure_one()
        move = self.move_id
        if credits is None:
            credits = lot.credits_available
        exact = self.quantity * credits / lot.credits_total
        quantity = self.product_uom_id.round(exact) if self.product_uom_id else exact
        return {
            "move_type": "out_refund",
            "reversed_entry_id": move.id,
            "company_id": move.company_id.id,
            # The practice's day, not that of the user's time zone, which may be the one before the sale.
            **move.company_id._practice_prepare_days(),
            "partner_id": move.partner_id.id,
            "currency_id": move.currency_id.id,
            "fiscal_position_id": move.fiscal_position_id.id,
            "journal_id": move.journal_id.id,
            "ref": self.env._("%(invoice)s: %(credits)s", invoice=move.name, credits=count_credits(self.env, credits)),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.product_id.id,
                        "product_uom_id": self.product_uom_id.id,
                        "quantity": quantity,
                        # The quantity is stored rounded; the price makes up for it, so that the amount is exact.
                        "price_unit": self.price_unit * lot._get_paid_part() * part * exact / quantity,
                        "discount": self.discount,
                        "tax_ids": [Command.set(self.tax_ids.ids)],
                        "account_id": self.account_id.id,
                        "practice_patient_id": self.practice_patient_id.id,
                        "practice_sold_line_id": self.id,
                    }
                )
            ],
        }

    def _practice_check_refund_date(self, lots_sudo):
        """Refuse to take credits back before the day on which they were sold: the balance post would be overdrawn.

        :raises UserError: with both dates
        """
        self.ensure_one()
        day, sold_on = self.move_id.date, max(lots_sudo.mapped("date"))
        if day < sold_on:
            raise UserError(
                self.env._(
                    "%(line)s is credited on %(day)s, and was sold on %(sold_on)s. Date the credit note on that day or "
                    "later.",
                    line=self.name,
                    day=format_date(self.env, day),
                    sold_on=format_date(self.env, sold_on),
                )
            )

    def _practice_check_excess(self, excess, account):
        """Let only an accountant credit more than the credits hold, and have it written down.

        :param float excess: company currency, > 0; it is taken from the revenue on ``account``
        :raises AccessError: for anybody else, with the numbers
        """
        self.ensure_one()
        message = self.env._(
            "%(line)s gives back %(amount)s more than its credits hold. That part is taken from %(account)s.",
            line=self.name,
            amount=formatLang(self.env, excess, currency_obj=self.company_currency_id),
            account=account.display_name,
        )
        if not self.env.su and not self.env.user.has_group("account.group_account_user"):
            raise AccessError(self.env._("%s Only an accountant can post this; lower the amount, or ask one.", message))
        self.move_id.message_post(body=message)
