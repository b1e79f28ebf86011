from odoo import fields, models
from odoo.exceptions import UserError


class ResPartner(models.Model):
    """What an organisation agreed to, and has to agree to."""

    _inherit = "res.partner"

    def _practice_get_agreed(self, company):
        """Return what this organisation agreed to with ``company``, the last one first."""
        self.ensure_one()
        domain = [("organisation_id", "=", self.id), ("company_id", "=", company.id)]
        return self.env["practice.terms.acceptance"].search(domain)

    def _practice_has_terms(self, company, plan):
        """Return whether there are terms for ``plan``, or this organisation agreed to some before."""
        return bool(self.env["practice.terms"]._get_for_sudo(company, plan) or self._practice_get_agreed(company))

    def _practice_get_open_terms_sudo(self, company, plan):
        """Return the terms for ``plan`` that this organisation has not agreed to as they are now."""
        self.ensure_one()
        terms_sudo = self.env["practice.terms"]._get_for_sudo(company, plan)
        if not terms_sudo:
            return terms_sudo
        agreed_sudo = self.sudo()._practice_get_agreed(company).version_id  # sudo: asked for the organisation
        return terms_sudo.filtered(lambda it: not it._find_terms_version_sudo() & agreed_sudo)

    def _practice_check_terms(self, company, plan):
        """Refuse what needs an agreement, until there is one.

        :raises UserError: naming the terms that are open
        """
        if terms_sudo := self._practice_get_open_terms_sudo(company, plan):
            names = ", ".join(terms_sudo.mapped("name"))
            raise UserError(self.env._("Please read and accept first: %s.", names))

    def _practice_accept_terms(self, company, plan, fingerprints):
        """Keep that the user agrees, for this organisation, to all that is open for ``plan``.

        :param fingerprints: of the texts that were shown, see :meth:`_get_terms_fingerprint`
        :raises AccessError: when the user is no administrator of the organisation
        :raises UserError: when one is missing, or was changed meanwhile
        """
        self._practice_check_administrator()
        # What is kept is the text in the language in which it was read.
        terms_sudo = self._practice_get_open_terms_sudo(company, plan)
        if any(it._get_terms_fingerprint() not in fingerprints for it in terms_sudo):
            raise UserError(
                self.env._("Please read all texts and accept them; they may have changed since this page was opened.")
            )
        user = self.env.user
        terms_sudo.env["practice.terms.acceptance"].create(
            [
                {
                    "organisation_id": self.id,
                    "version_id": it._get_terms_version_sudo().id,
                    "user_id": user.id,
                    "user_name": user.name,
                    "date": fields.Datetime.now(),
                    "lang": self.env.lang,
                    "fingerprint": it._get_terms_fingerprint(),
                }
                for it in terms_sudo
            ]
        )
