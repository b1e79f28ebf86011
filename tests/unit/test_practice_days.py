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


def files():
    return [path for folder in CODE for path in (MODULE / folder).rglob("*.py")]


def nodes(path, kind):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kind)]


@tagged("post_install", "-at_install")
class TestPracticeDays(BaseCase):
    def test_nothing_asks_for_the_day_of_the_user_or_of_the_server(self):
        found = [
            f"{path.relative_to(MODULE)}:{node.lineno}"
            for path in files()
            for node in nodes(path, ast.Attribute)
            if node.attr in OTHERS
        ]
        self.assertFalse(found, "Ask _practice_day() of the company: it is tomorrow already where it is.")

    def test_no_moment_is_cut_down_to_its_day_in_greenwich(self):
        found = [
            f"{path.relative_to(MODULE)}:{node.lineno}"
            for path in files()
            for node in nodes(path, ast.Call)
            if getattr(node.func, "attr", "") == "date" and not node.args and ast.unparse(node.func) not in LOCAL
        ]
        self.assertFalse(found, "_practice_day(moment) of the company knows its day.")

    def test_a_document_of_a_day_says_when_it_is_due(self):
        found = [
            f"{path.relative_to(MODULE)}:{node.lineno}"
            for path in files()
            for node in nodes(path, ast.Dict)
            if any(isinstance(key, ast.Constant) and key.value == "invoice_date" for key in node.keys)
            and not any(isinstance(key, ast.Constant) and key.value == "invoice_date_due" for key in node.keys)
            and not any(isinstance(it, ast.Constant) and it.value is False for it in node.values)
        ]
        self.assertFalse(found, "Use _practice_prepare_days(): without it, Odoo has it be due on the user's day.")
