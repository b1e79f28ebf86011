from odoo import api, models
from odoo.exceptions import AccessError, UserError


class PracticeCreditLot(models.Model):
    """Credits that the practice gives away: nobody paid for them, so no balance post holds anything for them."""

    _inherit = "practice.credit.lot"

    @api.model
    def _give_away(self, vals, reason):
        """Give credits without money.

        :param dict vals: ``partner_id``, ``package_id``, ``company_id``, ``credits`` (whole, positive) and
            ``expiry_date`` (last day included; ``False``: as the package says)
        :param str reason: why, kept on the movement
        :raises AccessError: for whoever is no administrator of the practice
        """
        self._check_may_give_away()
        company = self.env["res.company"].browse(vals["company_id"])
        patient = self.env["res.partner"].browse(vals["partner_id"])
        gift = {
            **vals,
            "payer_id": patient.commercial_partner_id.id,
            "origin": "gift",
            "reference": self.env._("Gift"),
            "date": company._practice_day(),
            "value": 0.0,
            "reason": reason,
        }
        return self._grant([gift])

    def action_take_gift_back(self):
        """Take back credits that were given away by mistake, of which nothing was spent.

        :raises AccessError: for whoever is no administrator of the practice
        :raises UserError: when some were used, reserved or lost, or they were no gift
        """
        self._check_may_give_away()
        self.check_access("read")
        for lot in self:
            if lot.origin != "gift" or not lot.credits_total:
                raise UserError(self.env._("%s: these credits were no gift.", lot.display_name))
            if lot.credits_available < lot.credits_total:
                lot._raise_too_many(self.env._("Credits that were given: %s.", lot.credits_total))
            self._record(
                [
                    {
                        "lot": lot,
                        "kind": "grant",
                        "credits": -lot.credits_total,
                        "value": 0.0,
                        "date": lot.company_id._practice_day(),
                        "reason": self.env._("Gift taken back"),
                    }
                ]
            )

    @api.model
    def _check_may_give_away(self):
        if not self.env.su and not self.env.user.has_group("practice_billing.group_manager"):
            raise AccessError(
                self.env._("Only administrators of the practice give credits away. Please ask one of them.")
            )
