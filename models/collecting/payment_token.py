from odoo import fields, models


class PaymentToken(models.Model):
    """A saved method in the words of those whose it is."""

    _inherit = "payment.token"

    practice_expiry_date = fields.Date(
        string="Good Until", readonly=True, help="Last day on which the card can be charged, as far as it is known."
    )

    def _practice_describe(self):
        """Return these words for people: "Visa •••• 4242, until 08/27"; nothing for no method.

        An account number is masked; the month of a card is the last one in which it can be charged.
        """
        if not self:
            return ""
        self.ensure_one()
        name, last = f"{self.payment_method_id.name} {self.display_name}", self.practice_expiry_date
        if not last:
            return name
        month = last.strftime("%m/%y")
        if last < self.company_id._practice_day():
            return self.env._("%(method)s, expired %(month)s", method=name, month=month)
        return self.env._("%(method)s, until %(month)s", method=name, month=month)
