"""The rules of direct debits: days on which banks settle, what may stand in their files, what their answers mean.

Days are days of the creditor's time zone. Nothing here asks a bank: an IBAN that is sound need not exist.
"""

import re
import unicodedata
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from stdnum import bic as bics
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.iso7064 import mod_97_10

#: Months without a collection after which a mandate may not be used any more.
MANDATE_MONTHS = 36
#: Months in which a debtor can have a collection returned, at most: without a mandate. A mandate is kept as long.
REFUND_MONTHS = 13
#: The largest amount of one collection, in euros.
LARGEST_AMOUNT = 999_999_999.99
#: What a person can do about a collection that came back.
RETRY, NEW_MANDATE, STOP = "retry", "new_mandate", "stop"

#: Characters of an IBAN, by country: those that take part in SEPA. (stdnum's own list cannot be loaded within Odoo 19,
#: whose import hook hides the files of that package.)
IBAN_LENGTHS = {
    "AD": 24,
    "AL": 28,
    "AT": 20,
    "BE": 16,
    "BG": 22,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "GI": 23,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IS": 26,
    "IT": 27,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "RS": 22,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "VA": 22,
}
_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_IDENTIFIER = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{1,35}(?<!/)")
#: Letters that have no accent to be taken off.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)


# === NUMBERS === #


def clean_iban(text):
    """Return ``text`` as an IBAN of a country of SEPA, without spaces, in capitals.

    :raises ValueError: when it is none: another length, another country, a wrong check digit
    """
    iban = re.sub(r"[\s-]", "", text or "").upper()
    is_long_enough = len(iban) == IBAN_LENGTHS.get(iban[:2]) and re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", iban)
    if not is_long_enough or not mod_97_10.is_valid(iban[4:] + iban[:4]):
        raise ValueError(text)
    return iban


def clean_bic(text):
    """Return ``text`` as a BIC of 8 or 11 characters.

    :raises ValueError: when it is none
    """
    return _clean(bics, text)


def clean_creditor(text):
    """Return ``text`` as a creditor identifier, without spaces, in capitals.

    :raises ValueError: when its check digits do not fit
    """
    return _clean(at_02, text)


def _clean(numbers, text):
    try:
        return numbers.validate((text or "").strip())
    except InvalidNumber as error:
        raise ValueError(text) from error


def mask_iban(iban):
    """Return what may be shown of an IBAN to whom it does not concern: country and last four characters."""
    return f"{iban[:2]}•• •••• {iban[-4:]}" if iban else ""


# === TEXTS === #


def clean_text(text, length):
    """Return at most ``length`` characters of ``text`` in the characters that every bank takes."""
    plain = unicodedata.normalize("NFKD", (text or "").translate(_LETTERS))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r" +", " ", _ALLOWED.sub(" ", plain)).strip()[:length].strip()


def clean_identifier(text, instead):
    """Return ``text`` when it can name something in a file of a bank, at most 35 characters, and else ``instead``."""
    return text if _IDENTIFIER.fullmatch(text or "") else instead


# === DAYS === #


def easter(year):
    """Return Easter Sunday of a year of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)


def is_target_day(day):
    """Return whether banks settle on ``day``: not at weekends, nor on the six holidays of the TARGET calendar."""
    if day.weekday() > 4 or (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)):
        return False
    sunday = easter(day.year)
    return day not in (sunday - timedelta(days=2), sunday + timedelta(days=1))


def target_day(day):
    """Return ``day``, or the next one on which banks settle."""
    while not is_target_day(day):
        day += timedelta(days=1)
    return day


def requested_day(now, *, cut_off, lead_days, told_on=None, notice_days=0):
    """Return the first day on which a collection can be asked for in a file that is made now.

    :param datetime now: local time of the creditor
    :param int cut_off: hour of the day from which on the bank counts a file as one of its next day; 24: never
    :param int lead_days: days on which banks settle that have to lie between, at least
    :param date told_on: day on which the debtor is told, if somebody has to be
    :param int notice_days: days that have to lie between telling and collecting, weekends included
    """
    start = now.date()
    if is_target_day(start) and now.hour >= cut_off:
        start += timedelta(days=1)
    day = target_day(start)
    for _day in range(lead_days):
        day = target_day(day + timedelta(days=1))
    if told_on:
        day = max(day, target_day(told_on + timedelta(days=notice_days)))
    return day


def mandate_expiry(signed_on, collected_on=None):
    """Return the last day on which a mandate can be used."""
    return _later(max(signed_on, collected_on or signed_on), MANDATE_MONTHS)


def kept_until(signed_on, collected_on=None):
    """Return the day until which a mandate has to be at hand: as long as a collection can be returned."""
    return _later(max(signed_on, collected_on or signed_on), REFUND_MONTHS)


def _later(day, months):
    """Return ``day`` so many months later, or the last day that there is."""
    try:
        return day + relativedelta(months=months)
    except (ValueError, OverflowError):
        return date.max


# === ANSWERS === #

#: What is done about a collection that came back, by the reason codes of ISO 20022 that the SEPA rulebooks use.
REASONS = {
    **dict.fromkeys(("AG02", "AM04", "BE05", "CNOR", "ED05", "FF01", "MS03", "RR03", "TM01"), RETRY),
    **dict.fromkeys(
        ("AC01", "AC04", "AC06", "AC13", "AG01", "DNOR", "FF05", "MD01", "MD02", "RC01", "RR01", "RR02"), NEW_MANDATE
    ),
    **dict.fromkeys(("AM05", "FOCR", "MD06", "MD07", "MS02", "RR04", "SL01"), STOP),
}


#: Reasons that lie with the debtor's own account: for these a fee can be charged. Whoever has a collection refunded, or
#: is collected from by mistake, owes nothing for it.
OF_THE_DEBTOR = frozenset(("AC04", "AC06", "AM04"))


def what_to_do(code):
    """Return ``RETRY``, ``NEW_MANDATE`` or ``STOP``; a code that is not known is as good as none: it is tried again."""
    return REASONS.get(code, RETRY)
