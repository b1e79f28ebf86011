from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

from ....tools.people import Row, read_people
from ....tools.tables import TableError
from ....tools.text import UNKEEPABLE
from ...common.words import describe_unreadable

#: People that can be added at once.
MOST_PEOPLE = 200

#: Characters of a name and of an address, as in the form for one.
MOST_OF_NAME, MOST_OF_EMAIL = 100, 250

#: Rows that were not added which the next page names.
MOST_TOLD = 10


class Checked(NamedTuple):
    """A row of a list of people: who it is about, and why nobody is added by it, or nothing.

    ``known`` says that the problem is none: the person has a seat already.
    """

    row: Row
    email: str
    problem: str = ""
    known: bool = False


class PracticeSubscription(models.Model):
    """Several practitioners are added at once: each row is checked by itself, the good ones are added together."""

    _inherit = "practice.subscription"

    def _portal_read_people(self, content):
        """Return the rows of a list of people.

        :param bytes content: what was pasted or uploaded, see :func:`~.people.read_people`
        :raises UserError: when it cannot be read, or has too many rows
        """
        try:
            return read_people(content, MOST_PEOPLE)
        except TableError as error:
            raise UserError(self._describe_unreadable_people(error.code)) from error

    def _describe_unreadable_people(self, code):
        return {
            **describe_unreadable(self.env),
            "empty": self.env._("Nobody is on the list. Paste a line for each practitioner, or choose a file."),
            "long": self.env._("These are too many rows: at most %s at a time. Split the list.", MOST_PEOPLE),
        }[code]

    def _portal_check_people(self, rows):
        """Return each row :class:`Checked`.

        :raises AccessError: when the user is no administrator of the organisation
        :raises UserError: when nobody can be added, or there are too many rows
        """
        self_sudo = self._portal_door_sudo()
        self_sudo._check_takes_practitioners()
        if len(rows) > MOST_PEOPLE:
            raise UserError(self._describe_unreadable_people("long"))
        emails, checked, met = [email_normalize(row.email) or "" for row in rows], [], {}
        seated = self_sudo._get_seated_emails()
        for row, email in zip(rows, emails, strict=True):
            problem = self._find_row_problem(row, email)
            if not problem and email in met:
                problem = self.env._("The same address as in row %s.", met[email])
            known = not problem and email in seated
            if known:
                problem = self.env._("Has a seat already.")
            if email:
                met.setdefault(email, row.number)
            checked.append(Checked(row, email, problem, known))
        return checked

    def _find_row_problem(self, row, email):
        """Return what is wrong with a row by itself, in words, or nothing."""
        if not row.name and not row.email:
            return self.env._("There is neither a name nor an e-mail address.")
        if not row.email:
            return self.env._("There is no e-mail address.")
        if not email:
            return self.env._("This is no e-mail address.")
        if not row.name:
            return self.env._("There is no name.")
        if len(row.name) > MOST_OF_NAME or len(email) > MOST_OF_EMAIL or UNKEEPABLE.search(row.name + email):
            return self.env._("The name or the e-mail address is too long.")
        return ""

    def _get_seated_emails(self):
        """Return the normalized e-mail addresses of who has a seat today or later."""
        today = self._get_today()
        # As one would be refused: a seat for good, or one that ends later.
        present = Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        seats = self.seat_ids.filtered_domain(present)
        return set(seats.practitioner_id.mapped("email_normalized"))

    def _portal_add_people(self, checked):
        """Give a seat from today on, at the standard rate, to everybody of ``checked`` without a problem.

        :return: how many were added
        :raises UserError: when somebody got a seat meanwhile, and see :meth:`_portal_check_people`
        """
        self_sudo = self._portal_door_sudo()
        self_sudo._check_takes_practitioners()
        people = [(it.row.name, it.email) for it in checked if not it.problem]
        if not people:
            return 0
        # The role was checked; the contacts are the organisation's.
        found_sudo = self_sudo.organisation_id._practice_find_or_make_contacts_sudo(people)
        self_sudo.env["practice.subscription.seat"].create(
            [
                {
                    "subscription_id": self_sudo.id,
                    "practitioner_id": person_sudo.id,
                    "kind": "standard",
                    "date_from": self_sudo._get_today(),
                }
                for person_sudo in found_sudo
            ]
        )
        self._portal_door_sudo(self.env._("%s added", ", ".join(found_sudo.mapped("name"))))
        return len(found_sudo)

    def _portal_preview_people(self, rows):
        """Return what it means to add the people of ``rows``, and add nobody.

        :return: ``(checked, consequence, shown)``: each row :class:`Checked`, what the good ones cost in sentences, and
            the same in one word, to compare it when it is confirmed; nothing of both when there is none
        """
        checked = self._portal_check_people(rows)
        good = sum(not it.problem for it in checked)
        if not good:
            return checked, None, ""
        sums = self._portal_preview(lambda: self._portal_add_people(checked))
        return checked, self._describe_addition(*sums), self._describe_addition_shown(good, *sums)

    def _portal_add_shown_people(self, rows, shown):
        """Add the people of ``rows`` as it was shown.

        Sent twice, by two clicks or a page that is loaded again, it adds nobody twice: they have a seat by then.

        :param str shown: see :meth:`_portal_preview_people`; only compared, so that nobody orders what was not shown
        :return: each row :class:`Checked`, or nothing when it costs something else by now: then nobody was added
        """
        checked, consequence, now = self._portal_preview_people(rows)
        if consequence and shown != now:
            return None
        self._portal_add_people(checked)
        return checked

    # === IN WORDS === #

    def _describe_addition_shown(self, count, before, after):
        """Return what a page shows of an addition in one word, to compare it when it is confirmed."""
        return f"{count} {before['total']:.2f} {after['total']:.2f}" if before else f"{count}"

    def _describe_added(self, checked):
        """Return ``(text, level)``: how many of a list were added, and which rows were not, and why."""
        good = sum(not it.problem for it in checked)
        known = sum(it.known for it in checked)
        wrong = [it for it in checked if it.problem and not it.known]
        sentences = []
        if good == 1:
            sentences.append(self.env._("1 practitioner is added."))
        elif good:
            sentences.append(self.env._("%s practitioners are added.", good))
        if known == 1:
            sentences.append(self.env._("1 practitioner of the list has a seat already."))
        elif known:
            sentences.append(self.env._("%s practitioners of the list have a seat already.", known))
        sentences += [
            self.env._(
                "Not added, row %(row)s (%(text)s): %(problem)s",
                row=it.row.number,
                text=(it.row.email or it.row.name)[:50],
                problem=it.problem,
            )
            for it in wrong[:MOST_TOLD]
        ]
        if len(wrong) > MOST_TOLD:
            sentences.append(self.env._("More rows were not added: %s.", len(wrong) - MOST_TOLD))
        return "\n".join(sentences), "warning" if wrong or not good else "success"
