import re

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

from ....tools.text import find_problem, quote
from .usage import MOST_OF_DESCRIPTION, MOST_OF_REFERENCE

#: Rows of one call.
MOST_ROWS = 1000

#: What a row may say, and what it has to.
ROW_KEYS = {"subscription", "kind", "quantity", "reference", "date", "description"}
NEEDED_KEYS = {"subscription", "kind", "quantity", "reference"}

#: A day, which may have a time of day that does not count.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T][0-9:.]+Z?)?", re.ASCII)


class PracticeSubscriptionUsage(models.Model):
    """The doors of other software that records usage: one at a time, or many."""

    _inherit = "practice.subscription.usage"

    @api.model
    def record(self, subscription, kind, quantity, reference, date=None, description=None):
        """Record usage of a subscription once, however often it is sent. Meant for ``/json/2`` with an API key.

        :param subscription: the id or the number (``SUB00012``) of a subscription
        :param str kind: the code of a kind of usage
        :param float quantity: positive, in units of the kind
        :param str reference: the sender's own name of this usage, unique within the subscription
        :param str date: day of use (``YYYY-MM-DD``) in the company's time zone; today without it
        :return: ``{"id", "reference", "status", "state", "quantity"}``; the status is ``recorded``, or ``duplicate``
            when the reference was known, and then nothing has changed
        :raises UserError: when the subscription or the kind is unknown, the quantity is not a positive number, the
            date lies in the future or long ago, the reference is empty, or a text is too long
        """
        row = {"subscription": subscription, "kind": kind, "quantity": quantity, "reference": reference}
        [outcome] = self._record_rows([{**row, "date": date, "description": description}])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @api.model
    def record_many(self, rows):
        """Record up to 1,000 usages, each once and each for itself. Meant for ``/json/2`` with an API key.

        :param list rows: dictionaries of what :meth:`record` takes
        :return: for each row, in the same order, what :meth:`record` returns, or ``{"reference", "status": "refused",
            "error"}``: the others are recorded all the same
        :raises UserError: when these are no rows, or too many
        """
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UserError(self.env._("Rows are a list of objects."))
        if len(rows) > MOST_ROWS:
            raise UserError(
                self.env._("%(count)s rows are too many: send %(most)s at a time.", count=len(rows), most=MOST_ROWS)
            )
        outcomes = self._record_rows(rows)
        return [
            {"reference": self._repeat_reference(row), "status": "refused", "error": str(outcome)}
            if isinstance(outcome, Exception)
            else outcome
            for row, outcome in zip(rows, outcomes, strict=True)
        ]

    @api.model
    def _repeat_reference(self, row):
        """Return the reference of a row that was refused, as far as it is one."""
        reference = row.get("reference")
        is_one = isinstance(reference, str | int) and not find_problem(str(reference), MOST_OF_REFERENCE)
        return str(reference) if is_one else None

    @api.model
    def _record_rows(self, rows):
        """Return, for each of these rows, its answer or the error that refuses it."""
        self.check_access("create")
        finder, outcomes, wanted = _Finder(self, rows), {}, {}
        for number, row in enumerate(rows):
            try:
                vals = self._prepare_row(row, finder)
            except UserError as error:
                outcomes[number] = error
                continue
            wanted.setdefault((vals["subscription_id"], vals["reference"]), []).append((number, vals))
        known = self.search(
            [
                ("subscription_id", "in", list({subscription for subscription, _reference in wanted})),
                ("reference", "in", list({reference for _subscription, reference in wanted})),
            ]
        ).grouped(lambda it: (it.subscription_id.id, it.reference))
        new = [key for key in wanted if key not in known]
        made = dict(zip(new, self._create_rows([wanted[key][0][1] for key in new]), strict=True))
        for key, numbered in wanted.items():
            for place, (number, _vals) in enumerate(numbered):
                usage = known.get(key) or made[key]
                is_new = key in made and not place
                failed = isinstance(usage, Exception)
                outcomes[number] = usage if failed else usage._answer("recorded" if is_new else "duplicate")
        return [outcomes[number] for number in range(len(rows))]

    @api.model
    def _prepare_row(self, row, finder):
        """Return the values of a usage.

        :raises UserError: naming what is wrong
        """
        unknown, missing = row.keys() - ROW_KEYS, NEEDED_KEYS - row.keys()
        if unknown or missing:
            raise UserError(
                self.env._(
                    "A usage has these names: %(known)s. Unknown: %(unknown)s. Missing: %(missing)s.",
                    known=", ".join(sorted(ROW_KEYS)),
                    unknown=quote(sorted(unknown, key=str)) or "–",
                    missing=", ".join(sorted(missing)) or "–",
                )
            )
        found = finder.find_subscription(row["subscription"])
        reference = row["reference"]
        if isinstance(reference, int) and not isinstance(reference, bool):
            reference = str(reference)
        reference = self._parse_text(reference, MOST_OF_REFERENCE).strip()
        if not reference:
            raise UserError(self.env._("Usage needs a reference of its own, so that sending it twice counts once."))
        return {
            "subscription_id": found.id,
            "kind_id": finder.find_kind(found, row["kind"]).id,
            "quantity": self._parse_quantity(row["quantity"]),
            "date": self._parse_date(row.get("date")) or finder.find_day(found),
            "reference": reference,
            "description": self._parse_text(row.get("description"), MOST_OF_DESCRIPTION),
        }

    @api.model
    def _create_rows(self, vals_list):
        """Return the usage of each of these values, or the error that refuses it: together, else by halves."""
        if not vals_list:
            return []
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                usages = self.create(vals_list)
                usages.flush_recordset()
        except UniqueViolation as error:
            # Sent at the same instant: the other one is not visible here, but is when the request is repeated.
            raise ConcurrencyError(str(error)) from error
        except UserError as error:
            if len(vals_list) == 1:
                return [error]
        else:
            return list(usages)
        middle = len(vals_list) // 2
        return [*self._create_rows(vals_list[:middle]), *self._create_rows(vals_list[middle:])]

    def _answer(self, status):
        self.ensure_one()
        return {
            "id": self.id,
            "reference": self.reference,
            "status": status,
            "state": self.state,
            "quantity": self.quantity,
        }

    @api.model
    def _find_subscription(self, subscription):
        """Return the subscription with this id or number.

        :raises UserError: when there is none that the user may read
        """
        return _Finder(self, [{"subscription": subscription}]).find_subscription(subscription)

    @api.model
    def _parse_date(self, date):
        try:
            if isinstance(date, str) and not DAY.fullmatch(date):
                raise ValueError
            return fields.Date.to_date(date)
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(self.env._("%s is no date; write it as 2026-01-31.", quote(date))) from error


