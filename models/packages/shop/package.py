from odoo import fields, models
from odoo.exceptions import UserError


class PracticePackage(models.Model):
    """A package says whether patients upgrade what they bought by themselves; who buys agrees to its terms."""

    _inherit = "practice.package"

    upgrade_on_portal = fields.Boolean(
        string="Upgrade on the Portal",
        tracking=True,
        help="Patients can make a larger purchase of what they bought by themselves: of what is sold on the portal.",
    )

    def _check_terms_agreed(self, fingerprint):
        """Refuse a purchase of who has not agreed to the terms as they are now.

        :param str fingerprint: of the terms that were agreed to
        :raises UserError: when they are others
        """
        if fingerprint != self._get_terms_fingerprint():
            raise UserError(
                self.env._("Please read the terms and agree to them; they may have changed since this page was opened.")
            )
