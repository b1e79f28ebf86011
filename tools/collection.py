"""The rules of collecting money: when a failed payment is tried again, who has access, until when a card is good.

Days are days of the company's time zone, both ends included.
"""

import calendar
import re
from datetime import date, timedelta

#: Days that a company waits after each failure, unless it says otherwise.
RETRY_DAYS = "3, 5, 7"

#: Minutes after which a message that its receiver did not take is sent again; after the last one nobody tries any more.
RESEND_MINUTES = (1, 5, 30, 120, 360, 1440, 1440, 1440)


def parse_retry_days(text):
    """Return the days of waiting that a company wrote down, as a tuple: ``"3, 5, 7"``. Nothing means no retry.

    :raises ValueError: when it is not a list of at most ten whole numbers from 1 to 60
    """
    parts = [part for part in re.split(r"[\s,;]+", text or "") if part]
    days = tuple(int(part) for part in parts if re.fullmatch(r"[0-9]{1,2}", part))
    if len(days) != len(parts) or len(days) > 10 or not all(1 <= number <= 60 for number in days):
        raise ValueError(text)
    return days


def next_attempt(failed_on, failures, retry_days):
    """Return the day of the next attempt, or ``None`` when that was the last one.

    :param date failed_on: the day on which the last attempt failed
    :param int failures: how many attempts have failed, that one included
    :param tuple retry_days: days to wait after the first failure, the second, and so on
    """
    if failures > len(retry_days):
        return None
    return failed_on + timedelta(days=retry_days[failures - 1])


def has_access(state, today, *, paid_until=None, unpaid=False):
    """Return whether an organisation may use what it subscribes to.

    In trial and while it is billed, also when an invoice is overdue: that is what the days of grace are for. Who paused
    uses what is paid for; who was suspended for not paying has no access.

    :param str state: of the subscription
    :param date paid_until: last day of the paid period
    :param bool unpaid: whether it was suspended because invoices are not paid
    """
    if state == "suspended":
        return bool(not unpaid and paid_until and paid_until >= today)
    return state in ("trial", "active", "past_due")


def card_expiry(payment_data):
    """Return the last day on which the card in a provider's notification is good, or ``None`` when it does not say.

    Two shapes are known: Stripe's ``payment_method.card`` with ``exp_month`` and ``exp_year``, and Adyen's
    ``additionalData.expiryDate`` as "3/2030".
    """
    data = payment_data if isinstance(payment_data, dict) else {}
    month = year = None
    method, extra = data.get("payment_method"), data.get("additionalData")
    if isinstance(method, dict) and isinstance(card := method.get("card"), dict):
        month, year = card.get("exp_month"), card.get("exp_year")
    elif isinstance(extra, dict):
        month, _slash, year = str(extra.get("expiryDate") or "").partition("/")
    if not (re.fullmatch(r"0?[1-9]|1[0-2]", str(month)) and re.fullmatch(r"[2-9][0-9]{3}", str(year))):
        return None
    month, year = int(month), int(year)
    return date(year, month, calendar.monthrange(year, month)[1])


def needs_payer(data):
    """Return whether a provider refused a charge because who pays has to confirm it at their bank.

    One shape is known, Stripe's: ``error`` in the answer, ``payment_intent.last_payment_error`` in a notification, with
    the code ``authentication_required``.
    """
    data = data if isinstance(data, dict) else {}
    intent = data.get("payment_intent")
    error = data.get("error") or (intent.get("last_payment_error") if isinstance(intent, dict) else None)
    return isinstance(error, dict) and error.get("code") == "authentication_required"


def next_sending(now, failures):
    """Return the moment at which a message is sent again, or ``None`` when it is given up.

    :param datetime now: the moment of the last failure
    :param int failures: how many times it has failed, that one included
    """
    if failures > len(RESEND_MINUTES):
        return None
    return now + timedelta(minutes=RESEND_MINUTES[failures - 1])
