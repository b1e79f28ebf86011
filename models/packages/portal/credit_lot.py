from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...common.words import count_months

#: What is summed of the credits of a package.
SUMMED = ("credits_available", "credits_spendable", "credits_reserved", "credits_used", "credits_lost")


def _prepare_bar(waiting, left, planned, used, lost):
    """Return the numbers of credits that a bar shows, and how wide each part of it is, in percent."""
    parts = {"left": left, "waiting": waiting, "planned": planned, "used": used, "lost": lost}
    whole = max(sum(parts.values()), 1)
    return {"bar": parts, "widths": {name: 100 * number / whole for name, number in parts.items()}}


class PracticeCreditLot(models.Model):
    """What patients see of credits on the portal."""

    _inherit = "practice.credit.lot"

    @api.model
    def _practice_get_portal_domain(self, patients, *, only_open=False):
        """Return the credits of ``patients`` and those shared with them, without sales that were undone."""
        states = ("pending", "active") if only_open else ("pending", "active", "used_up", "expired")
        return self._get_usable_domain(patients) & Domain("state", "in", states) & self._get_own_domain()

    @api.model
    def _prepare_portal_balances(self, patients, user):
        """Return what ``patients`` have left of each package, own and shared: dicts of whole numbers and words.

        :param user: the login that looks, and books
        """
        lots_sudo = self.sudo()  # sudo: searched with the portal's domain only
        rows = lots_sudo._read_group(
            self._practice_get_portal_domain(patients, only_open=True),
            ["partner_id", "package_id"],
            [*(f"{name}:sum" for name in SUMMED), "__count"],
        )
        types_sudo = self.env["practice.appointment.type"]._get_bookable_types_sudo(user)
        return [
            {
                "package": package,
                "name": package.name,
                "owner": owner if owner in patients else None,
                "purchases": purchases,
                "left": spendable,
                "book_url": package._get_portal_book_url(owner if owner in patients else patients[:1], types_sudo),
                **_prepare_bar(available - spendable, spendable, reserved, used, lost),
            }
            for owner, package, available, spendable, reserved, used, lost, purchases in rows
        ]

    def _prepare_portal_cards(self, patients):
        """Return what a card shows of each lot: numbers for everybody, the history only for whom it belongs to."""
        types_sudo = self.env["practice.appointment.type"]._get_bookable_types_sudo(self.env.user)
        # Those that the login may open.
        readable = self.invoice_id.with_user(self.env.user)._filtered_access("read")
        cards = []
        for lot in self:
            own, waiting = lot.partner_id in patients, min(lot.credits_available, lot.credits_unpaid)
            cards.append(
                {
                    "lot": lot,
                    "own": own,
                    "validity": lot._describe_validity(),
                    "facts": lot._prepare_facts() if own else [],
                    "invoice_url": f"/my/invoices/{lot.invoice_id.id}" if own and lot.invoice_id in readable else "",
                    "book_url": lot.package_id._get_portal_book_url(lot.partner_id if own else patients[:1], types_sudo)
                    if lot.credits_available > waiting
                    else "",
                    **_prepare_bar(
                        waiting,
                        lot.credits_available - waiting,
                        lot.credits_reserved,
                        lot.credits_used,
                        lot.credits_lost,
                    ),
                    **lot._prepare_portal_parts(),
                    "rows": lot._prepare_history()[::-1] if own else [],
                }
            )
        return cards

    def _describe_validity(self):
        """Return in words until when these credits can be used."""
        self.ensure_one()
        if self.expiry_date:
            return self.env._("Valid until %s", format_date(self.env, self.expiry_date))
        if self.validity_months and self.validity_from == "first_visit":
            months = count_months(self.env, self.validity_months)
            return self.env._("Valid for %s from the first visit", months)
        return self.env._("No expiry date")

    def _prepare_portal_parts(self):
        """Return in words what is paid of these credits, and where the next part is: for who may see the invoice."""
        self.ensure_one()
        invoice = self.invoice_id.with_user(self.env.user)
        if not self._is_unpaid() or not self.is_in_parts or not invoice.has_access("read"):
            return {"parts": "", "pay_url": ""}
        payable = self.invoice_id._has_to_be_paid()
        return {
            "parts": self._describe_parts(with_amount=True),
            # Odoo's page of the invoice knows the parts: it offers the next one, or all.
            "pay_url": f"/my/invoices/{invoice.id}?payment=True#portal_pay" if payable else "",
        }
