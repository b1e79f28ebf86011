from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


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
        related="practice_period_id.subscription_id",
        string="Practice Subscription",
        store=True,
        index="btree_not_null",
    )
    practice_unbilled_date = fields.Date(
        string="Not Billed At",
        readonly=True,
        copy=False,
        help="The day until which this entry books what subscriptions got and were not billed for.",
    )

    _practice_unbilled_uniq = models.UniqueIndex(
        "(company_id, practice_unbilled_date) WHERE practice_unbilled_date IS NOT NULL AND state <> 'cancel'",
        "What is not billed at this date has been booked already.",
    )

    # What the overview counts.
    _practice_not_sent_idx = models.Index(
        "(company_id, invoice_date) WHERE practice_subscription_id IS NOT NULL AND state = 'posted'"
        " AND is_move_sent IS NOT TRUE"
    )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if self.env.context.get("include_business_fields"):
            # A credit note belongs to the period of its invoice; a mere duplicate does not.
            for move, vals in zip(self, vals_list, strict=True):
                vals["practice_period_id"] = move.practice_period_id.id
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_if_practice_no_period(self):
        # sudo: whether there is one
        period_sudo = self.env["practice.subscription.period"].sudo().search([("move_id", "in", self.ids)], limit=1)
        if period_sudo:
            raise UserError(
                self.env._(
                    "%(invoice)s is the invoice of %(period)s. Cancel it instead of deleting it: the period can then "
                    "be billed again.",
                    invoice=period_sudo.move_id.display_name,
                    period=period_sudo.display_name,
                )
            )

    def write(self, vals):
        # sudo: whoever posts the invoice; what follows from it. Those of the billing run get their period when posted.
        later_sudo = self.sudo().filtered("practice_period_id.move_id") if "state" in vals else self.browse()
        if vals.get("state") == "posted":
            later_sudo._practice_complete_period_lines()
        result = super().write(vals)
        if "state" in vals:
            if later_sudo:
                later_sudo.practice_period_id._follow_documents(later_sudo)
            # sudo: only which periods are touched
            self.sudo().line_ids.practice_period_id._plan_releases()
        return result

    def _practice_complete_period_lines(self):
        """Let lines that a person added to a document of a period be for it, and refuse accounts that never release.

        :raises UserError: when a line waits on another account than its period
        """
        for move in self:
            period, lines = (
                move.practice_period_id,
                move.invoice_line_ids.filtered(lambda it: it.display_type == "product"),
            )
            # sudo: which lines charge usage
            usage_sudo = self.env["practice.subscription.usage"].sudo().search([("invoice_line_id", "in", lines.ids)])
            waits = {it.deferred_account_id: it for it in lines.practice_period_id | period if it.deferred_account_id}
            for line in lines.filtered(lambda it: not it.practice_period_id) - usage_sudo.invoice_line_id:
                of_plan = line.product_id == period.plan_id.product_id and period.kind != "extras"
                if of_period := waits.get(line.account_id) or (of_plan and period):
                    line.write(
                        {
                            "practice_period_id": of_period.id,
                            "practice_date_from": line.practice_date_from or of_period.date_from,
                            "practice_date_to": line.practice_date_to or of_period.date_to,
                        }
                    )
            lines._practice_check_period_account()

    def _practice_is_ours(self):
        return bool(self.practice_subscription_id) or super()._practice_is_ours()

    def action_open_practice_subscription(self):
        self.ensure_one()
        return self.practice_subscription_id.get_formview_action()

    def _practice_get_subscription_mail_template(self):
        """Return the e-mail template of the plan's product, when it has one for invoices."""
        self.ensure_one()
        # sudo: the template is not a secret, the plan may be out of the accountant's sight
        template_sudo = self.sudo().practice_period_id.plan_id.product_id.email_template_id
        return template_sudo.filtered(lambda it: it.model == "account.move").sudo(False)

    def _get_mail_template(self):
        if (
            len(self) == 1
            and self.move_type == "out_invoice"
            and (template := self._practice_get_subscription_mail_template())
        ):
            return template
        return super()._get_mail_template()

    @api.model
    def _practice_get_not_sent_domain(self, company, today):
        """Return which documents of subscriptions of ``company`` nobody has got: not sent, and not about to be.

        :param date today: the company's; what was invoiced before should have left the queue
        """
        return (
            Domain("practice_subscription_id", "!=", False)
            & Domain("company_id", "=", company.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("is_move_sent", "=", False)
            & (Domain("sending_data", "=", False) | Domain("invoice_date", "<", today))
        )

    def _practice_send(self):
        """Have invoices of subscriptions sent by e-mail, Peppol or post, as each customer wants it."""
        if self - self._practice_note_unreachable():
            self._practice_trigger_sending()
