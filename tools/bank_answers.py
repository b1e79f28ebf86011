"""What banks say about direct debits: rejections (pain.002), statements and advices (camt.053, camt.054).

Only what says something about collections is read, of any version of these messages: elements are found by their
names. The parser loads nothing and expands nothing.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from lxml import etree

#: Bytes: a bank's statement of a day is much smaller.
LARGEST_FILE = 20 * 1024 * 1024


class UnreadableError(Exception):
    """The file is none that is understood here. ``key`` says why: ``size``, ``xml``, ``entity`` or ``kind``."""

    def __init__(self, key):
        super().__init__(key)
        self.key = key


class Answer(NamedTuple):
    """What a bank says about one collection, or about several at once.

    :param str end_to_end: names the collection; empty: all of the file or part that ``file`` and ``part`` name
    :param Decimal amount: in ``currency``, >= 0; ``None`` when it is not said
    :param str code: the reason; ``None`` for money that arrived
    :param date day: of the booking, as far as it is said
    :param Decimal fee: what the bank charges for it, in ``fee_currency``
    :param tuple names: end-to-end references of the collections of which the money arrived, as far as they are said
    """

    end_to_end: str
    amount: Decimal | None
    currency: str
    code: str | None
    day: date | None
    file: str = ""
    part: str = ""
    arrived: bool = False
    fee: Decimal = Decimal()
    fee_currency: str = ""
    names: tuple = ()


class Message(NamedTuple):
    """What a file says.

    :param str kind: ``pain.002``, ``camt.053`` or ``camt.054``
    :param str name: the bank's own identification
    :param frozenset ibans: accounts that it is about; none for pain.002
    :param tuple answers: of :class:`Answer`
    """

    kind: str
    name: str
    ibans: frozenset
    answers: tuple


def read_message(content):
    """Return what the bytes ``content`` say.

    :raises UnreadableError: when they are too many, no sound XML, declare entities, or are another kind of message
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError("size")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("xml") from error
    if root.getroottree().docinfo.doctype:
        raise UnreadableError("entity")
    for kind, body, read in (
        ("pain.002", "CstmrPmtStsRpt", _read_rejections),
        ("camt.053", "BkToCstmrStmt", _read_entries),
        ("camt.054", "BkToCstmrDbtCdtNtfctn", _read_entries),
    ):
        if (node := _find(root, body)) is not None:
            accounts = frozenset(
                _texts(node, "Stmt", "Acct", "Id", "IBAN") + _texts(node, "Ntfctn", "Acct", "Id", "IBAN")
            )
            return Message(kind, _text(node, "GrpHdr", "MsgId"), accounts, tuple(read(node)))
    raise UnreadableError("kind")


# === FINDING === #


def _all(node, *names):
    """Return the descendants that are reached by ``names``, whatever their namespace."""
    return node.xpath("/".join([".", *(f"*[local-name()='{name}']" for name in names)]))


def _find(node, *names):
    return next(iter(_all(node, *names)), None)


def _texts(node, *names):
    return [(found.text or "").strip() for found in _all(node, *names)]


def _text(node, *names):
    return next(iter(_texts(node, *names)), "")


def _amount(node, *names):
    found = _find(node, *names)
    if found is None:
        return None, ""
    try:
        return abs(Decimal((found.text or "").strip())), found.get("Ccy", "")
    except InvalidOperation:
        return None, ""


def _day(node, *names):
    for name in ("Dt", "DtTm"):
        try:
            return date.fromisoformat(_text(node, *names, name)[:10])
        except ValueError:
            continue
    return None


def _code(node, *names):
    return _text(node, *names, "Rsn", "Cd") or _text(node, *names, "Rsn", "Prtry")


# === READING === #


def _read_rejections(report):
    """Yield what a pain.002 rejects: single collections, parts, or the whole file."""
    file = _text(report, "OrgnlGrpInfAndSts", "OrgnlMsgId")
    day = _day_of_report(report)
    whole = _find(report, "OrgnlGrpInfAndSts")
    code = _code(whole, "StsRsnInf") if whole is not None else ""
    if whole is not None and _text(whole, "GrpSts") == "RJCT":
        yield Answer("", None, "", code or "MS03", day, file=file)
        return
    for part in _all(report, "OrgnlPmtInfAndSts"):
        name = _text(part, "OrgnlPmtInfId")
        part_code = _code(part, "StsRsnInf") or code
        if _text(part, "PmtInfSts") == "RJCT" and not _all(part, "TxInfAndSts"):
            yield Answer("", None, "", part_code or "MS03", day, file=file, part=name)
        for one in _all(part, "TxInfAndSts"):
            if (_text(one, "TxSts") or _text(part, "PmtInfSts")) != "RJCT":
                continue
            amount, currency = _amount(one, "OrgnlTxRef", "Amt", "InstdAmt")
            yield Answer(
                _text(one, "OrgnlEndToEndId"),
                amount,
                currency,
                _code(one, "StsRsnInf") or part_code or "MS03",
                day,
                file=file,
                part=name,
            )


