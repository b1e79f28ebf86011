"""Every shape of document we make, as an e-invoice: by the rules of Europe and of Peppol, and with all that we know."""

import os
import unittest
from datetime import date

from lxml import etree

from odoo.fields import Command
from odoo.tests import tagged

from ...tools.einvoice import CAC, CBC
from ..common.collection import CollectionCase
from ..common.direct_debit import DirectDebitMixin
from ..common.einvoice_rules import findings, rules_folder
from ..common.sold import SoldCase
from ..common.subscriptions import day
from ..common.vat import VatMixin

SELLER = {"vat": "BE0477472701", "street": "Grote Markt 1", "zip": "2000", "city": "Antwerpen"}


class EInvoiceCase(SoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "account.edi.xml.ubl_bis3" not in cls.env:
            raise unittest.SkipTest("Odoo's e-invoices (account_edi_ubl_cii) are not installed")
        cls.rules = rules_folder()
        seller = cls.company.partner_id
        seller.write({**SELLER, "country_id": cls.env.ref("base.be").id})
        cls.env["res.partner.bank"].create({"acc_number": "BE43068999999501", "partner_id": seller.id})
        cls.buyer = cls.make_organisation("Praktijk De Linde", vat="BE0428759497")

    def subscribe_buyer(self, *args, **vals):
        return self.begin(*args, organisation=self.buyer, **vals)

    def export(self, move):
        """Return the e-invoice of ``move`` as it is sent, which no rule has anything to say about."""
        self.assertEqual(move.state, "posted")
        move.commercial_partner_id.invoice_edi_format = "ubl_bis3"
        (move.invoice_pdf_report_id + move.ubl_cii_xml_id).unlink()
        self.env["account.move.send"]._generate_and_send_invoices(move, sending_methods=["manual"])
        document = move.ubl_cii_xml_id.raw
        self.assertTrue(document, move.name)
        if self.rules:
            self.assertEqual(findings(document), [])
        root = etree.fromstring(document)
        self.assertLinesSayWhatThePrintSays(root, move)
        return root

    def assertLinesSayWhatThePrintSays(self, root, move):
        said = [(node.findtext(f"{CAC}Item/{CBC}Description") or "").split() for node in self.line_nodes(root)]
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        self.assertEqual(said, [line.name.split() for line in lines])

    def line_nodes(self, root):
        return root.findall(f"{CAC}InvoiceLine") or root.findall(f"{CAC}CreditNoteLine")

    def period(self, node):
        period = node.find(f"{CAC}InvoicePeriod")
        if period is None:
            return None
        return tuple(date.fromisoformat(period.findtext(f"{CBC}{name}")) for name in ("StartDate", "EndDate"))


@tagged("post_install", "-at_install")
class TestEInvoice(DirectDebitMixin, EInvoiceCase, CollectionCase):
    # === SHAPES === #

    def test_rules_are_there_and_find_something(self):
        if not self.rules and not os.environ.get("CI"):
            self.skipTest("The official rules of e-invoices are not beside the checkout (shared/einvoice).")
        self.assertTrue(self.rules, "without the rules no shape is checked: shared/einvoice is missing")
        _subscription, invoice = self.subscribe_buyer(pay=False)
        root = self.export(invoice)
        root.find(f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount").text = "1.00"
        root.remove(root.find(f"{CBC}BuyerReference"))
        found = " ".join(findings(etree.tostring(root)))
        self.assertIn("BR-CO-16", found)
        self.assertIn("PEPPOL-EN16931-R003", found)

    def test_licences_say_their_days(self):
        subscription = self.subscribe(
            self.standard, self.buyer, seats=("An", "Bert"), students=("Carla",), date_start=day(1, 1)
        )
        root = self.export(self.bill(subscription))
        self.assertEqual(self.period(root), (day(1, 1), day(1, 31)))
        self.assertEqual([self.period(node) for node in self.line_nodes(root)], [(day(1, 1), day(1, 31))] * 2)

    def test_additions_and_usage_come_with_their_own_days(self):
        subscription = self.subscribe(self.starter, self.buyer, seats=("An",), date_start=day(1, 1))
        self.bill(subscription)
        self.go_to("2026-01-12")
        self.seat(subscription, "Bert", date_from=day(1, 12))
        self.use(subscription, 3)
        self.go_to("2026-02-01")
        root = self.export(self.bill(subscription))
        self.assertEqual(self.period(root), (day(1, 1), day(2, 28)))
        self.assertIn((day(1, 12), day(1, 31)), [self.period(node) for node in self.line_nodes(root)])

    def test_an_upgrade_gives_back_on_the_same_document(self):
        subscription, _invoice = self.subscribe_buyer()
        self.go_on("2026-07-01")
        root = self.export(self.change(subscription))
        quantities = [float(node.findtext(f"{CBC}InvoicedQuantity")) for node in self.line_nodes(root)]
        self.assertLess(min(quantities), 0)
        self.assertEqual(self.period(root), (day(7, 1), day(12, 31)))

    def test_a_discount_and_an_invoice_of_nothing(self):
        for percentage in (20.0, 100.0):
            with self.subTest(percentage):
                code = self.make_code(f"E{percentage:g}", percentage=percentage)
                organisation = self.buyer.copy({"name": f"With {percentage:g} %"})
                _subscription, invoice = self.begin(code=code, pay=False, organisation=organisation)
                self.export(invoice)

    def test_a_credit_note_names_the_invoice_and_no_order(self):
        subscription, invoice = self.subscribe_buyer()
        self.go_on("2026-07-01")
        for note in (self.end(subscription), self.credit_by_hand(invoice, price_unit=1.0)):
            with self.subTest(note.name):
                root = self.export(note)
                credited = root.find(f"{CAC}BillingReference/{CAC}InvoiceDocumentReference")
                self.assertEqual(credited.findtext(f"{CBC}ID"), invoice.name)
                self.assertEqual(credited.findtext(f"{CBC}IssueDate"), "2026-01-01")
                self.assertIsNone(root.find(f"{CAC}OrderReference"))

    def test_exempt_and_shifted_to_another_country(self):
        exempt = self.company._practice_make_care_tax()
        product = self.make_service("Exempt", taxes_id=[Command.set(exempt.ids)])
        plan = self.make_plan("Exempt", {"year": {"standard": 390.0}}, product_id=product.id)
        _subscription, invoice = self.subscribe_buyer(plan, pay=False)
        root = self.export(invoice)
        self.assertEqual(root.findtext(f".//{CAC}TaxCategory/{CBC}ID"), "E")

        intra = self.env["account.tax"].create(
            {
                "name": "PB intra-community",
                "amount": 0.0,
                "type_tax_use": "sale",
                "ubl_cii_tax_category_code": "AE",
                "ubl_cii_tax_exemption_reason_code": "VATEX-EU-AE",
            }
        )
        intra.original_tax_ids = self.tax
        position = self.env["account.fiscal.position"].create({"name": "PB intra"})
        intra.fiscal_position_ids = position
        dutch = self.make_organisation(
            "Praktijk aan de Maas",
            country_id=self.env.ref("base.nl").id,
            vat="NL123456782B90",
            peppol_eas="0106",
            peppol_endpoint="12345678",
            city="Maastricht",
            zip="6211 AB",
            property_account_position_id=position.id,
        )
        _subscription, invoice = self.begin(organisation=dutch, pay=False)
        self.assertEqual(invoice.amount_tax, 0.0)
        root = self.export(invoice)
        self.assertEqual(root.findtext(f".//{CAC}TaxCategory/{CBC}ID"), "AE")

    def test_a_package_and_its_credit_note(self):
        for product in (self.product, self.make_product(self.package, taxes_id=[Command.set(self.tax.ids)])):
            if not product.taxes_id:
                product.taxes_id = self.company._practice_make_care_tax()
            invoice = self.invoice(self.buyer, product)
            self.export(invoice)
            self.pay(invoice)
            self.export(self.credit_note(invoice))

    def test_a_membership(self):
        product = self.make_product(self.package, taxes_id=[Command.set(self.tax.ids)])
        plan = self.make_plan(
            "Membership", {"month": {"standard": 60.0}}, product_id=product.id, deferred_account_id=False
        )
        code = self.make_code("MEMBER", percentage=20.0)
        subscription = self.subscribe(plan, self.buyer, seats=("Dora",), code=code)
        root = self.export(self.bill(subscription))
        self.assertEqual(root.findtext(f".//{CAC}TaxCategory/{CBC}ID"), "S")

    # === REFERENCES === #

    def test_the_buyer_reads_the_own_reference(self):
        self.buyer.practice_buyer_reference = "PO 2026/17"
        _subscription, invoice = self.subscribe_buyer(pay=False)
        self.assertEqual(invoice.ref, "PO 2026/17")
        root = self.export(invoice)
        self.assertEqual(root.findtext(f"{CBC}BuyerReference"), "PO 2026/17")
        self.assertIsNone(root.find(f"{CAC}OrderReference"))

    def test_an_order_is_named_when_there_is_one(self):
        _subscription, invoice = self.subscribe_buyer(pay=False)
        root = self.export(invoice)
        self.assertEqual(root.findtext(f"{CBC}BuyerReference"), self.buyer.name)
        self.assertIsNone(root.find(f"{CAC}OrderReference"))
        invoice.ref = "Order 5"
        root = self.export(invoice)
        self.assertEqual(root.findtext(f"{CAC}OrderReference/{CBC}ID"), "Order 5")

    def test_other_invoices_are_as_odoo_writes_them(self):
        product = self.make_service("Something else")
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.buyer.id,
                "invoice_date": "2026-01-01",
                "invoice_line_ids": [Command.create({"product_id": product.id, "price_unit": 5.0})],
            }
        )
        invoice.action_post()
        root = self.export(invoice)
        self.assertIsNone(root.find(f"{CBC}BuyerReference"))
        self.assertEqual(root.findtext(f"{CAC}OrderReference/{CBC}ID"), invoice.name)

    # === DIRECT DEBIT === #

    def test_a_direct_debit_names_the_mandate(self):
        self.setup_direct_debit()
        mandate = self.sign(self.buyer)
        subscription = self.subscribe(organisation=self.buyer)
        subscription._set_payment_token(mandate.token_id)
        root = self.export(self.bill(subscription))
        means = root.find(f"{CAC}PaymentMeans")
        self.assertEqual(means.findtext(f"{CBC}PaymentMeansCode"), "59")
        self.assertEqual(means.findtext(f"{CAC}PaymentMandate/{CBC}ID"), mandate.name)
        self.assertIsNone(means.find(f"{CAC}PayeeFinancialAccount"))
        self.assertIn(mandate.creditor_identifier, root.xpath("//*[@schemeID='SEPA']/text()"))
        self.assertNotIn(mandate.iban, etree.tostring(root).decode())


