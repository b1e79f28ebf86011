from odoo import api, models

from .invoice_batch import get_batch


class ResPartner(models.Model):
    """The customers of a batch of invoices become customers together; Odoo writes each by itself."""

    _inherit = "res.partner"

    def _increase_rank(self, field, n=1):
        batch = get_batch(self.env)
        if not batch or not batch.is_posting:
            return super()._increase_rank(field, n)
        for partner in self:
            batch.ranks[field, partner.id] += n
        batch.taken["ranked"] += 1
        return None

    @api.model
    def _practice_increase_ranks(self, ranks):
        """Do what was gathered: ``{(field, id of a partner): how much}``."""
        by_change = {}
        for (field, partner_id), more in ranks.items():
            by_change.setdefault((field, more), []).append(partner_id)
        for (field, more), ids in by_change.items():
            partners_sudo = self.sudo().browse(ids)  # sudo: as Odoo does, whoever posts
            new_sudo = partners_sudo.filtered(lambda partner, field=field: not partner[field])
            # Odoo asks each contact of each customer for its users; here all of them at once.
            new_sudo.child_ids.mapped("user_ids")
            # Nobody follows the number, so nothing of it is noted; Odoo would read the address of each to compare it.
            is_noted = getattr(self._fields[field], "tracking", False)
            new_sudo.with_context(mail_notrack=not is_noted).write({field: more})
            # Who is one already waits until the commit, as Odoo has it.
            (partners_sudo - new_sudo)._increase_rank(field, more)
