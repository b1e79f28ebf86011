"""The rules of value added tax that is due when a voucher is used (Directive (EU) 2016/1065)."""

from decimal import Decimal

from .credits import round_money


def vat_inside(gross, rate, *, rounding=0.01):
    """Return the VAT that lies inside ``gross``, rounded half up; the rest of it is without VAT.

    :param float gross: what was paid, VAT included
    :param float rate: percent of what is without VAT: 21.0
    :param float rounding: the smallest amount of the currency
    """
    rate = Decimal(str(rate))
    return round_money(Decimal(str(gross)) * rate / (100 + rate), rounding)


def sort_visits(visits, *, rounding=0.01):
    """Return what an invoice holds of visits, what a credit note takes back, and what took itself back before.

    A visit that was undone and comes again counts once.

    :param visits: ``{visit: [amount]}``, what its movements released; negative undoes one
    :return: ``(invoiced, credited, neither)``, lists of visits in their order
    """
    sums = {visit: round_money(sum(amounts), rounding) for visit, amounts in visits.items()}
    return (
        [visit for visit, amount in sums.items() if amount > 0],
        [visit for visit, amount in sums.items() if amount < 0],
        [visit for visit, amount in sums.items() if not amount],
    )
