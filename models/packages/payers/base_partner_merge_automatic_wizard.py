from odoo import api, models
from odoo.fields import Domain


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Contacts that turn out to be one have one arrangement with a payer: of those that then hold for the same visits
    the first one goes on, the others are archived with their statements."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        people = src_partners | dst_partner
        # sudo: who merges contacts need not see arrangements
        arrangements_sudo = self.env["practice.payer.arrangement"].sudo()
        theirs_sudo = arrangements_sudo.search(
            Domain("patient_id", "in", people.ids) | Domain("payer_id", "in", people.ids), order="id"
        )
        self.env.flush_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        kept_sudo = arrangements_sudo.browse()
        for arrangement_sudo in theirs_sudo.exists():
            is_own = arrangement_sudo.patient_id == arrangement_sudo.payer_id
            if is_own or any(it._overlaps(arrangement_sudo) for it in kept_sudo):
                arrangement_sudo.active = False
            else:
                kept_sudo |= arrangement_sudo
        return result
