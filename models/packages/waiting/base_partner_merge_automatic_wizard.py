from odoo import api, models

from .waiting import ON_THE_LIST


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Contacts that turn out to be one wait once for the same: whoever came first stays on the list.

    Odoo deletes, with SQL, what a unique index keeps from being merged, and with it all else they wait for.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # sudo: who merges contacts need not see the list
        entries_sudo = self.env["practice.waiting"].sudo()
        waiting_sudo = entries_sudo.search(
            [("patient_id", "in", (src_partners | dst_partner).ids), ("state", "in", ON_THE_LIST)]
        )
        for of_same in waiting_sudo.grouped(lambda it: (it.appointment_type_id, it.group_id)).values():
            of_same[1:]._leave("staff")
        self.env.flush_all()
        return super()._update_foreign_keys(src_partners, dst_partner)
