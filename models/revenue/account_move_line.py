from odoo import models
from odoo.exceptions import UserError

#: What a revenue release has booked: Odoo lets an accountant change some of it on a posted item.
BOOKED = ("account_id", "partner_id", "currency_id", "debit", "credit", "balance", "amount_currency")


class AccountMoveLine(models.Model):
    """The items of a posted revenue release stay what the release booked."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "practice.kept.mixin"]

    def write(self, vals):
        if changing := vals.keys() & self._practice_get_booked_fields():
            # sudo: whether an item belongs to a release; who may change items need not be able to read releases
            released_sudo = self.sudo().filtered(
                lambda line: line.parent_state == "posted" and line.move_id.practice_release_ids
            )
            released_sudo._practice_check_booked({name: vals[name] for name in changing})
        return super().write(vals)

    def _practice_filter_kept(self):
        # A draft follows its product, and is brought to it when it is posted, by whoever posts it.
        return self.filtered(lambda line: line.parent_state == "posted")

    def _practice_get_booked_fields(self):
        """Return the names of the fields that a release decides. A hook: halves that know more add theirs."""
        return set(BOOKED)

    def _practice_check_booked(self, vals):
        """Refuse values that change what a release booked on these items.

        A customer who became a contact of another one is followed by Odoo on all items: that changes nobody's balance.

        :raises UserError: when one of the fields would change
        """
        for line in self:
            for name in line._practice_get_changes(vals):
                raise UserError(
                    self.env._(
                        "%(entry)s is a revenue release: the field %(field)s of its items is what its visits or months "
                        "booked. Correct the visit or the invoice instead; the next release run books the difference.",
                        entry=line.move_id.display_name,
                        field=self._fields[name]._description_string(self.env),
                    )
                )

    def _practice_get_changes(self, vals):
        """Return the names of those of ``vals`` that really change this item."""
        self.ensure_one()
        changed = [name for name in vals if self.env["account.move"]._field_will_change(self, vals, name)]
        if "partner_id" in changed:
            partner = self.env["res.partner"].browse(vals["partner_id"])
            if partner and partner.commercial_partner_id == self.partner_id.commercial_partner_id:
                changed.remove("partner_id")
        return changed
