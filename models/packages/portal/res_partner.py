from odoo import fields, models
from odoo.fields import Command
from odoo.tools import SQL


class ResPartner(models.Model):
    """Whose credits and appointments a login of the portal may see: its own, and those it acts for."""

    _inherit = "res.partner"

    practice_can_be_invited = fields.Boolean(
        compute="_compute_practice_can_be_invited", groups="practice_billing.group_user"
    )
    practice_booking_turn = fields.Integer(copy=False, readonly=True, groups="base.group_system")

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

    def _practice_take_booking_turn(self):
        """Make sure that nobody else books with these practitioners and patients in the meantime.

        Looking whether a time is free and then taking it is not safe by itself: under REPEATABLE READ two requests both
        find it free. Each booking therefore updates the rows of its people; of two at once the second one gets a
        serialization failure, Odoo repeats its request, and then it sees what the first one took.
        """
        self.env.cr.execute(
            SQL(
                """UPDATE res_partner SET practice_booking_turn = COALESCE(practice_booking_turn, 0) + 1
                     FROM (SELECT id FROM res_partner WHERE id IN %s ORDER BY id FOR NO KEY UPDATE) AS people
                    WHERE res_partner.id = people.id""",
                tuple(self.ids),
            )
        )
