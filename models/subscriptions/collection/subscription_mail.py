from odoo import models
from odoo.fields import Command


class PracticeSubscription(models.Model):
    """Mails about a subscription: to those who run it, with templates that an administrator can edit."""

    _inherit = "practice.subscription"

    def _get_billing_contacts_sudo(self):
        """Return who is told about payments: the administrators on the portal, and the contact of the invoices."""
        self.ensure_one()
        # sudo: addresses to write to
        contacts_sudo = self.sudo().organisation_id.practice_administrator_ids | self.sudo()._get_invoice_partner()
        return contacts_sudo.filtered(lambda contact: contact.active and contact.email)

    def _send_to_billing_contacts(self, template, record=None):
        """Queue a mail about ``record`` (by default this subscription) to the billing contacts.

        :param template: of the mail, a record or its name

        Odoo's mail queue sends it after the transaction is committed. Without anybody to write to, that is noted.
        """
        self.ensure_one()
        contacts_sudo = self._get_billing_contacts_sudo()
        if isinstance(template, str):
            template = self.env.ref(template, raise_if_not_found=False)
        if not template:
            return
        if not contacts_sudo:
            self.sudo().message_post(  # sudo: the run
                body=self.env._("Not sent, because nobody has an e-mail address: %s", template.name)
            )
            return
        # sudo: the run, or whoever's payment it is
        template.sudo().send_mail(
            (record or self).id, email_values={"recipient_ids": [Command.set(contacts_sudo.ids)], "email_to": False}
        )
