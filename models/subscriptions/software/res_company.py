import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """Other software that is told of subscriptions."""

    _inherit = "res.company"

    practice_webhook_url = fields.Char(
        string="Webhook",
        groups="base.group_system",
        copy=False,
        help="Address that is told when the state of a subscription changes, with a signed POST that is repeated until "
        "it is taken.",
    )
    practice_webhook_secret = fields.Char(
        string="Webhook Secret",
        groups="base.group_system",
        copy=False,
        help="The receiver checks with it that a message comes from here: X-Practice-Signature is the HMAC-SHA256 of "
        "the body.",
    )

    @api.constrains("practice_webhook_url", "practice_webhook_secret")
    def _check_practice_webhook(self):
        for company in self.sudo():  # sudo: whoever may write them
            url = company.practice_webhook_url
            if url and not re.match(r"https?://[^\s/]+", url):
                raise ValidationError(self.env._("%s is not an address: it begins with https://", url))
            if url and len(company.practice_webhook_secret or "") < 16:
                raise ValidationError(
                    self.env._("The webhook needs a secret of at least 16 characters, which its receiver knows too.")
                )
