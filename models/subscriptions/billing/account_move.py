from odoo import api, fields, models
from odoo.exceptions import UserError

from ...packages.credits.credit_lot_expiry import WARNING_DAYS


class AccountMove(models.Model):
    """An invoice of a subscription: it notices that it is posted, withdrawn or paid, and tells its period."""

    _inherit = "account.move"

    practice_period_id = fields.Many2one(
        "practice.subscription.period",
        string="Subscription Period",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    practice_subscription_id = fields.Many2one(
        related="practice_period_id.subscription_id", store=True, index="btree_not_null"
    )

    # What is looked through every day: subscriptions with an overdue invoice.
    _practice_unpaid_idx = models.Index(
        "(company_id, invoice_date_due) WHERE practice_subscription_id IS NOT NULL"
        " AND payment_state IN ('not_paid', 'partial')"
    )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if self.env.context.get("include_business_fields"):
            # A credit note belongs to the period of its invoice; a mere duplicate does not.
            for move, vals in zip(self, vals_list, strict=True):
                vals["practice_period_id"] = move.practice_period_id.id
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_if_no_period(self):
        # sudo: whether there is one
        period = self.env["practice.subscription.period"].sudo().search([("move_id", "in", self.ids)], limit=1)
        if period:
            raise UserError(
                self.env._(
                    "%(invoice)s is the invoice of %(period)s. Cancel it instead of deleting it: the period can then "
                    "be billed again.",
                    invoice=period.move_id.display_name,
                    period=period.display_name,
                )
            )

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            # sudo: only which periods are touched
            periods = self.sudo().line_ids.practice_period_id
            if periods:
                periods._settle_releases()
                if vals["state"] == "posted":
                    self.sudo()._schedule_collection()  # sudo: whoever posts it
        return result

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # sudo: whoever registers a payment need not read subscriptions
        mine = self.sudo().filtered("practice_subscription_id")
        if mine:
            # Should the money be taken back, it is not charged again by itself.
            mine.practice_collect_date = False
            mine.practice_subscription_id._follow_paid()
        return result

    def action_open_practice_subscription(self):
        self.ensure_one()
        return self.practice_subscription_id.get_formview_action()

    def _get_subscription_mail_template(self):
        """Return the e-mail template of the plan's product, when it has one for invoices."""
        self.ensure_one()
        # sudo: the template is not a secret, the plan may be out of the accountant's sight
        template = self.sudo().practice_period_id.plan_id.product_id.email_template_id
        return template.filtered(lambda it: it.model == "account.move").sudo(False)

    def _get_mail_template(self):
        if len(self) == 1 and self.move_type == "out_invoice" and (template := self._get_subscription_mail_template()):
            return template
        return super()._get_mail_template()

    def _practice_send(self):
        """Have invoices of subscriptions sent by e-mail, Peppol or post, as each customer wants it."""
        if self - self._note_unreachable():
            self._trigger_sending()


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

    def _prepare_credit_lot_vals(self):
        """Say that the credits of a membership come from its plan, and when they expire."""
        vals = super()._prepare_credit_lot_vals()
        period = self.sudo().practice_period_id  # sudo: whoever posts the invoice
        if period:
            vals["origin"] = "plan"
            if not period.plan_id.rollover:
                vals["expiry_date"] = period.date_to
                if period.interval == "month":
                    # The member knows that they last a month; he is reminded a week before, not when he gets them.
                    vals["expiry_warned"] = max(WARNING_DAYS)
        return vals
