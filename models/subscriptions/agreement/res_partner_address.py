from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Whose addresses are written, and by whom.

    The e-mail address of a contact with a login is where a forgotten password is sent to: whoever writes it takes the
    login.
    """

    _inherit = "res.partner"

    def _practice_get_other_login_sudo(self):
        """Return the login of this contact that is not the user's own; an archived one counts, it may come back."""
        self.ensure_one()
        # sudo: only whether there is one, and the name of somebody of the user's organisation
        return self.sudo().with_context(active_test=False).user_ids.filtered(lambda it: it != self.env.user)[:1]

    def _practice_find_email_problem(self, values):
        """Return why an address page may not write ``values``, or nothing: they change the address of a login."""
        self.ensure_one()
        login_sudo = self._practice_get_other_login_sudo()
        if not login_sudo or "email" not in values or (values["email"] or "") == (self.email or ""):
            return None
        return self.env._(
            "%(name)s logs in with the e-mail address %(email)s: only they can change it, in their own account. "
            "Contact us when invoices have to go to another address.",
            name=self.name,
            email=self.email or "",
        )

    def _can_be_edited_by_current_customer(self, **kwargs):
        """Leave the addresses of a subscribing organisation to its administrators, and everybody's to themselves."""
        if not super()._can_be_edited_by_current_customer(**kwargs):
            return False
        organisation = self.commercial_partner_id
        return (
            self == self.env.user.partner_id
            or not organisation._practice_is_subscriber()
            or organisation._practice_is_administrator()
        )

    @api.model
    def _get_current_partner(self, *, practice_organisation=None, **kwargs):
        """Answer for an organisation where its administrators change billing details; they need not be contacts."""
        return practice_organisation or super()._get_current_partner(**kwargs)

    def _practice_has_known_address(self, contact):
        """Return whether the address of ``contact`` is that of somebody whom this organisation does not have."""
        self.ensure_one()
        # sudo: only whether there is somebody; archived contacts may come back
        others_sudo = self.sudo().with_context(active_test=False)
        domain = Domain("email_normalized", "=", contact.email_normalized) & ~Domain("id", "child_of", self.id)
        ours = self._practice_get_contacts() | contact
        return bool(others_sudo.search(domain & Domain("id", "not in", ours.ids), limit=1))
