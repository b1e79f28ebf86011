"""The file with which a bank collects: pain.008, written by ``sepaxml``, which is asked for here only."""

from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import NamedTuple

from lxml import etree

from .sepa import LARGEST_AMOUNT, clean_bic, clean_iban, clean_identifier, clean_text

#: What has to be installed for files to be made.
PACKAGE = "sepaxml"


class Creditor(NamedTuple):
    name: str
    iban: str
    bic: str
    identifier: str


class Collection(NamedTuple):
    """One collection of a file. Texts are in characters that banks take.

    :param str original_iban: the account that the bank knows still, when the mandate got another one
    """

    end_to_end: str
    amount: Decimal
    sequence: str
    mandate: str
    signed_on: date
    holder: str
    iban: str
    bic: str
    text: str
    original_iban: str = ""


def find_faults(collection):
    """Return the names of the fields of a :class:`Collection` that no bank would take."""
    it = collection

    def is_sound(clean, text):
        try:
            return clean(text) == text
        except ValueError:
            return False

    sound = {
        "end_to_end": clean_identifier(it.end_to_end, "") == it.end_to_end != "",
        "amount": 0 < it.amount <= Decimal(str(LARGEST_AMOUNT)),
        "mandate": clean_identifier(it.mandate, "") == it.mandate != "",
        "signed_on": bool(it.signed_on),
        "holder": clean_text(it.holder, 70) == it.holder != "",
        "iban": is_sound(clean_iban, it.iban),
        "bic": not it.bic or is_sound(clean_bic, it.bic),
        "text": clean_text(it.text, 140) == it.text != "",
        "original_iban": not it.original_iban or is_sound(clean_iban, it.original_iban),
    }
    return [name for name, is_good in sound.items() if not is_good]


def is_available():
    """Return whether files can be made on this machine."""
    return bool(find_spec(PACKAGE))


def part_name(message, sequence):
    """Return how the collections of one sequence are called in the file ``message``."""
    return f"{message}-{sequence}"


def write_file(creditor, collections, *, message, created, day, scheme, version):
    """Return the bytes of a file, which its schema accepts.

    :param list collections: of :class:`Collection`, in euros, for one day and scheme
    :param str message: the file's own identification, at most 30 characters
    :param datetime created: local time
    :param date day: on which is collected
    :param str scheme: ``CORE`` or ``B2B``
    :param str version: ``pain.008.001.08`` or ``pain.008.001.02``
    :raises ImportError: without ``sepaxml``
    :raises ValueError: when the schema does not accept it
    """
    from sepaxml import SepaDD  # only where it is needed
    from sepaxml.validation import ValidationError, try_valid_xml

    config = {
        "name": creditor.name,
        "IBAN": creditor.iban,
        "batch": True,
        "creditor_id": creditor.identifier,
        "currency": "EUR",
        "instrument": scheme,
        **({"BIC": creditor.bic} if creditor.bic else {}),
    }
    if version == "pain.008.001.02" and not creditor.bic:
        raise ValueError("BIC")
    file = SepaDD(config, schema=version, clean=False)
    for it in collections:
        file.add_payment(
            {
                "name": it.holder,
                "IBAN": it.iban,
                **({"BIC": it.bic} if it.bic else {}),
                "amount": int(it.amount * 100),
                "type": it.sequence,
                "collection_date": day,
                "mandate_id": it.mandate,
                "mandate_date": it.signed_on,
                "description": it.text,
                "endtoend_id": it.end_to_end,
            }
        )
    document = _complete(file.export(validate=False), collections, message, created)
    try:
        try_valid_xml(document, version)
    except ValidationError as error:
        raise ValueError(str(error.__cause__ or error)) from error
    return document


def _complete(document, collections, message, created: datetime):
    """Write what ``sepaxml`` makes up (names, time) or cannot say (changed mandates)."""
    root = etree.fromstring(document)
    space = {"p": etree.QName(root).namespace}
    root.find(".//p:GrpHdr/p:MsgId", space).text = message
    root.find(".//p:GrpHdr/p:CreDtTm", space).text = created.strftime("%Y-%m-%dT%H:%M:%S")
    for part in root.iterfind(".//p:PmtInf", space):
        part.find("p:PmtInfId", space).text = part_name(message, part.find("p:PmtTpInf/p:SeqTp", space).text)
    changed = {it.end_to_end: it.original_iban for it in collections if it.original_iban}
    for one in root.iterfind(".//p:DrctDbtTxInf", space):
        if iban := changed.get(one.find("p:PmtId/p:EndToEndId", space).text):
            signed = one.find("p:DrctDbtTx/p:MndtRltdInf/p:DtOfSgntr", space)
            amended = etree.Element(f"{{{space['p']}}}AmdmntInd")
            amended.text = "true"
            details = etree.Element(f"{{{space['p']}}}AmdmntInfDtls")
            node = details
            for name in ("OrgnlDbtrAcct", "Id", "IBAN"):
                node = etree.SubElement(node, f"{{{space['p']}}}{name}")
            node.text = iban
            signed.addnext(amended)
            amended.addnext(details)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
