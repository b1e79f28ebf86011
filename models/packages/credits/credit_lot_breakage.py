from odoo import api, fields, models
from odoo.fields import Domain

from ....tools.credits import expected_breakage


class PracticeCreditLot(models.Model):
    """Expected breakage (IFRS 15, B46): what will probably never be used becomes revenue in proportion to what is used.

    Each night the movements of kind *breakage* bring what is recognised of a purchase to where it should be by then.
    The credits keep their price: the open value stays what is paid for the open ones, and a part of it is revenue
    already. When more is used than was expected, or all of it expires, that part goes back as the value goes out.
    """

    _inherit = "practice.credit.lot"

    value_recognised = fields.Monetary(
        string="Expected Breakage",
        default=0.0,
        required=True,
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What of the open value is revenue already, because it will probably never be used. The balance post "
        "holds the rest. Company currency.",
    )
    breakage_due = fields.Boolean(readonly=True, help="What is recognised has to be looked at by the next run.")

    _recognised_sound = models.Constraint(
        "CHECK (value_recognised >= 0 AND value_recognised <= value_open)",
        "No more can be recognised than is open.",
    )
    # What the run searches.
    _breakage_due_idx = models.Index("(company_id) WHERE breakage_due IS TRUE")

    @api.model
    def _get_breakage_domain(self, company):
        """Return the credits whose expected breakage the run has to look at. What waits for payment waits for it."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("breakage_due", "=", True)
            & Domain("state", "!=", "pending")
            & self._practice_get_retry_domain(company._practice_day())
        )

    def _recognise_breakage(self):
        """Bring what is recognised of these credits to what their package expects after what was used so far."""
        entries = []
        for lot in self:
            change = lot.currency_id.round(lot._get_expected_breakage() - lot.value_recognised)
            if change:
                day = lot.company_id._practice_day()
                entries.append({"lot": lot, "kind": "breakage", "credits": 0, "value": -change, "date": day})
        self._record(entries)
        self.sudo().breakage_due = False  # sudo: written by the run and the ledger only

    def _get_expected_breakage(self):
        """Return how much of the open value should be revenue by now, in company currency."""
        self.ensure_one()
        rate = self.package_id._get_breakage_rate()
        if not rate or self.release_method != "sale_value" or not self.deferred_account_id:
            return 0.0
        open_credits = self.credits_available + self.credits_reserved
        return expected_breakage(
            self.value_open, open_credits, self._count_kept() - open_credits, rate, rounding=self.currency_id.rounding
        )
