from odoo import models


class ResPartner(models.Model):
    """A contact that gets a parent takes what waits for it along, as its journal items."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals:
            # sudo: Odoo has moved the journal items to the new customer; releases are the same money
            releases_sudo = self.env["practice.revenue.release"].sudo().search([("partner_id", "in", self.ids)])
            for partner, of_partner in releases_sudo.grouped("partner_id").items():
                if partner.commercial_partner_id != partner:
                    of_partner.partner_id = partner.commercial_partner_id
        return result
