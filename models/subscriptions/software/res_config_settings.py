from odoo import fields, models

from .webhook_delivery import ALLOW_HTTP, ALLOW_PRIVATE


class ResConfigSettings(models.TransientModel):
    """Where messages to other software may go."""

    _inherit = "res.config.settings"

    practice_webhook_allow_http = fields.Boolean(
        string="Allow http://",
        config_parameter=ALLOW_HTTP,
        help="For all companies. Messages with names and e-mail addresses then go over the network unencrypted.",
    )
    practice_webhook_allow_private = fields.Boolean(
        string="Allow addresses of your own network",
        config_parameter=ALLOW_PRIVATE,
        help="For all companies. Otherwise nobody can have this server call machines behind your firewall.",
    )

    def action_practice_rotate_webhook_secret(self):
        """Make another secret. The one before still signs, until somebody takes it out here."""
        self.check_access("create")
        self.env.company._practice_rotate_webhook_secret()
        return {"type": "ir.actions.client", "tag": "reload"}
