"""A day of ours is one of the practice's time zone: no code asks which day it is where the user or the server is."""

import ast
from pathlib import Path

from odoo.tests import BaseCase, tagged

MODULE = Path(__file__).parents[2]
#: Where records are. What ``tools`` compute with is local already.
CODE = ("models", "wizards", "controllers", "report")

#: What gives the day of somebody else.
OTHERS = ("context_today", "today")

#: Moments that are those of a place already.
LOCAL = {
    "now.date": "of the practice",
    "self.start.date": "a day-long event has no time zone",
}


def find(kind, is_wrong):
    """Return where our code has a node of this kind that is wrong: ``file:line``."""
    return [
        f"{path.relative_to(MODULE)}:{node.lineno}"
        for folder in CODE
        for path in (MODULE / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, kind) and is_wrong(node)
    ]


def cuts_a_moment(call):
    """Return whether ``call`` takes the day of a moment that is not local."""
    is_date = isinstance(call.func, ast.Attribute) and call.func.attr == "date" and not call.args
    return is_date and ast.unparse(call.func) not in LOCAL


def is_dated_but_never_due(values):
    """Return whether the dict ``values`` gives a document a day, and not one on which it is due."""
    known = {
        key.value: value for key, value in zip(values.keys, values.values, strict=True) if isinstance(key, ast.Constant)
    }
    day = known.get("invoice_date")
    return day is not None and ast.unparse(day) != "False" and "invoice_date_due" not in known


@tagged("post_install", "-at_install")
class TestPracticeDays(BaseCase):
    def test_nothing_asks_for_the_day_of_the_user_or_of_the_server(self):
        found = find(ast.Attribute, lambda name: name.attr in OTHERS)
        self.assertFalse(found, "Ask _practice_day() of the company: it is tomorrow already where it is.")

    def test_no_moment_is_cut_down_to_its_day_in_greenwich(self):
        found = find(ast.Call, cuts_a_moment)
        self.assertFalse(found, "_practice_day(moment) of the company knows its day.")

    def test_a_document_of_a_day_says_when_it_is_due(self):
        found = find(ast.Dict, is_dated_but_never_due)
        self.assertFalse(found, "Use _practice_prepare_days(): without it, Odoo has it be due on the user's day.")