class _Finder:
    """Finds the subscriptions and kinds of many rows, each once."""

    def __init__(self, usages, rows):
        self.env, self.subscriptions, self.kinds, self.days = usages.env, {}, {}, {}
        asked = [row.get("subscription") for row in rows]
        # Read together; those that are missing or wrong get their own error.
        names = [it for it in asked if isinstance(it, str) and not find_problem(it, MOST_OF_REFERENCE)]
        ids = [it for it in asked if isinstance(it, int) and not isinstance(it, bool) and 0 < it < 2**31]
        found = self.env["practice.subscription"].search(Domain("name", "in", names) | Domain("id", "in", ids))
        for subscription in found:
            self.subscriptions[subscription.id] = subscription
        for name, of_name in found.grouped("name").items():
            if len(of_name) == 1:
                self.subscriptions[name] = of_name

    def find_subscription(self, asked):
        """Return the subscription with this id or number.

        :raises UserError: when there is none that the user may read
        """
        found = self.subscriptions.get(asked) if isinstance(asked, str | int) and not isinstance(asked, bool) else None
        if not found:
            raise UserError(self.env._("There is no subscription %s.", quote(asked)))
        return found

    def find_day(self, subscription):
        """Return the day that it is in the subscription's company."""
        company = subscription.company_id
        if company not in self.days:
            self.days[company] = company._practice_day()
        return self.days[company]

    def find_kind(self, subscription, code):
        """Return the kind of usage with this code.

        :raises UserError: when the subscription's company has none; the message names those it has
        """
        company = subscription.company_id
        if company not in self.kinds:
            kinds = self.env["practice.usage.kind"].search([("company_id", "=", company.id)])
            self.kinds[company] = {kind.code: kind for kind in kinds}
        of_company = self.kinds[company]
        if not isinstance(code, str) or code not in of_company:
            codes = ", ".join(of_company) or self.env._("none")
            raise UserError(
                self.env._("There is no kind of usage %(code)s; known: %(codes)s.", code=quote(code), codes=codes)
            )
        return of_company[code]
