from odoo import fields, models

from ...packages.credits.credit_lot_expiry import WARNING_DAYS


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
    practice_date_from = fields.Date(string="Service From", copy=False)
    practice_date_to = fields.Date(string="Service Until", copy=False)

    def _copy_data_extend_business_fields(self, values):
        result = super()._copy_data_extend_business_fields(values)
        values["practice_period_id"] = self.practice_period_id.id
        values["practice_date_from"] = self.practice_date_from
        values["practice_date_to"] = self.practice_date_to
        return result

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
