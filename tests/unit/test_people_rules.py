"""Lists of people as they are pasted or uploaded; no database is needed."""

import unittest

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.people import Row, read_people, write_people
from odoo.addons.practice_billing.tools.tables import TableError

MOST = 20

NAMES = st.text("abc ,;.'é", max_size=10).map(lambda it: " ".join(it.split()))


class TestPeople(unittest.TestCase):
    def read_list(self, text):
        return read_people(text.encode(), MOST)

    def test_names_and_addresses_are_found_whatever_is_between_them(self):
        for line in (
            "An Aerts, an@example.com",
            "An Aerts;an@example.com",
            "An Aerts\tan@example.com",
            "an@example.com, An Aerts",
            "An,Aerts,an@example.com",
            "An Aerts <an@example.com>",
            '"An Aerts" <an@example.com>',
        ):
            with self.subTest(line=line):
                self.assertEqual(self.read_list(line), [Row(1, "An Aerts", "an@example.com")])

    def test_lines_of_several_kinds_and_empty_ones_keep_their_numbers(self):
        rows = self.read_list("An, an@example.com\n\nBert; bert@example.com\nCarla\tcarla@example.com\nNobody")
        self.assertEqual([row.number for row in rows], [1, 3, 4, 5])
        self.assertEqual([row.name for row in rows], ["An", "Bert", "Carla", "Nobody"])
        self.assertEqual([row.email for row in rows], ["an@example.com", "bert@example.com", "carla@example.com", ""])

    def test_titles_are_nobody(self):
        self.assertEqual(self.read_list("Name;E-mail\nAn;an@example.com"), [Row(2, "An", "an@example.com")])
        self.assertEqual(self.read_list("An Mailfait\nBert, b@example.com")[-1].name, "Bert")

    def test_a_name_in_quotes_keeps_its_comma(self):
        self.assertEqual(self.read_list('"Aerts, An",an@example.com'), [Row(1, "Aerts, An", "an@example.com")])

    def test_what_is_no_list_or_too_long_is_refused(self):
        for content, code in (
            (b"", "empty"),
            (b"\n \n", "empty"),
            (b"a\0b", "text"),
            (b"An, a@x.be\n" * (MOST + 2), "long"),
            (b"PK nothing", "broken"),
        ):
            with self.subTest(code=code), self.assertRaises(TableError) as caught:
                read_people(content, MOST)
            self.assertEqual(caught.exception.code, code)

    @given(st.lists(st.tuples(NAMES, st.sampled_from(["", "a@x.be", "b@example.com"])), max_size=8))
    def test_what_was_read_is_written_and_read_again(self, people):
        rows = [Row(number, name, email) for number, (name, email) in enumerate(people, 1) if name or email]
        text = write_people(rows)
        self.assertEqual(self.read_list(text) if rows else [], rows)
