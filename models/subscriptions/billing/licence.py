from math import ceil

from odoo import models
from odoo.fields import Domain


class PracticeSubscriptionLicence(models.Model):
    """A seat is paid for as long as documents hold what it was billed at; a draft is about to."""

    _inherit = "practice.subscription.licence"

    def _follow_lines(self):
        """Find out which of these seats are still paid for.

        A line for several seats that is credited in part pays for as many as what is left of it does; goodwill of less
        than a seat takes none away.
        """
        of_line = self.grouped("invoice_line_id")
        ids = self.invoice_line_id.ids
        domain = Domain("id", "in", ids) | Domain("practice_origin_id", "in", ids)
        domain &= Domain("parent_state", "in", ("draft", "posted"))
        lines_sudo = self.env["account.move.line"].sudo().search(domain, order="id")  # sudo: amounts only
        documents = lines_sudo.grouped(lambda line: line.practice_origin_id or line)
        for line, licences in of_line.items():
            paid = licences._count_paid(documents.get(line.sudo(), lines_sudo.browse()))  # sudo: as above
            for number, licence in enumerate(licences.sorted("id")):
                if licence.is_paid_for != (number < paid):
                    licence.is_paid_for = number < paid

    def _count_paid(self, lines):
        """Return how many of these seats, billed together, are paid by ``lines``: all that repeat or credit theirs."""
        coming = lines.filtered(lambda it: it.parent_state == "posted" or it._practice_get_net() > 0)
        if not coming:
            return 0
        price = coming._practice_get_billed()._practice_get_net() / len(self)
        held = coming._practice_get_net()
        return min(len(self), ceil(round(held / price, 6))) if price > 0 else len(self)