def _day_of_report(report):
    try:
        return date.fromisoformat(_text(report, "GrpHdr", "CreDtTm")[:10])
    except ValueError:
        return None


def _read_entries(book):
    """Yield what a statement or advice says of collections: those that came back, and files that arrived."""
    for entry in _all(book, "Stmt", "Ntry") + _all(book, "Ntfctn", "Ntry"):
        if (_text(entry, "Sts", "Cd") or _text(entry, "Sts") or "BOOK") != "BOOK":
            continue
        day, is_debit = _day(entry, "BookgDt"), _text(entry, "CdtDbtInd") == "DBIT"
        for details in _all(entry, "NtryDtls"):
            file = _text(details, "Btch", "MsgId") or _text(details, "TxDtls", "Refs", "MsgId")
            part = _text(details, "Btch", "PmtInfId") or _text(details, "TxDtls", "Refs", "PmtInfId")
            if not is_debit and (file or part):
                yield _read_arrival(entry, details, day, file, part)
            for one in _all(details, "TxDtls") if is_debit else ():
                if _find(one, "RtrInf") is None:
                    continue
                amount, currency = _original_amount(one, entry)
                is_alone = len(_all(entry, "NtryDtls", "TxDtls")) == 1
                fee, fee_currency = _fee(one)
                if not fee and is_alone:
                    fee, fee_currency = _fee(entry)
                if not fee:
                    # Not said, and part of what was booked.
                    booked, fee_currency = _amount(one, "Amt") if not is_alone else _amount(entry, "Amt")
                    is_more = booked is not None and amount is not None and booked > amount
                    fee = booked - amount if is_more and fee_currency == currency else Decimal()
                yield Answer(
                    _text(one, "Refs", "EndToEndId"),
                    amount,
                    currency,
                    _code(one, "RtrInf") or "MS03",
                    day,
                    file=file,
                    part=part,
                    fee=fee,
                    fee_currency=fee_currency if fee else "",
                )


def _read_arrival(entry, details, day, file, part):
    """Return what an entry says of the money of a file, or of a part of it, that arrived."""
    ones = _all(details, "TxDtls")
    names = tuple(name for name in (_text(one, "Refs", "EndToEndId") for one in ones) if name)
    amount, currency = _amount(details, "Btch", "TtlAmt")
    if amount is None and len(_all(entry, "NtryDtls")) == 1:
        amount, currency = _amount(entry, "Amt")
    elif amount is None:
        said = [_amount(one, "Amt") for one in ones]
        if said and None not in [one for one, _currency in said]:
            amount, currency = sum(one for one, _currency in said), said[0][1]
    fee, fee_currency = _fee(entry)
    return Answer(
        "",
        amount,
        currency,
        None,
        day,
        file=file,
        part=part,
        arrived=True,
        fee=fee,
        fee_currency=fee_currency,
        names=names if len(names) == len(ones) else (),
    )


def _fee(node):
    """Return ``(amount, currency)`` of what the bank charges, summed; 0 when it says nothing."""
    total, currency = Decimal(), ""
    for charges in _all(node, "Chrgs"):
        # Older versions repeat the element itself for each charge.
        records = _all(charges, "Rcrd") or ([charges] if _find(charges, "Amt") is not None else [])
        found = [(_amount(record, "Amt"), _text(record, "CdtDbtInd") == "CRDT") for record in records]
        for (amount, of), is_back in found or [(_amount(charges, "TtlChrgsAndTaxAmt"), False)]:
            total += (-amount if is_back else amount) if amount is not None else 0
            currency = of or currency
    return max(total, Decimal()), currency if total > 0 else ""


def _original_amount(one, entry):
    """Return what was collected: of what the bank books, its charges may be a part."""
    for names in (("AmtDtls", "InstdAmt", "Amt"), ("AmtDtls", "TxAmt", "Amt"), ("Amt",)):
        amount, currency = _amount(one, *names)
        if amount is not None:
            return amount, currency
    return _amount(entry, "Amt")
