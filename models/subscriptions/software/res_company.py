import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ....tools.webhooks import check_address, make_secret, parse_secrets


class ResCompany(models.Model):
    """Other software that is told of subscriptions."""

    _inherit = "res.company"

    practice_webhook_url = fields.Char(
        string="Webhook",
        groups="base.group_system",
        copy=False,
        help="Address that is told when the state or the seats of a subscription change, with a signed POST that is "
        "repeated until it is taken.",
    )
    practice_webhook_secret = fields.Char(
        string="Webhook Secret",
        groups="base.group_system",
        copy=False,
        help="The receiver checks with it that a message comes from here (Standard Webhooks). While it changes from "
        "one to another, write both with a space between.",
    )

    @api.constrains("practice_webhook_url", "practice_webhook_secret")
    def _check_practice_webhook(self):
        for company in self.sudo():  # sudo: whoever may write them
            url = company.practice_webhook_url
            if not url:
                continue
            try:
                check_address(url, allow_http=True)
            except ValueError as error:
                raise ValidationError(self.env._("%s is not an address: it begins with https://", url)) from error
            try:
                parse_secrets(company.practice_webhook_secret)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "The webhook needs a secret, which its receiver knows too: whsec_ and the base64 of at least "
                        "16 bytes, or, as before, a text of at least 16 characters. Write several with a space between."
                    )
                ) from error

    def _practice_rotate_webhook_secret(self):
        """Sign with another secret, and with the one before as long as it stays written."""
        self.ensure_one()
        before = parse_secrets(self.practice_webhook_secret)[:1] if self.practice_webhook_secret else []
        self.practice_webhook_secret = " ".join(make_secret(key) for key in (secrets.token_bytes(32), *before))
