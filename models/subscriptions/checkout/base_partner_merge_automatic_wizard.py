from odoo import api, models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Of the open checkouts of merged organisations one stays."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _practice_prepare_merge(self, partners):
        """Withdraw open checkouts but one of each company: the one that is being paid, else the last one.

        :raises UserError: when payments of two of them are on their way
        """
        result = super()._practice_prepare_merge(partners)
        # sudo: who merges contacts need not see payments
        checkouts_sudo = self.env["practice.subscription.checkout"].sudo()
        open_sudo = checkouts_sudo.search([("organisation_id", "in", partners.ids), ("state", "in", ("draft", "paid"))])
        for of_company_sudo in open_sudo.grouped("company_id").values():
            paying_sudo = of_company_sudo.filtered(lambda it: it._is_under_way())
            if len(paying_sudo) > 1:
                raise UserError(
                    self.env._(
                        "Payments of %s are on their way: merge the contacts when they have arrived or failed.",
                        ", ".join(paying_sudo.organisation_id.mapped("name")),
                    )
                )
            stays_sudo = paying_sudo or of_company_sudo.sorted("id")[-1:]
            (of_company_sudo - stays_sudo).write({"state": "cancelled"})
        open_sudo.flush_recordset()
        return result
