from hashlib import sha256

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PracticeCreditLot(models.Model):
    """Patients make a larger purchase of what they bought, where the package says that they may.

    As at the desk the invoice is posted at once: the unused credits go into the new ones, which can be planned with as
    far as they are paid. So nothing that happens before the payment, like an appointment, keeps it from being booked.
    """

    _inherit = "practice.credit.lot"

    def _prepare_portal_cards(self, patients):
        """Show into what patients can upgrade what they bought, and for how much."""
        cards = super()._prepare_portal_cards(patients)
        products = self.env["product.product"]
        if any(self.package_id.mapped("upgrade_on_portal")):
            products = products._practice_get_portal_products(self.env.user)
        for card in cards:
            card["upgrades"] = card["lot"]._get_upgrades(patients, products)
        return cards

    # === WHAT IS OFFERED === #

    def _get_upgrade_products(self, patients, products):
        """Return those of ``products`` into which these credits can be upgraded by whoever acts for ``patients``: none
        when the package does not offer it, or when the credits, or their invoice, are somebody else's.

        :param products: what is sold to the login on the portal
        """
        self.ensure_one()
        theirs = self.partner_id in patients and self.invoice_id.partner_id in patients
        if not theirs or not self.package_id.upgrade_on_portal:
            return products.browse()
        return products.filtered_domain(self._get_upgrade_domain()).sorted("package_credits")

    def _get_upgrades(self, patients, products):
        """Return what these credits can be upgraded into, as :class:`Upgrade`; what would be refused is left out."""
        upgrades = []
        for product in self._get_upgrade_products(patients, products):
            try:
                upgrades.append(self._preview_upgrade_on_portal(product))
            except UserError:
                continue
        return upgrades

    def _preview_upgrade_on_portal(self, product):
        """Return :class:`Upgrade` in the words of the login.

        :raises UserError: when it cannot be, in the words of the desk
        """
        return self.with_company(self.company_id)._preview_upgrade(product)

    def _get_upgrade_fingerprint(self, upgrade):
        """Return what identifies the price and the credits that a page shows."""
        shown = (upgrade.product.id, upgrade.currency.name, upgrade.total, upgrade.taken, upgrade.credits)
        return sha256(repr(shown).encode()).hexdigest()

    # === UPGRADING === #

    def _upgrade_by_patient(self, user, product, *, shown, terms):
        """Return the posted purchase by ``user`` that makes ``product`` of these credits; a second click finds it.

        :param product: of :meth:`_get_upgrade_products`
        :param str shown: fingerprint of the price and the credits that the page showed
        :param str terms: fingerprint of the terms that were agreed to
        :raises UserError: when it cannot be, or costs or gives something else by now
        """
        self.ensure_one()
        user.partner_id._practice_begin_order()
        if not self.credits_available and (made := self._find_upgrade_order(user)):
            return made
        upgrade = self._preview_upgrade_on_portal(product)
        if not self.company_id._practice_get_portal_ways(user, upgrade.total, upgrade.currency):
            raise UserError(
                self.env._("This package cannot be paid here at the moment. Please call the practice to buy it.")
            )
        if shown != self._get_upgrade_fingerprint(upgrade):
            raise UserError(
                self.env._("The price or the credits have changed since this page was opened. This is how it is now.")
            )
        self.package_id._check_terms_agreed(terms)
        buyer = user.partner_id
        drafting = self.with_company(self.company_id).with_context(
            lang=buyer.lang or self.env.lang, mail_create_nosubscribe=True
        )
        order = drafting._draft_upgrade(product)
        order.write({"practice_buyer_id": user.id, "invoice_user_id": False})
        order.invoice_line_ids[0]._practice_keep_terms(user)
        order.action_post()
        return self.env["account.move"].browse(order.id)  # without the buyer's language

    def _find_upgrade_order(self, user):
        """Return the purchase by which ``user`` upgraded these credits already."""
        orders = self.env["account.move"]
        domain = orders._practice_get_order_domain(user) & Domain("state", "=", "posted")
        domain &= Domain("invoice_line_ids.practice_upgraded_line_id", "=", self.invoice_line_id.id)
        return orders.search(domain, order="id desc", limit=1)
