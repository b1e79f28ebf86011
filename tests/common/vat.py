"""What tests of packages with VAT at each visit share: two types with different rates, and the account between."""

from datetime import date

#: The last day of the month in which the clock of the tests stands.
MONTH_END = date(2026, 3, 31)


class VatMixin:
    """A package whose types are exempt, or taxed with 21 %."""

    #: The account of what is used and not invoiced yet, once ``setup_vat`` has made it.
    used = None

    @classmethod
    def setup_vat(cls):
        """Make the account of what is used and not invoiced yet, the taxes, the package and its types."""
        cls.used = cls.make_account("liability_current", "PB used, to be invoiced", reconcile=True)
        cls.company.practice_used_account_id = cls.used
        cls.vat = cls.make_tax(21.0, name="PB 21 at use")
        cls.vat_account = (cls.vat.invoice_repartition_line_ids.account_id)[:1]
        cls.exempt = cls.make_tax(0.0, name="PB exempt")
        cls.card = cls.make_package("Beweegkaart", vat_moment="use")
        cls.card_product = cls.make_product(cls.card, name="Beweegkaart")
        cls.fitness = cls.make_type(cls.card, name="Fitness", tax_id=cls.vat.id)
        cls.physio = cls.make_type(cls.card, name="Physiotherapy", tax_id=cls.exempt.id)

    def sell_card(self, patient=None, **vals):
        """Sell ten credits for € 1,200 and have them paid; return the lot."""
        return self.sell(patient, **{"product": self.card_product, **vals})

    def invoice_visits(self, day=MONTH_END):
        """Go to the day after ``day``, and invoice what took place until then; return the documents."""
        if self.now and self.today() <= day:
            self.travel(f"{day} 23:30")
        self.release()
        documents = self.env["practice.vat.document"].with_company(self.company)._invoice_until(self.company, day)
        self.assertEqual(documents.mapped("error"), [False] * len(documents))
        return documents

    def run_visit_invoices(self, release=False):
        """Let the monthly run happen, perhaps after that of releases."""
        with self.enter_registry_test_mode():
            for name in ("release_revenue", "invoice_visits")[not release :]:
                self.env.ref(f"practice_billing.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def not_invoiced(self):
        """Return the VAT of what is released and not invoiced yet, from the rows alone."""
        [[tax]] = self.query(
            """SELECT COALESCE(SUM(release.tax_amount), 0)
                 FROM practice_revenue_release release
                WHERE release.tax_id IS NOT NULL AND release.state = 'posted'
                  AND NOT EXISTS (SELECT FROM account_move move
                                   WHERE move.practice_vat_document_id = release.vat_document_id
                                     AND move.state = 'posted')"""
        )
        return self.currency.round(float(tax))

    def assertBooksAgree(self):
        result = super().assertBooksAgree()
        if self.used:
            self.assertEqual(-self.balance(self.used), self.not_invoiced(), "VAT that is used and not invoiced yet")
        return result
