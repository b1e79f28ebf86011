from odoo import models


class AccountMove(models.Model):
    """Documents of the practice are of a day of the practice, whoever posts them, wherever that person lives."""

    _inherit = "account.move"

    def _post(self, soft=True):
        """Have Odoo give documents of the practice that have no date yet the practice's today, and not be due before.

        Odoo takes the day of the user's time zone. For a patient on the portal, and for every run, that is that of UTC:
        a sale after midnight would be of yesterday, in the west one of tomorrow, after the visits that it pays.
        """
        undated = self.filtered(
            lambda move: not move.invoice_date and move.is_sale_document() and move._practice_is_ours()
        )
        for move in undated:
            day = move.company_id._practice_day()
            if not move.invoice_payment_term_id and move.invoice_date_due and move.invoice_date_due < day:
                move.invoice_date_due = day
        zones = set(undated.company_id.mapped("practice_tz"))
        if len(zones) != 1:
            return super()._post(soft)
        return super(AccountMove, self.with_context(tz=zones.pop()))._post(soft).with_env(self.env)

    def _practice_is_ours(self):
        """Return whether this document sells or takes back what this module looks after. A hook of the rooms above."""
        self.ensure_one()
        return False
