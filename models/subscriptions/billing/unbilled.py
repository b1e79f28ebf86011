from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Unbilled:
    """Service that was given and that no posted invoice of the day, or of an earlier one, bills.

    Money is in the company's currency, without tax and after discount.

    :param str what: licence, addition, usage, credit (unused days that are given back) or other
    :param str reason: due (no document yet), draft, later (the invoice has a later date), cancelled, or failed
    :param str name: who has the seats, what was used, or what else it is; or why the invoice cannot be made
    :param float amount: what the invoice charges, or will charge
    :param float given: the part of it for the days until the day; none where days are not what is paid for
    :param account: the revenue account
    :param kind: the kind of usage
    :param tuple seats: ids of seats, ``usages`` those of usage
    :param move: the draft, cancelled or later document
    """

    subscription: object
    what: str
    reason: str
    plan: object
    name: str
    date_from: date
    date_to: date
    quantity: float = 0.0
    amount: float = 0.0
    given: float = 0.0
    account: object = None
    kind: object = None
    seats: tuple = ()
    usages: tuple = ()
    move: object = None
