from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ...common.words import say_number
from ..agreement.subscription import BILLED, RUNNING

#: Practitioners that are named where all of them would be too many.
MOST_NAMES = 8


class PracticeSubscription(models.Model):
    """The section of an organisation on its home page."""

    _inherit = "practice.subscription"

    def _prepare_portal_home(self):
        """Return how this subscription stands, in words: ``{"practitioners", "names", "next", "method", "todos"}``.

        ``todos`` are ``[{"button", "text", "invoices"}]``: what administrators should do, the most urgent first; the
        button is ``pay``, ``method``, ``details``, ``terms`` or ``practitioners``.
        """
        self.ensure_one()
        seats = self.seat_ids.filtered("is_active").practitioner_id.sorted("name")
        return {
            "practitioners": self._describe_practitioners(len(seats)),
            "names": self._describe_names(seats),
            "next": self._describe_portal_next_invoice(),
            "method": self.payment_token_id._practice_describe() if self.payment_token_id else "",
            "todos": self._prepare_portal_todos(len(seats)),
        }

    def _describe_practitioners(self, count):
        """Return ``count`` people in words: members of a membership, else practitioners, also before there is any."""
        if self and self._is_membership():
            return say_number(count, self.env._("0 members"), self.env._("1 member"), self.env._("%s members", count))
        return say_number(
            count, self.env._("0 practitioners"), self.env._("1 practitioner"), self.env._("%s practitioners", count)
        )

    def _describe_names(self, people):
        names, more = people[:MOST_NAMES].mapped("name"), len(people) - MOST_NAMES
        if more <= 0:
            return ", ".join(names)
        if more == 1:
            return self.env._("%s and 1 more", ", ".join(names))
        return self.env._("%(names)s and %(count)s more", names=", ".join(names), count=more)

    def _describe_portal_next_invoice(self):
        """Return amount and day of the next invoice, in words; why it cannot be made, or nothing when there is none."""
        preview = self._prepare_portal_next_invoice()
        if not preview:
            return ""
        if "problem" in preview:
            return preview["problem"]
        if not preview["lines"]:
            return self.env._("There is nothing left to bill.")
        return self.env._(
            "%(amount)s with tax, on %(day)s",
            amount=format_amount(self.env, preview["total"], preview["currency"]),
            day=preview["date"],
        )

    def _prepare_portal_todos(self, seat_count):
        todos = []
        if payable := self._portal_get_payable()[0]:
            # With the document's own key: an administrator need not be a contact of the organisation.
            invoices = [(move.name, move.get_portal_url()) for move in payable]
            text = self.env._("To be paid:")
            todos.append({"button": "pay", "text": text, "invoices": invoices})
        if self.state not in RUNNING:
            return todos
        if terms_sudo := self.organisation_id._practice_get_open_terms_sudo(self.company_id, self.plan_id):
            text = self.env._("Please read and accept: %s.", ", ".join(terms_sudo.mapped("name")))
            todos.append({"button": "terms", "text": text})
        if self.state in BILLED and not self.end_date and not self.payment_token_id:
            text = self.env._("No automatic payment method is saved: each invoice is paid by hand.")
            todos.append({"button": "method", "text": text})
        try:
            self._check_address(self._get_invoice_partner())
        except UserError:
            text = self.env._("The address for invoices is not complete.")
            todos.append({"button": "details", "text": text})
        if not seat_count and not self.end_date:
            todos.append({"button": "practitioners", "text": self.env._("Nobody uses the software yet.")})
        return todos
