"""What an e-invoice says beyond what Odoo writes: periods, references, direct debit. UBL 2.1, as Peppol BIS 3 has it.

The terms in brackets (BT-…, BG-…) are those of the European norm EN 16931.
"""

from datetime import date
from typing import NamedTuple

from lxml import etree

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"

UBL = "{urn:oasis:names:specification:ubl:schema:xsd:"
DOCUMENTS = (f"{UBL}Invoice-2}}Invoice", f"{UBL}CreditNote-2}}CreditNote")

#: Not subject to VAT, in the list of categories of taxes (UNCL 5305).
OUTSIDE_VAT = "O"

#: SEPA direct debit, in the list of means of payment (UNCL 4461).
DIRECT_DEBIT = "59"

#: The elements that stand before the parties of a document, in their order, after the plain values.
HEADER = ("InvoicePeriod", "DiscrepancyResponse", "OrderReference", "BillingReference")


class Debit(NamedTuple):
    """The mandate (BT-89) with which an invoice is collected, and of which creditor (BT-90).

    The debtor's account (BT-91) stays away: they know it, and nobody else has to read it.
    """

    mandate: str
    creditor: str


class Facts(NamedTuple):
    """What is known of a document that Odoo leaves out of its e-invoice.

    ``lines`` are ``(description, first day, last day)`` of each product line, days included, ``None`` where there are
    none; ``credited`` is ``(number, day)`` of the invoice that a credit note corrects.
    """

    lines: tuple = ()
    buyer_reference: str = ""
    order_reference: str = ""
    credited: tuple[str, date] | None = None
    debit: Debit | None = None


def complete(document, facts):
    """Return the e-invoice ``document`` (bytes) with the ``facts`` that it lacks; unchanged when it is no UBL."""
    root = etree.fromstring(document)
    if root.tag not in DOCUMENTS:
        return document
    _set_periods(root, facts.lines)
    _set_references(root, facts)
    _leave_out_vat(root)
    if facts.debit:
        _set_debit(root, facts.debit)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _set_periods(root, lines):
    """Write from when to when each line is (BG-26), and all of them (BG-14), which spans them as it has to."""
    nodes = root.findall(f"{CAC}InvoiceLine") or root.findall(f"{CAC}CreditNoteLine")
    if [_words(node.findtext(f"{CAC}Item/{CBC}Description")) for node in nodes] != [_words(line[0]) for line in lines]:
        # Another add-on splits or adds lines: their periods are not ours to guess.
        return
    dated = [(node, first, last) for node, (_name, first, last) in zip(nodes, lines, strict=True) if first and last]
    if not dated:
        return
    for node, first, last in dated:
        _insert_period(node, first, last)
    _insert_period(root, min(first for _node, first, _last in dated), max(last for _node, _first, last in dated))


def _words(text):
    return (text or "").split()


def _insert_period(parent, first, last):
    for old in parent.findall(f"{CAC}InvoicePeriod"):
        parent.remove(old)
    period = etree.Element(f"{CAC}InvoicePeriod")
    etree.SubElement(period, f"{CBC}StartDate").text = first.isoformat()
    etree.SubElement(period, f"{CBC}EndDate").text = last.isoformat()
    parent.insert(_after_values(parent), period)


def _after_values(parent):
    """Return where the first element with parts of its own stands: plain values come before it."""
    return next((place for place, node in enumerate(parent) if node.tag.startswith(CAC)), len(parent))


def _set_references(root, facts):
    """Write the reference of the buyer (BT-10), the order when there is one (BT-13), and what is credited (BG-3)."""
    if facts.buyer_reference and root.find(f"{CBC}BuyerReference") is None:
        node = etree.Element(f"{CBC}BuyerReference")
        node.text = facts.buyer_reference
        root.insert(_after_values(root), node)
    order = root.find(f"{CAC}OrderReference")
    if order is not None:
        if facts.order_reference:
            order.find(f"{CBC}ID").text = facts.order_reference
        elif facts.buyer_reference:
            # Odoo writes the number of the invoice, which no buyer ever ordered.
            root.remove(order)
    if facts.credited:
        for old in root.findall(f"{CAC}BillingReference"):
            root.remove(old)
        number, day = facts.credited
        reference = etree.Element(f"{CAC}BillingReference")
        invoice = etree.SubElement(reference, f"{CAC}InvoiceDocumentReference")
        etree.SubElement(invoice, f"{CBC}ID").text = number
        etree.SubElement(invoice, f"{CBC}IssueDate").text = day.isoformat()
        before = [place for place, node in enumerate(root) if node.tag in {f"{CAC}{name}" for name in HEADER}]
        root.insert(before[-1] + 1 if before else _after_values(root), reference)


def _leave_out_vat(root):
    """Where nothing is subject to VAT, name no rate and no VAT number, which the norm forbids (BR-O-02, BR-O-05)."""
    codes = {node.text for node in root.iterfind(f".//{CAC}ClassifiedTaxCategory/{CBC}ID")}
    if codes != {OUTSIDE_VAT}:
        return
    for rate in [*root.iterfind(f".//{CAC}ClassifiedTaxCategory/{CBC}Percent")]:
        rate.getparent().remove(rate)
    for number in [*root.iterfind(f".//{CAC}Party/{CAC}PartyTaxScheme")]:
        if number.findtext(f"{CAC}TaxScheme/{CBC}ID") == "VAT":
            number.getparent().remove(number)


def _set_debit(root, debit):
    """Say that the invoice is collected by direct debit, and need not be paid by transfer."""
    means = root.find(f"{CAC}PaymentMeans")
    if means is None:
        return
    code = means.find(f"{CBC}PaymentMeansCode")
    code.text = DIRECT_DEBIT
    code.attrib["name"] = "SEPA direct debit"
    for account in means.findall(f"{CAC}PayeeFinancialAccount"):
        means.remove(account)
    mandate = etree.SubElement(means, f"{CAC}PaymentMandate")
    etree.SubElement(mandate, f"{CBC}ID").text = debit.mandate
    party = root.find(f"{CAC}AccountingSupplierParty/{CAC}Party")
    identification = etree.Element(f"{CAC}PartyIdentification")
    etree.SubElement(identification, f"{CBC}ID", schemeID="SEPA").text = debit.creditor
    party.insert(_after_values(party), identification)
