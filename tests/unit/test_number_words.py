"""No sentence of ours says *1 credits*: numbers of things are said by ``models/common/words.py`` and its templates."""

import ast
import re
from pathlib import Path

from lxml import etree

from odoo.tests import BaseCase, tagged

MODULE = Path(__file__).parents[2]
NOUNS = "credits|months|visits|appointments"

#: A number, then what is counted.
COUNTED = re.compile(rf"%(?:\(\w+\))?[sd] (?:(?:available|coming|imported|more|open|unused) )?(?:{NOUNS})\b")
#: What is said of numbers that are never 1, with why.
NEVER_ONE = {
    "gives %(credits)s credits, and credits are whole numbers": "a fraction",
    "Of %(credits)s credits in %(purchases)s purchases": "many purchases",
    "of the %(count)s appointments; not covered": "a series",
    "Only %(paid)s of the %(available)s available credits": "fewer, so at least two",
    "You save %s months": "one month has its own sentence",
    "for more than %s months": "a constant of the module",
    "for more than %(months)s months": "a constant of the module",
    "descriptions of %(appointments)s appointments": "whatever there is, in one long sentence for staff",
    "of %(all)s appointments the patients of": "of those in an absence",
}


def sentences(path):
    """Return the texts of a file of code that people read."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_" and node.args:
            yield from (it.value for it in node.args[:1] if isinstance(it, ast.Constant))


@tagged("post_install", "-at_install")
class TestNumberWords(BaseCase):
    def test_no_sentence_counts_in_the_plural_only(self):
        found = []
        for folder in ("models", "wizards", "report", "controllers"):
            for path in sorted((MODULE / folder).rglob("*.py")):
                if path.name == "words.py":
                    continue
                found += [
                    f"{path.relative_to(MODULE)}: {text}"
                    for text in sentences(path)
                    if COUNTED.search(text) and not any(known in text for known in NEVER_ONE)
                ]
        self.assertEqual(found, [])

    def test_no_page_counts_in_the_plural_only(self):
        found = []
        for path in sorted((MODULE / "views").glob("patient_*_templates.xml")):
            for node in etree.parse(path).xpath("//*[@t-set='sentence']"):
                # Nothing and one are said beside it where this is the other case.
                text = "".join(node.itertext()).replace("%%", "%")
                is_known = any(known in text for known in NEVER_ONE) or node.xpath("ancestor-or-self::*[@t-else]")
                if COUNTED.search(text) and not is_known:
                    found.append(f"{path.name}: {text.strip()[:60]}")
        self.assertEqual(found, [])
