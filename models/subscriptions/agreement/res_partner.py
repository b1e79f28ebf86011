from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .subscription import RUNNING


class ResPartner(models.Model):
    """An organisation knows its subscription, a practitioner their seats."""

    _inherit = "res.partner"

    practice_subscription_ids = fields.One2many(
        "practice.subscription",
        "organisation_id",
        string="Practice Subscriptions",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_seat_ids = fields.One2many(
        "practice.subscription.seat",
        "practitioner_id",
        string="Seats",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    # The hourly run looks for who is archived and billed all the same: they are few.
    _practice_archived_idx = models.Index("(id) WHERE active IS NOT TRUE")

    practice_administrator_ids = fields.Many2many(
        "res.partner",
        "practice_administrator_rel",
        "organisation_id",
        "administrator_id",
        string="Portal Administrators",
        groups="practice_billing.group_user",
        copy=False,
        help="Who runs the subscription of this organisation on the portal: plan, practitioners, payment. Other "
        "practitioners see their own seat only.",
    )
    practice_administered_ids = fields.Many2many(
        "res.partner",
        "practice_administrator_rel",
        "administrator_id",
        "organisation_id",
        string="Administrator Of",
        groups="practice_billing.group_user",
        copy=False,
    )
    practice_buyer_reference = fields.Char(
        string="Reference on Invoices",
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly,account.group_account_invoice",
        help="What the customer wants to read on its invoices: a purchase order, a department, a cost centre. Invoices "
        "of subscriptions and e-invoices carry it.",
    )
    practice_subscription_count = fields.Integer(
        compute="_compute_practice_subscription_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    @api.depends("practice_subscription_ids")
    def _compute_practice_subscription_count(self):
        counts = dict(
            self.env["practice.subscription"]._read_group(
                [("organisation_id", "in", self.ids)], ["organisation_id"], ["__count"]
            )
        )
        for partner in self:
            partner.practice_subscription_count = counts.get(partner, 0)

    def action_open_practice_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_action")
        subscriptions = self.practice_subscription_ids
        if len(subscriptions) == 1:
            return subscriptions.get_formview_action()
        context = {"default_organisation_id": self.id}
        return {**action, "domain": [("organisation_id", "=", self.id)], "context": context}

    @api.ondelete(at_uninstall=False)
    def _practice_unlink_if_not_subscribed(self):
        # sudo: only how many
        domain = [("practitioner_id", "in", self.ids)]
        seats_sudo = self.env["practice.subscription.seat"].sudo().search(domain)
        if seats_sudo:
            raise UserError(
                self.env._(
                    "%(name)s has seats and cannot be deleted (subscriptions: %(subscriptions)s). Let the seats end, "
                    "and archive the contact instead.",
                    name=seats_sudo[0].practitioner_id.display_name,
                    subscriptions=", ".join(seats_sudo.subscription_id.mapped("name")),
                )
            )
        domain = [("organisation_id", "in", self.ids)]
        subscriptions_sudo = self.env["practice.subscription"].sudo().search(domain)
        if subscriptions_sudo:
            raise UserError(
                self.env._(
                    "%(name)s has subscriptions and cannot be deleted: %(subscriptions)s. Cancel them, and archive the "
                    "contact instead.",
                    name=subscriptions_sudo[0].organisation_id.display_name,
                    subscriptions=", ".join(subscriptions_sudo.mapped("name")),
                )
            )

    # === BUSINESS METHODS === #

    @api.model
    def _practice_get_private_domain(self):
        """Leave out who has a seat or runs a subscription: they are of an organisation."""
        of_organisations = Domain("practice_seat_ids", "!=", False) | Domain("practice_administered_ids", "!=", False)
        return super()._practice_get_private_domain() & ~of_organisations

    def _practice_get_subscription_sudo(self, company):
        """Return the subscription of this organisation with ``company``: the running one, else the last one."""
        self.ensure_one()
        # sudo: the caller says for whom
        found_sudo = (
            self.env["practice.subscription"]
            .sudo()
            .search([("organisation_id", "=", self.id), ("company_id", "=", company.id)], order="id desc")
        )
        return found_sudo.filtered(lambda it: it.state in RUNNING)[:1] or found_sudo[:1]

    def _practice_is_subscriber(self):
        """Return whether this organisation has, or had, a subscription, or people who run it."""
        self.ensure_one()
        self_sudo = self.sudo()  # sudo: only whether there is one
        return self_sudo.is_company and bool(
            self_sudo.practice_administrator_ids or self_sudo.practice_subscription_ids
        )
