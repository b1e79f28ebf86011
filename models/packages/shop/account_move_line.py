from odoo import fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """A line that was bought on the portal keeps the terms that were agreed to."""

    _inherit = "account.move.line"

    practice_terms_id = fields.Many2one(
        "practice.package.terms",
        string="Terms Agreed To",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_terms_date = fields.Datetime(
        string="Agreed On",
        readonly=True,
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_terms_user_id = fields.Many2one(
        "res.users",
        string="Agreed By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    def write(self, vals):
        """Refuse to change who agreed to what: it is written once, by the purchase."""
        agreed = {"practice_terms_id", "practice_terms_date", "practice_terms_user_id"} & vals.keys()
        if agreed and not self.env.su:
            raise UserError(self.env._("What a patient agreed to is written by the purchase and stays."))
        return super().write(vals)

    def _practice_keep_terms(self, user):
        """Keep that ``user`` agrees now to the terms of what this line sells."""
        if version := self.product_id.package_id._get_terms_version_sudo():
            self.write(
                {
                    "practice_terms_id": version.id,
                    "practice_terms_date": fields.Datetime.now(),
                    "practice_terms_user_id": user.id,
                }
            )

    def _practice_may_sell_archived(self):
        """What a patient bought on the portal before the package was archived may be paid by now."""
        # sudo: only whether somebody bought it there
        return bool(self.move_id.sudo().practice_buyer_id) or super()._practice_may_sell_archived()

    def _practice_is_agreed(self):
        """What a patient bought on the portal stays what was offered, also when the money arrives days later."""
        # sudo: only whether somebody bought it there
        return bool(self.move_id.sudo().practice_buyer_id) or super()._practice_is_agreed()
