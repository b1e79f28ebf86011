"""What people read is whole sentences: no template cuts one into pieces round a date, a name or an amount.

Dutch and French want another order of words, and a piece like *back.* or *hours, 1 credit* cannot be translated. The
text of an e-mail is translated as a whole, with what it fills in. On a page a sentence is written whole, with names for
what is filled in, and a dict beside it says what that is (Odoo reads ``%%`` in its files as ``%``)::

    <t t-set="sentence">You get <strong>%%(credits)s</strong> back.</t>
    <t t-out="sentence % {'credits': appointment['came_back']}"/>
"""

import re
from pathlib import Path

from lxml import etree

from odoo.modules.module import get_module_path
from odoo.tests import BaseCase, tagged
from odoo.tools.translate import TRANSLATED_ATTRS, TRANSLATED_ELEMENTS

MODULE = Path(__file__).parents[2]
#: Elements that stand within a line of text.
INLINE = {"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "t", "u"}
#: Classes of what stands apart although it is such an element: a badge, a button, what only who listens hears.
APART = {"badge", "btn", "d-block", "d-inline-block", "me-2", "me-3", "ms-2", "ms-3", "text-primary", "visually-hidden"}
SHOWS = {"t-out", "t-field", "t-esc"}
#: What stands before a name, a date or a number as a word of its own, in any language.
LABELS = {"For", "Row", "Tax", "VAT", "With"}

#: What a page sets for the form on it (the words of its button), or shares with all pages.
MEANT_FOR_FORMS = {"link", "submit_button_label", "title"}

WORD = re.compile(r"[^\W\d_]")

#: Words within an expression, which nobody translates.
LITERAL = re.compile(r"'([A-Z][a-z]+|[A-Za-z-]{2,} [^']*[a-z]{2})[^']*'")


def is_apart(node):
    """Return whether ``node`` is no part of the line that it is in."""
    parent = node.getparent()
    is_beside = parent is not None and "d-flex" in parent.get("class", "").split()
    return node.tag not in INLINE or is_beside or bool(APART & set(node.get("class", "").split()))


def is_translated_with(node):
    """Return whether ``node`` is translated together with the text that it is in, as Odoo does."""
    is_plain = node.tag in TRANSLATED_ELEMENTS and not any(name.startswith("t-") for name in node.attrib)
    return is_plain and all(is_translated_with(child) for child in node)


def read_line(node, line):
    """Collect in ``line`` the texts of ``node`` as Odoo translates them.

    Between them stand ``None`` for what is filled in and ``""`` for what stands apart.
    """
    is_shown = bool(SHOWS & set(node.attrib))
    if is_shown or "t-call" in node.attrib:
        line.append(None if is_shown or node.get("t-call").endswith(("_credits", "_months")) else "")
        return
    text = node.text or ""
    for child in node:
        if not isinstance(child.tag, str):
            pass
        elif is_translated_with(child) and child.tag != "br" and not is_apart(child):
            text += "".join(child.itertext())
        else:
            line.append(text)
            text = ""
            if is_apart(child) or {"t-elif", "t-else"} & set(child.attrib):
                line.append("")  # what is said instead of what stands before it, or beside it
            if not is_apart(child) and "t-set" not in child.attrib:
                read_line(child, line)
        text += child.tail or ""
    line.append(text)
    if "t-foreach" in node.attrib:
        line.append("")


def find_pieces(line):
    """Return the texts of ``line`` that are a piece of a sentence, not a label or a whole one."""
    kept = [part and " ".join(part.split()) for part in line if not part or part.strip()]
    for place, text in enumerate(kept):
        if not text or not WORD.search(text):
            continue
        before, after = ((kept[at] if 0 <= at < len(kept) else "") for at in (place - 1, place + 1))
        begins_well = before == "" or text[0].isupper() or text[0] == "%"
        ends_well = text[-1] in ".:?!" or text in LABELS or (after is not None and not WORD.search(after))
        if not (begins_well and ends_well):
            yield text


def find_cut_sentences(path):
    """Return ``(line, text)`` of what is a piece of a sentence in the templates of a file."""
    for node in etree.parse(path).iter(etree.Element):
        if node.tag in ("record", "field", "odoo", "template", "title", "attribute"):
            continue
        is_own_line = "t-set" in node.attrib or is_apart(node) or node.getparent().tag in ("odoo", "template")
        line = []
        if is_own_line and ("t-set" in node.attrib or not SHOWS & set(node.attrib)):
            read_line(node, line)
        for text in find_pieces(line):
            yield node.sourceline, text


def get_templates():
    return sorted([*(MODULE / "views").glob("*_templates.xml"), *(MODULE / "report").glob("*_templates.xml")])


def get_names_of_payment_forms():
    """Return the names of values that the payment forms of Odoo and of its providers read."""
    folders = Path(get_module_path("payment")).parent.glob("payment*/views")
    files = [path for folder in folders for path in folder.glob("*templates*.xml")]
    expressions = [
        value
        for path in files
        for node in etree.parse(path).iter(etree.Element)
        for name, value in node.attrib.items()
        if name.startswith("t-")
    ]
    return {name for expression in expressions for name in re.findall(r"(?<![.\w'])[a-z_]+", expression)}


@tagged("post_install", "-at_install")
class TestWholeSentences(BaseCase):
    def test_no_template_cuts_a_sentence(self):
        self.assertGreater(len(get_templates()), 20)
        found = [f"{path.name}:{line}: {text}" for path in get_templates() for line, text in find_cut_sentences(path)]
        self.assertEqual(found, [])

    def test_no_expression_holds_words(self):
        """Odoo translates ``t-attf-aria-label="Invite #{name}"``, and not ``t-att-aria-label="'Invite ' + name"``."""
        shown = {"t-out", *(f"t-att-{name}" for name in TRANSLATED_ATTRS)}
        found = [
            f"{path.name}:{node.sourceline}: {name}={value}"
            for path in get_templates()
            for node in etree.parse(path).iter(etree.Element)
            for name, value in node.attrib.items()
            if name in shown and LITERAL.search(value)
        ]
        self.assertEqual(found, [])

    def test_no_words_take_the_name_of_what_a_payment_form_reads(self):
        """What a page sets is set for what it calls too: words called ``amount`` were an amount for Stripe's form."""
        read = get_names_of_payment_forms()
        self.assertIn("amount", read)
        trees = {path.name: etree.parse(path) for path in get_templates()}
        paying = {name: tree for name, tree in trees.items() if tree.xpath("//*[starts-with(@t-call, 'payment.')]")}
        self.assertTrue(paying)
        words = {
            (name, node.get("t-set"))
            for name, tree in paying.items()
            for node in tree.xpath("//*[@t-set and not(@t-value)]")
        }
        self.assertEqual({it for it in words if it[1] in read - MEANT_FOR_FORMS}, set())
