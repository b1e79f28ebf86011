from odoo import fields, models
from odoo.fields import Command


class ResPartner(models.Model):
    """Whose credits and appointments a login of the portal may see: its own, and those it acts for."""

    _inherit = "res.partner"

    practice_can_be_invited = fields.Boolean(
        compute="_compute_practice_can_be_invited", groups="practice_billing.group_user"
    )

    # === COMPUTE METHODS === #

    def _compute_practice_can_be_invited(self):
        for partner in self:
            # sudo: whether there is a login
            partner.practice_can_be_invited = bool(
                partner.id and not partner.is_company and not partner.sudo().user_ids
            )

    # === ACTIONS === #

    def action_practice_invite_to_portal(self):
        """Open Odoo's dialog that gives portal access and sends the invitation."""
        self.ensure_one()
        wizard = self.env["portal.wizard"].create({"partner_ids": [Command.set(self.ids)]})
        return wizard._action_open_modal()

    # === BUSINESS METHODS === #

    def _practice_get_portal_patients(self):
        """Return this partner and those whom they represent. Contacts of the same family or company are no reason."""
        self.ensure_one()
        # sudo: a login asks for whom it may act
        represented_sudo = self.sudo().search([("practice_representative_ids", "in", self.ids)])
        return self | represented_sudo.sudo(False)
