"""The official rules of e-invoices (Schematron), evaluated: which of them does a document break?

The rule sets of CEN and of Peppol are not part of this project. They are looked for in ``einvoice`` of the folder
``shared`` beside the checkout; where they are not, the tests that need them are skipped and say so.
"""

import resource
import subprocess
import sys
from pathlib import Path

from lxml import etree

SCHEMATRON = "{http://purl.oclc.org/dsdl/schematron}"
XSL = "http://www.w3.org/1999/XSL/Transform"

RULE_SETS = ("EN16931-UBL-validation-preprocessed.sch", "PEPPOL-EN16931-UBL.sch")


def rules_folder():
    """Return where the rule sets are, or ``None``."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "einvoice"
    return folder if all((folder / name).exists() for name in RULE_SETS) else None


def findings(document):
    """Return what the rule sets say of ``document`` (bytes of UBL): ``["fatal BR-CO-16: what is wrong", …]``.

    In a process of its own: Saxon wants more address space than Odoo lets its processes have.
    """
    command = [sys.executable, __file__, *(str(rules_folder() / name) for name in RULE_SETS)]
    said = subprocess.run(command, input=document, capture_output=True, check=True).stdout.decode()
    return [line for line in said.splitlines() if line.strip()]


def _main(document, *paths):
    from saxonche import PySaxonProcessor  # only where it is used: a large library

    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    with PySaxonProcessor(license=False) as processor:
        node = processor.parse_xml(xml_text=document.decode())
        for path in paths:
            sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=_stylesheet(path))
            sys.stdout.write(sheet.transform_to_string(xdm_node=node))


def _stylesheet(path):
    """Return the rules of a file as a style sheet that writes one line for each assertion that does not hold."""
    schema = etree.parse(path).getroot()
    spaces = {ns.get("prefix"): ns.get("uri") for ns in schema.iter(f"{SCHEMATRON}ns")}
    sheet = etree.Element(f"{{{XSL}}}stylesheet", nsmap={"xsl": XSL, **spaces}, version="3.0")
    _add(sheet, "output", method="text")
    for function in schema.iter(f"{{{XSL}}}function"):
        sheet.append(function)
    patterns = schema.findall(f"{SCHEMATRON}pattern")
    for let in [
        *schema.findall(f"{SCHEMATRON}let"),
        *(let for it in patterns for let in it.findall(f"{SCHEMATRON}let")),
    ]:
        _add(sheet, "variable", name=let.get("name"), select=let.get("value"))
    start = _add(sheet, "template", match="/")
    for number, pattern in enumerate(patterns):
        mode = f"pattern{number}"
        _add(start, "apply-templates", select="//* | //@*", mode=mode)
        _add(sheet, "template", match="node() | @*", mode=mode, priority="-1")
        # The first rule of a pattern that fits a node is the only one for it.
        for place, rule in enumerate(pattern.findall(f"{SCHEMATRON}rule")):
            template = _add(sheet, "template", match=rule.get("context"), mode=mode, priority=str(9999 - place))
            _add_rule(template, rule)
    return etree.tostring(sheet, encoding="unicode")


def _add_rule(template, rule):
    for part in rule:
        if part.tag == f"{SCHEMATRON}let":
            _add(template, "variable", name=part.get("name"), select=part.get("value"))
        elif part.tag in (f"{SCHEMATRON}assert", f"{SCHEMATRON}report"):
            fails = part.get("test") if part.tag.endswith("report") else f"not({part.get('test')})"
            said = " ".join("".join(part.itertext()).split())
            _add(
                _add(template, "if", test=fails), "text"
            ).text = f"{part.get('flag') or 'error'} {part.get('id')}: {said}\n"


def _add(parent, tag, /, **attributes):
    return etree.SubElement(parent, f"{{{XSL}}}{tag}", attributes)


if __name__ == "__main__":
    _main(sys.stdin.buffer.read(), *sys.argv[1:])
