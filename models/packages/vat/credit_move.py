from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ....tools.vat import vat_inside

#: Movements of a service that was given, or kept ready for a patient who did not come (CJEU C-250/14, Air France-KLM).
SUPPLIED_KINDS = ("use", "forfeit")


class PracticeCreditMove(models.Model):
    """A visit, and a no-show, releases the VAT of its type apart, when the credits were sold with VAT at each visit."""

    _inherit = "practice.credit.move"

    def _prepare_release_vals(self, income_account_id=None):
        vals = super()._prepare_release_vals(income_account_id)
        if self.lot_id.vat_at_use and self.kind in SUPPLIED_KINDS:
            vals |= self._prepare_undone_tax_vals() if self.credits < 0 else self._prepare_tax_vals()
        return vals

    def _prepare_tax_vals(self):
        """Return the VAT of what this movement releases: that of the appointment type today, which the release keeps.

        A type that left the package since it was planned may have none: then it is what the company usually charges.

        :raises UserError: when that is not known either
        """
        appointment_type, company = self.event_id.practice_appointment_type_id, self.company_id
        tax = appointment_type.tax_id or company.account_sale_tax_id
        if tax.amount_type != "percent":
            raise UserError(
                self.env._(
                    "%(package)s takes VAT at each visit, and %(type)s has no tax. Choose one on the appointment type, "
                    "one of 0 %% where it is exempt.",
                    package=self.package_id.name,
                    type=appointment_type.name or self.env._("this movement"),
                )
            )
        return {
            "tax_id": tax.id,
            "tax_account_id": company._practice_get_used_account().id,
            "tax_amount": vat_inside(-self.value, tax.amount, rounding=company.currency_id.rounding),
        }

    def _prepare_undone_tax_vals(self):
        """Return the VAT of what this movement takes back: exactly what was released."""
        undone = self.search(
            [
                ("lot_id", "=", self.lot_id.id),
                ("event_id", "=", self.event_id.id),
                ("kind", "=", self.kind),
                ("id", "<", self.id),
            ]
        ).release_ids.sorted("id")
        last = undone[-1:]
        alike = undone.filtered(lambda it: (it.tax_id, it.tax_account_id) == (last.tax_id, last.tax_account_id))
        return {
            "tax_id": last.tax_id.id,
            "tax_account_id": last.tax_account_id.id,
            "tax_amount": -self.currency_id.round(sum(alike.mapped("tax_amount"))),
        }

    @api.model
    def _get_paid_sql(self):
        """Without the VAT that the value held until the visit."""
        return SQL(
            """((%s) - COALESCE((SELECT released.tax_amount FROM practice_revenue_release released
                                  WHERE released.credit_move_id = credit.id), 0))""",
            super()._get_paid_sql(),
        )
