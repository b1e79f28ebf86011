from odoo import api, models
from odoo.exceptions import UserError

from .subscription import RUNNING


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Contacts that turn out to be one are merged with what they subscribed to, or not at all."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._practice_prepare_merge(src_partners | dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        # sudo: who merges contacts need not manage their seats
        seats_sudo = self.env["practice.subscription.seat"].sudo()
        seats_sudo.search([("practitioner_id", "=", dst_partner.id)])._join_doubles()
        return result

    @api.model
    def _practice_prepare_merge(self, partners):
        """Refuse to merge contacts that could not be one, before Odoo moves what refers to them. A hook.

        :raises UserError: when two of them have a running subscription with one company
        """
        # sudo: who merges contacts need not read subscriptions
        subscriptions_sudo = self.env["practice.subscription"].sudo()
        running_sudo = subscriptions_sudo.search([("organisation_id", "in", partners.ids), ("state", "in", RUNNING)])
        for company_sudo, of_company_sudo in running_sudo.grouped("company_id").items():
            if len(of_company_sudo) > 1:
                raise UserError(
                    self.env._(
                        "These contacts have running subscriptions with %(company)s: %(subscriptions)s. An "
                        "organisation has one: cancel the others first, then merge the contacts.",
                        company=company_sudo.name,
                        subscriptions=", ".join(of_company_sudo.mapped("display_name")),
                    )
                )
