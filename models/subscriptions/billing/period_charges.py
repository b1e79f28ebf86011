from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools import charges as rules
from ...common.account_move_payment import SETTLED


class PracticeSubscriptionPeriod(models.Model):
    """What the posted documents of a period hold of what was billed: the one place that says what can be given back.

    Invoices, additions that were billed later, credit notes and invoices made anew have lines that name the period. A
    line that repeats or credits another one points to the first of them, its *origin*; together they are a charge.
    """

    _inherit = "practice.subscription.period"

    def _get_charges(self):
        """Return what can be given back of these periods: a :class:`~.charges.Charge` for each line that was billed.

        :raises UserError: when one of their documents is a draft, because nobody knows what it will hold, or was
            written off, because nobody paid for it
        """
        documents = self._get_documents_sudo(Domain("practice_period_id", "in", self.ids))
        self._check_no_draft(documents)
        self._check_none_written_off(documents)
        licences_sudo = self.env["practice.subscription.licence"].sudo()  # sudo: what the invoices charged
        billed = Domain("invoice_line_id", "in", list(documents)) | Domain("discount_line_id", "in", list(documents))
        discounts = licences_sudo.search(billed).discount_line_id
        # A discount may be on lines of several periods, and stands on one: what all of them cost has to be known.
        licences_sudo = licences_sudo.search(billed | Domain("discount_line_id", "in", discounts.ids), order="id")
        others = (discounts | licences_sudo.invoice_line_id).filtered(lambda it: it.id not in documents).ids
        if others:
            documents |= self._get_documents_sudo(
                Domain("id", "in", others) | Domain("practice_origin_id", "in", others)
            )
        of_line = licences_sudo.grouped(lambda it: it.invoice_line_id.id)
        taken = {discount.id: documents[discount.id] for discount in discounts if discount.id in documents}
        charges = [
            self._make_charge(lines, of_line.get(origin, licences_sudo.browse()), taken)
            for origin, lines in documents.items()
            if origin not in taken
        ]
        amounts = {lines._practice_get_billed().id: -lines._practice_get_net() for lines in taken.values()}
        shared = rules.share_discounts(charges, amounts, self[:1].currency_id.rounding or 0.01)
        mine = {line.id for lines in documents.values() for line in lines if line.practice_period_id in self}
        return tuple(charge for charge in shared if charge.line in mine)

    @api.model
    def _get_documents_sudo(self, domain):
        """Return the posted and draft lines of ``domain``, oldest first, by the id of their origin."""
        lines_sudo = self.env["account.move.line"].sudo()  # sudo: amounts of invoices that the caller may make
        domain &= Domain("parent_state", "in", ("draft", "posted")) & Domain("display_type", "=", "product")
        return lines_sudo.search(domain, order="id").grouped(lambda line: (line.practice_origin_id or line).id)

    @api.model
    def _check_no_draft(self, documents):
        """Refuse to say what can be given back while an invoice or a credit note of the period is a draft.

        :raises UserError: naming it
        """
        for lines in documents.values():
            for line in lines.filtered(lambda it: it.parent_state == "draft"):
                raise UserError(
                    self.env._(
                        "%(document)s of the period %(period)s is a draft, so it is not known what the unused days are "
                        "worth. Post it, or cancel it, and try again.",
                        document=line.move_id.display_name,
                        period=line.practice_period_id.display_name,
                    )
                )

    @api.model
    def _check_none_written_off(self, documents):
        """Refuse to give back what was never paid: a credit note would be the customer's, and the loss stay.

        :raises UserError: naming the invoice
        """
        lines_sudo = self.env["account.move.line"].sudo().union(*documents.values())  # sudo: as above
        for move_sudo in lines_sudo.move_id.filtered(lambda it: it.payment_state in SETTLED):
            if move_sudo._practice_is_written_off():
                raise UserError(
                    self.env._(
                        "%s was written off, not paid, so its unused days are worth nothing. End the subscription "
                        "without giving them back, or undo the write-off first.",
                        move_sudo.display_name,
                    )
                )

    @api.model
    def _make_charge(self, lines, licences, taken):
        """Return the charge of an origin.

        :param lines: its posted lines, oldest first
        :param licences: the seats that it charged
        :param dict taken: the posted lines of discounts, by the id of their origin
        """
        billed, discount = lines._practice_get_billed(), licences.discount_line_id[:1].id
        period = licences.period_id[:1] or billed.practice_period_id
        # As prices are entered: with their tax when the tax of the billed line is included in the price.
        net, price = billed._practice_get_net(), billed._practice_get_price()
        entries = {
            line: rules.Entry(
                period.currency_id.round(line._practice_get_net() * price / net) if net else 0.0,
                line.practice_date_from or period.date_from,
                line.practice_date_to or period.date_to,
            )
            for line in lines
        }
        return rules.Charge(
            line=billed.id,
            plan=period.plan_id.id,
            billed=entries[billed],
            entries=tuple(entries.values()),
            licences=licences._to_rules(),
            days=(period.date_to - period.base_from).days + 1,
            discount=taken[discount]._practice_get_billed().id if discount in taken else None,
        )
