from functools import cached_property


class InvoiceFacts:
    """What all invoices of a company on a day have in common, read once for the batch.

    :param date day: the invoice date, in the company's time zone
    """

    def __init__(self, company, day):
        self.company = company
        self.day = day
        self._has_rates, self._rates, self._positions, self._partners = {}, {}, {}, {}

    @cached_property
    def journal(self):
        """The journal of subscription invoices.

        :raises UserError: when the company has no sales journal
        """
        return self.company._practice_get_subscription_journal()

    @cached_property
    def locked_until(self):
        """The last locked day that the invoice date falls under, or ``None``."""
        return self.company._practice_get_release_lock(self.journal, self.day)

    @cached_property
    def _automatic(self):
        """The fiscal positions that Odoo chooses from by country and VAT number."""
        positions = self.company.env["account.fiscal.position"].with_company(self.company)
        return positions.search([*positions._check_company_domain(self.company), ("auto_apply", "=", True)])

    def get_partner(self, subscription):
        """Return the contact that the invoices of ``subscription`` go to."""
        if subscription not in self._partners:
            self._partners[subscription] = subscription._get_invoice_partner()
        return self._partners[subscription]

    def get_position(self, partner):
        """Return the fiscal position of a customer, as Odoo chooses it."""
        if partner not in self._positions:
            position = partner.with_company(self.company).property_account_position_id
            if not position and partner.country_id:
                position = self._automatic._get_first_matching_fpos(partner)
            self._positions[partner] = position
        return self._positions[partner]

    def has_rate(self, currency):
        """Return whether ``currency`` has a rate on the day; the company's own needs none."""
        if currency not in self._has_rates:
            rates_sudo = currency.env["res.currency.rate"].sudo()  # sudo: whether there is one
            self._has_rates[currency] = currency == self.company.currency_id or bool(
                rates_sudo.search_count(
                    [
                        ("currency_id", "=", currency.id),
                        ("name", "<=", self.day),
                        ("company_id", "in", (False, self.company.root_id.id)),
                    ],
                    limit=1,
                )
            )
        return self._has_rates[currency]

    def convert(self, amount, currency):
        """Return ``amount`` in the company's currency, at the rate of the day."""
        own = self.company.currency_id
        if currency not in self._rates:
            self._rates[currency] = currency._get_conversion_rate(currency, own, self.company, self.day)
        return own.round(amount * self._rates[currency])
