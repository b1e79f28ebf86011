from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..appointments.calendar_event import NOT_CANCELLED


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Contacts that turn out to be one do not take part twice in one group.

    Odoo deletes, with SQL, what a unique index keeps from being merged: the visit would go, and its credits with it.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._practice_check_not_in_one_group(src_partners | dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _practice_check_not_in_one_group(self, partners):
        """Refuse to merge contacts that take part in one group.

        :raises UserError: naming it
        """
        # sudo: who merges contacts need not see appointments
        events_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        taking_part = Domain("patient_id", "in", partners.ids) & Domain("attendance", "in", NOT_CANCELLED)
        visits_sudo = events_sudo.search(taking_part & Domain("practice_group_id", "!=", False))
        for group_sudo, of_group_sudo in visits_sudo.grouped("practice_group_id").items():
            if len(of_group_sudo) > 1:
                raise UserError(
                    self.env._(
                        "These contacts take part in one appointment, on %(start)s: %(names)s. Take all but one of "
                        "them out of it first, then merge the contacts.",
                        start=group_sudo._practice_describe_start(),
                        names=", ".join(of_group_sudo.patient_id.sorted("name").mapped("name")),
                    )
                )
