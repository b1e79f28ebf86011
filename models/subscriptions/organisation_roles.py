from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import email_normalize

from .subscription import RUNNING


class ResPartner(models.Model):
    """Who runs the subscription of an organisation on the portal.

    Only the list of administrators counts: neither the parent of a contact nor a seat gives a right. Portal users have
    no rights on these models; what they do goes through doors that ask :meth:`_check_practice_administrator`.
    """

    _inherit = "res.partner"

    practice_lacks_administrator = fields.Boolean(
        compute="_compute_practice_lacks_administrator", groups="practice_billing.group_user"
    )

    @api.depends("practice_administrator_ids", "practice_subscription_ids.state")
    def _compute_practice_lacks_administrator(self):
        for partner in self:
            partner.practice_lacks_administrator = not partner.practice_administrator_ids and any(
                it.state in RUNNING and not it.plan_id.package_id for it in partner.practice_subscription_ids
            )

    # === ACTIONS === #

    def action_invite_practice_administrators(self):
        """Open Odoo's dialog that gives the administrators portal access and sends the invitations."""
        self.ensure_one()
        if not self.practice_administrator_ids:
            raise UserError(self.env._("Choose the administrators first, then save."))
        return (
            self.env["portal.wizard"]
            .create({"partner_ids": [Command.set(self.practice_administrator_ids.ids)]})
            ._action_open_modal()
        )

    # === THE ROLE === #

    def _is_practice_administrator(self):
        """Return whether the user runs the subscription of this organisation on the portal."""
        self.ensure_one()
        # sudo: only whether the user is on the list
        return self.env.user.partner_id in self.sudo().practice_administrator_ids

    def _check_practice_administrator(self):
        """Let administrators of this organisation pass; the only place where the portal asks for the role.

        :raises AccessError: for everybody else, former administrators too
        """
        if not self or not self._is_practice_administrator():
            raise AccessError(self.env._("Only an administrator of the organisation can do this."))

    def _get_practice_contacts(self):
        """Return the people of this organisation: its contacts, and who has or had a seat in its subscriptions."""
        self.ensure_one()
        me = self.sudo()  # sudo: asked for an administrator of the organisation
        domain = [("id", "child_of", me.id), ("is_company", "=", False), ("type", "=", "contact")]
        seats = me.practice_subscription_ids.seat_ids
        return (me.search(domain, order="name, id") | seats.practitioner_id).sorted("name") - me

    def _add_practice_administrator(self, contact):
        """Let another of the organisation's people run the subscription too.

        :raises UserError: when the contact is none of them; somebody else's and one that never was look the same
        """
        self._check_practice_administrator()
        if contact not in self._get_practice_contacts():
            raise UserError(self.env._("Choose one of the contacts of the organisation."))
        # sudo: the role was checked
        self.sudo().write({"practice_administrator_ids": [Command.link(contact.id)]})

    def _remove_practice_administrator(self, contact):
        """Take somebody off the list, oneself too, as long as somebody with a login stays.

        The row of the organisation is written, so that two who remove each other at once meet.

        :raises UserError: when nobody would stay who can log in
        """
        self._check_practice_administrator()
        me = self.sudo()  # sudo: the role was checked
        staying = me.practice_administrator_ids - contact
        if not staying.user_ids.filtered("active"):
            raise UserError(
                self.env._("Somebody with a login has to stay. Add another administrator first, and invite him.")
            )
        me.write(
            {
                "practice_administrator_ids": [Command.unlink(contact.id)],
                "practice_administrator_changes": me.practice_administrator_changes + 1,
            }
        )

    def _find_or_make_contact(self, name, email):
        """Return the person of this organisation with this e-mail address; a new contact when there is none.

        Contacts of others are not looked at: whoever has the same address elsewhere is neither attached nor revealed.

        :raises UserError: when the name is missing or the address is none
        """
        self.ensure_one()
        name, email = (name or "").strip(), email_normalize(email or "")
        if not name or not email:
            raise UserError(self.env._("A practitioner needs a name and a valid e-mail address."))
        known = self._get_practice_contacts().filtered(lambda it: it.email_normalized == email)
        # sudo: the role was checked by the door
        return known[:1] or self.sudo().create({"name": name, "email": email, "parent_id": self.id})

    def _invite_to_practice_portal(self):
        """Give this person a login and send the invitation.

        :return: whether an invitation was sent; not when the address belongs to a login that exists
        """
        self.ensure_one()
        # sudo: an administrator of the organisation may invite its people; the wizard writes users
        wizard = self.env["portal.wizard"].sudo().create({"partner_ids": [Command.set(self.ids)]})
        line = wizard.user_ids.filtered(lambda it: it.partner_id == self)
        if line.is_internal or line.email_state != "ok":
            return False
        if line.is_portal:
            line.action_invite_again()
        else:
            line.action_grant_access()
        return True
