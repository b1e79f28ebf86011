"""What was sold, written down a second time when it is posted, and the books compared with it.

Nothing here asks the module what a credit is worth or where it is booked: what a line sells is read from product,
package and fiscal position in the moment before it is posted; values are fractions that are rounded at the end; the
journal is added up by account, customer and day.
"""

from dataclasses import dataclass
from fractions import Fraction

from .rules import cents, exact

#: Movements that take value to revenue, and of these what nobody was served for.
RELEASED = ("use", "forfeit", "expire")
UNSERVED = ("forfeit", "expire", "breakage")

#: What a credit of a movement adds to the open ones; all others close it.
OPENED = {"grant": 1, "receive": 1, "reserve": 0, "unreserve": 0}


@dataclass(frozen=True)
class Sold:
    """What one line sells: ids of accounts as the fiscal position maps them."""

    package: int
    post: int
    income: int
    breakage: int
    method: str
    rate: float
    validity: tuple


def validity_of(record):
    """Return what a package, or credits, say of how long they can be used."""
    return record.validity_months, record.validity_from, record.validity_date


class PackageLedger:
    """Remembers what lines sold when they were posted, and finds what differs from it."""

    def __init__(self, case):
        self.case = case
        self.sold = {}
        self.resold = set()  # lines that were posted again as another package: their older releases stay

    def branch(self):
        """Return a ledger that goes on from here, for one of several lives."""
        other = PackageLedger(self.case)
        other.forget((dict(self.sold), set(self.resold)))
        return other

    def note(self, move):
        """Write down what the lines of a draft are about to sell; return how to take that back."""
        before = dict(self.sold), set(self.resold)
        for line in move.invoice_line_ids:
            if move.move_type != "out_invoice" or line.quantity <= 0 or line.price_unit < 0 or not line.product_id:
                continue
            known = self.sold.get(line.id)
            if known and known.package == line.practice_package_id.id:
                continue
            if package := line.product_id.package_id:
                self.sold[line.id] = self.terms(package, move.fiscal_position_id)
                if known:
                    self.resold.add(line.id)
        return before

    def forget(self, before):
        self.sold, self.resold = before

    def terms(self, package, position):
        mapping = {row.account_src_id: row.account_dest_id for row in position.account_ids}
        post, income = package.deferred_account_id, package.income_account_id
        breakage = package.breakage_account_id or income
        post, income, breakage = (mapping.get(account, account).id for account in (post, income, breakage))
        return Sold(
            package.id, post, income, breakage, package.release_method, package.internal_rate, validity_of(package)
        )

    # === WHAT DIFFERS === #

    def problems(self):
        """Return everything that is not as it was sold, in words."""
        lots = self.case.env["practice.credit.lot"].search([("package_id", "in", self.case.packages.ids)])
        lots.move_ids.release_ids.mapped("amount")
        found = [problem for lot in lots for problem in (*self.terms_of(lot), *self.values_of(lot))]
        return [*found, *self.documents(), *self.days(), *self.proof()]

    def terms_of(self, lot):
        """Yield what a lot, or its releases, has otherwise than it was sold."""
        first = lot
        while first.source_lot_id:  # what was transferred stays what was sold to the first patient
            first = first.source_lot_id
        sold = self.sold.get(first.invoice_line_id.id)
        if not sold or not lot.credits_total:
            return
        post = sold.post if lot.deferred_account_id else False  # on a revenue account nothing waits
        expected = (sold.package, post, sold.income, sold.breakage, sold.method, sold.rate, sold.validity)
        found = (
            *(lot.package_id.id, lot.deferred_account_id.id, lot.income_account_id.id, lot.breakage_account_id.id),
            *(lot.release_method, lot.internal_rate, validity_of(lot)),
        )
        if found != expected:
            yield f"{lot.display_name} was sold with {expected}, and has {found}"
        if lot.deferred_account_id and first.invoice_line_id.account_id != lot.deferred_account_id:
            yield f"{lot.display_name} waits on {lot.deferred_account_id.name}, its line does not"
        if first.invoice_line_id.id in self.resold:
            return
        for release in lot.move_ids.release_ids:
            kind = release.credit_move_id.kind
            right = {sold.breakage} if kind in UNSERVED else {sold.income}
            if kind == "adjust":
                right = {sold.income, sold.breakage}
            if release.deferred_account_id.id != sold.post or release.income_account_id.id not in right:
                yield f"{lot.display_name}: {kind} goes to {release.income_account_id.name}, not to {right}"

    def values_of(self, lot):
        """Yield movements of a lot that are worth something else than what was paid says."""
        open_credits, value, recognised, undone = 0, Fraction(0), Fraction(0), {}
        for move in lot.move_ids.sorted("id"):
            here = exact(round(move.value, 2))
            if move.kind in RELEASED:
                key = (move.event_id, move.kind)
                credits, amount = undone.get(key, (0, Fraction(0)))
                undone[key] = credits + move.credits, amount + here
                if move.credits > 0 and here != (right := -self.share(lot, open_credits, value, move.credits)):
                    yield f"{lot.display_name}: {move.kind} {move.credits} is worth {float(here)}, not {float(right)}"
                if move.credits < 0 and not undone[key][0] and undone[key][1]:
                    yield f"{lot.display_name}: {move.kind} was undone and {float(undone[key][1])} did not come back"
            elif move.kind in ("reserve", "unreserve") and here:
                yield f"{lot.display_name}: {move.kind} is worth {float(here)}"
            if move.kind == "breakage":
                recognised -= here
                if not recognised >= 0:
                    yield f"{lot.display_name}: {float(recognised)} of {float(value)} is recognised"
                continue
            if move.kind != "adjust":
                open_credits += move.credits * OPENED.get(move.kind, -1)
            value += here
        if recognised > value:
            yield f"{lot.display_name}: {float(recognised)} of {float(value)} is recognised"

    def share(self, lot, open_credits, value, credits):
        """Return what so many of the open credits take with them: the last one what is left."""
        if credits == open_credits:
            return value
        if lot.release_method == "internal_rate":
            return min(exact(cents(exact(lot.internal_rate) * credits)), value)
        return exact(cents(value * credits / open_credits))

    def documents(self):
        """Return posted invoices and credit notes that moved something else on balance posts than credits did.

        What waits on a balance post without credits, as after a sale before this module, is none of it.
        """
        return self.case.query(
            """
            SELECT booked.name, booked.account_id, booked.amount, credits.amount
              FROM (SELECT move.id, move.name, item.account_id, -SUM(item.balance) AS amount
                      FROM account_move move JOIN account_move_line item ON item.move_id = move.id
                     WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
                       AND item.account_id IN (SELECT deferred_account_id FROM practice_credit_lot)
                  GROUP BY move.id, item.account_id) booked
              FULL JOIN
                   (SELECT line.move_id AS id, lot.deferred_account_id AS account_id, SUM(credit.value) AS amount
                      FROM practice_credit_move credit
                      JOIN practice_credit_lot lot ON lot.id = credit.lot_id
                      JOIN account_move_line line ON line.id = credit.invoice_line_id
                      JOIN account_move move ON move.id = line.move_id AND move.move_type <> 'entry'
                     WHERE credit.kind IN ('grant', 'refund') AND lot.deferred_account_id IS NOT NULL
                  GROUP BY line.move_id, lot.deferred_account_id) credits
                   USING (id, account_id)
             WHERE ROUND(COALESCE(booked.amount, 0) - COALESCE(credits.amount, 0), 2) <> 0
            """
        )

    def days(self):
        """Return the days on which a balance post and its credits part, account by account and customer by customer."""
        return self.case.query(
            """
            SELECT account.id, customer.commercial_partner_id, day, SUM(held), SUM(booked)
              FROM (SELECT lot.deferred_account_id AS account_id, lot.payer_id AS partner_id, credit.date AS day,
                           credit.value AS held, 0 AS booked
                      FROM practice_credit_move credit JOIN practice_credit_lot lot ON lot.id = credit.lot_id
                     WHERE lot.deferred_account_id IS NOT NULL
                     UNION ALL
                    SELECT deferred_account_id, partner_id, date, amount, 0
                      FROM practice_revenue_release WHERE credit_move_id IS NOT NULL AND NOT (state = 'posted'
                       AND move_id IS NULL)
                     UNION ALL
                    SELECT release.deferred_account_id, release.partner_id, entry.date, -release.amount, 0
                      FROM practice_revenue_release release JOIN account_move entry ON entry.id = release.move_id
                     WHERE release.credit_move_id IS NOT NULL
                     UNION ALL
                    SELECT account_id, partner_id, date, 0, -balance
                      FROM account_move_line
                     WHERE parent_state = 'posted'
                       AND account_id IN (SELECT deferred_account_id FROM practice_credit_lot)) step
              JOIN account_account account ON account.id = step.account_id
         LEFT JOIN res_partner customer ON customer.id = step.partner_id
          GROUP BY account.id, customer.commercial_partner_id, day
            HAVING ROUND(SUM(held - booked), 2) <> 0
            """
        )

    def proof(self):
        """Return what the product's own proof finds."""
        proof = self.case.env["practice.credit.proof"]
        wrong = proof._get_keys_with_difference()
        return [(*(it.display_name for it in key), gap) for key, gap in wrong.items() if key[1] in self.case.posts]
