from odoo import api, fields, models
from odoo.exceptions import UserError


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
        result = super().write(vals)
        if "state" in vals:
            # sudo: only which periods are touched
            periods_sudo = self.sudo().line_ids.practice_period_id
            if periods_sudo:
                periods_sudo._plan_releases()
        return result

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

    def _practice_send(self):
        """Have invoices of subscriptions sent by e-mail, Peppol or post, as each customer wants it."""
        if self - self._practice_note_unreachable():
            self._practice_trigger_sending()
