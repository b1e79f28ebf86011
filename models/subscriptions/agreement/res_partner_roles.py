from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import email_normalize

from .subscription import RUNNING


class ResPartner(models.Model):
    """Who runs the subscription of an organisation on the portal.

    Only the list of administrators counts: neither the parent of a contact nor a seat gives a right. Portal users have
    no rights on these models; what they do goes through doors that ask :meth:`_practice_check_administrator`.
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

    @api.model
    @api.readonly
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """List the people of an organisation before all others, where a form asks who runs its subscription.

        The context names the organisation: ``practice_people_of``.
        """
        organisation = self.env.context.get("practice_people_of")
        if not organisation:
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or Domain.TRUE)
        own = domain & Domain("id", "child_of", organisation)
        found = super().name_search(name, own, operator, limit)
        if limit and len(found) >= limit:
            return found
        others = domain & Domain("id", "not in", [partner_id for partner_id, _name in found])
        return found + super().name_search(name, others, operator, limit and limit - len(found))

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

    def _practice_is_administrator(self):
        """Return whether the user runs the subscription of this organisation on the portal."""
        self.ensure_one()
        # sudo: only whether the user is on the list
        return self.env.user.partner_id in self.sudo().practice_administrator_ids

    def _practice_check_administrator(self):
        """Let administrators of this organisation pass; the only place where the portal asks for the role.

        :raises AccessError: for everybody else, former administrators too
        """
        if not self or not self._practice_is_administrator():
            raise AccessError(self.env._("Only an administrator of the organisation can do this."))

    def _practice_get_contacts(self):
        """Return the people of this organisation: its contacts, and who has or had a seat in its subscriptions."""
        self.ensure_one()
        self_sudo = self.sudo()  # sudo: asked for an administrator of the organisation
        domain = [("id", "child_of", self_sudo.id), ("is_company", "=", False), ("type", "=", "contact")]
        seats_sudo = self_sudo.practice_subscription_ids.seat_ids
        return (self_sudo.search(domain, order="name, id") | seats_sudo.practitioner_id).sorted("name") - self_sudo

    def _practice_add_administrator(self, contact):
        """Let another of the organisation's people run the subscription too.

        :raises UserError: when the contact is none of them; somebody else's and one that never was look the same
        """
        self._practice_check_administrator()
        if contact not in self._practice_get_contacts():
            raise UserError(self.env._("Choose one of the contacts of the organisation."))
        self_sudo = self.sudo()  # sudo: the role was checked
        self_sudo.write({"practice_administrator_ids": [Command.link(contact.id)]})
        self_sudo._practice_note_administrators(
            self.env._("%s became an administrator of the subscription", contact.name)
        )

    def _practice_remove_administrator(self, contact):
        """Take somebody off the list, oneself too, as long as somebody with a login stays.

        Two who remove each other at once meet on the organisation's row: Odoo notes there who wrote last.

        :raises UserError: when nobody would stay who can log in
        """
        self._practice_check_administrator()
        self_sudo = self.sudo()  # sudo: the role was checked
        staying_sudo = self_sudo.practice_administrator_ids - contact
        if not staying_sudo.user_ids.filtered("active"):
            raise UserError(
                self.env._("Somebody with a login has to stay. Add another administrator first, and invite them.")
            )
        self_sudo.write({"practice_administrator_ids": [Command.unlink(contact.id)]})
        self_sudo._practice_note_administrators(
            self.env._("%s is no longer an administrator of the subscription", contact.name)
        )

    def _practice_note_administrators(self, note):
        """Say in the chatter who changed the administrators on the portal."""
        user = self.env.user
        self._message_log(
            body=self.env._("On the portal, %(name)s: %(note)s", name=user.name, note=note),
            author_id=user.partner_id.id,
        )

    def _practice_find_or_make_contact_sudo(self, name, email):
        """Return the person of this organisation with this e-mail address; a new contact when there is none.

        :raises UserError: when the name is missing or the address is none
        """
        name, email = (name or "").strip(), email_normalize(email or "")
        if not name or not email:
            raise UserError(self.env._("A practitioner needs a name and a valid e-mail address."))
        return self._practice_find_or_make_contacts_sudo([(name, email)])

    def _practice_find_or_make_contacts_sudo(self, people):
        """Return the person of this organisation with each address, in this order; a new contact where there is none.

        Contacts of others are not looked at: whoever has the same address elsewhere is neither attached nor revealed.

        :param list people: ``(name, normalized e-mail address)``; each address once
        """
        self.ensure_one()
        known = self._practice_get_known_people()
        vals_list = [
            {"name": name, "email": email, "parent_id": self.id} for name, email in people if email not in known
        ]
        # sudo: the role was checked by the door
        made_sudo = dict(zip((vals["email"] for vals in vals_list), self.sudo().create(vals_list), strict=True))
        return self.browse().union(*(known.get(email) or made_sudo[email] for _name, email in people))

    def _practice_get_known_people(self):
        """Return ``{normalized e-mail address: person}`` of this organisation."""
        known = {}
        for person in self._practice_get_contacts().filtered("email_normalized"):
            known.setdefault(person.email_normalized, person)
        return known

    def _practice_invite_contact(self, contact, company):
        """Invite one of the organisation's people to the portal of ``company``.

        When the address belongs to a login already, or to somebody whom the organisation does not have, staff is told
        and who invites is not: they might ask on purpose, and whose address it is could not have a login any more.

        :raises UserError: when the contact is none of them
        """
        self._practice_check_administrator()
        # sudo: the role was checked
        if contact not in self._practice_get_contacts() | self.sudo().practice_administrator_ids:
            raise UserError(self.env._("Choose one of the contacts of the organisation."))
        # The system does it: the wizard writes users, and the e-mail is not sent in the name of a customer.
        self_sudo = self.with_user(SUPERUSER_ID).with_company(company)
        wizard_sudo = self_sudo.env["portal.wizard"].create({"partner_ids": [Command.set(contact.ids)]})
        line_sudo = wizard_sudo.user_ids.filtered(lambda it: it.partner_id == contact)
        if (
            not line_sudo.is_internal
            and line_sudo.email_state == "ok"
            and (line_sudo.is_portal or not self._practice_has_known_address(contact))
        ):
            line_sudo.action_invite_again() if line_sudo.is_portal else line_sudo.action_grant_access()
            return
        self_sudo.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Invite %s by hand", contact.name),
            note=self.env._(
                "The e-mail address %s belongs to a login or to another contact already, or is none.",
                contact.email or "",
            ),
            user_id=self_sudo._practice_get_subscription_responsible(company).id,
        )

    def _practice_get_subscription_responsible(self, company):
        """Return who looks after this organisation: as for its subscription, else its salesperson."""
        self.ensure_one()
        subscription_sudo = self._practice_get_subscription_sudo(company)
        return company._practice_get_responsible(subscription_sudo.user_id or self.user_id)