@tagged("post_install", "-at_install")
class TestVatAtUse(VatMixin, EInvoiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_vat()

    def test_a_voucher_and_the_invoice_of_its_visits(self):
        voucher = self.invoice(self.buyer, self.card_product)
        root = self.export(voucher)
        self.assertEqual(root.findtext(f".//{CAC}TaxCategory/{CBC}ID"), "O")
        self.pay(voucher)
        for appointment_type in (self.fitness, self.physio):
            self.visit(patient=self.buyer, appointment_type=appointment_type)
        self.release()
        [document] = self.invoice_visits(day(1, 31))
        root = self.export(document.invoice_id)
        totals = root.find(f"{CAC}LegalMonetaryTotal")
        self.assertEqual(totals.findtext(f"{CBC}PrepaidAmount"), "240.00")
        self.assertEqual(totals.findtext(f"{CBC}PayableAmount"), "0.00")

    def test_a_voucher_beside_other_lines_is_no_e_invoice_and_says_why(self):
        """The norm allows no VAT beside what is not subject to it (BR-O-11): no receiver would take the document."""
        other = self.make_service("A towel")
        mixed = self.invoice(self.buyer, self.card_product, post=False)
        mixed.invoice_line_ids = [
            Command.create({"product_id": other.id, "price_unit": 5.0, "tax_ids": [Command.set(self.tax.ids)]})
        ]
        mixed.action_post()
        self.buyer.invoice_edi_format = "ubl_bis3"
        send = self.env["account.move.send"]
        alerts = [
            send._get_alerts(it, {it: send._get_default_sending_settings(it, sending_methods={"manual"})})
            for it in (mixed, self.invoice(self.buyer, self.card_product))
        ]
        self.assertIn("invoice of its own", alerts[0]["practice_einvoice"]["message"])
        self.assertNotIn("practice_einvoice", alerts[1])
        send._generate_and_send_invoices(mixed, sending_methods=["manual"], allow_fallback_pdf=True)
        self.assertFalse(mixed.ubl_cii_xml_id)
        self.assertTrue([body for body in mixed.message_ids.mapped("body") if "invoice of its own" in body])
