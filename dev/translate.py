"""Write i18n/ anew from the running code: `dev/odoo i18n` runs this in odoo shell, which gives it ``env``.

The template gets what Odoo's own exporter finds. The languages keep the translations of what is still there, and lose
the others; what is new stays empty, and is shown with the nearest old message, whose translation may do with a small
change.
"""

import difflib
import io

import polib

from odoo.tools import file_path
from odoo.tools.translate import trans_export

MODULE = "practice_billing"
HEADER = """# Messages of the module practice_billing.
msgid ""
msgstr ""
"Project-Id-Version: Odoo Server 19.0\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def export():
    """Return the template as text: Odoo's export, without the dates in its header."""
    buffer = io.BytesIO()
    trans_export(False, [MODULE], buffer, "po", env)
    _header, *messages = buffer.getvalue().decode().strip().split("\n\n")
    return "\n\n".join([HEADER.strip(), *filter(None, map(without_tests, messages))]) + "\n"


def without_tests(message):
    """Return a message without its places in tests; nothing when it stands nowhere else."""
    lines = [line for line in message.split("\n") if f"code:addons/{MODULE}/tests/" not in line]
    return "\n".join(lines) if any(line.startswith("#: ") for line in lines) else ""


def merge(path, template):
    """Write the messages of ``template`` to the file of a language; return what has to be translated."""
    old = polib.pofile(str(path))
    known = {entry.msgid: entry for entry in old if entry.msgstr}
    used, missing = {entry.msgid for entry in template}, []
    gone = [msgid for msgid in known if msgid not in used]
    merged = polib.POFile(wrapwidth=old.wrapwidth)
    merged.header, merged.metadata = old.header, old.metadata
    for entry in template:
        translated = known.get(entry.msgid)
        merged.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=translated.msgstr if translated else "",
                comment=entry.comment,
                occurrences=entry.occurrences,
                # A translation that somebody marked as uncertain stays so, and the test red.
                flags=["fuzzy"] if translated and translated.fuzzy else [],
            )
        )
        if not translated:
            nearest = difflib.get_close_matches(entry.msgid, gone, n=1, cutoff=0.5)
            missing.append((entry.msgid, nearest[0] if nearest else "", known[nearest[0]].msgstr if nearest else ""))
    merged.save(str(path))
    return missing


pot = file_path(f"{MODULE}/i18n/{MODULE}.pot")
with open(pot, "w", encoding="utf-8") as file:  # noqa: PTH123 - Odoo gives paths as text
    file.write(export())
for lang in ("nl", "fr"):
    to_translate = merge(file_path(f"{MODULE}/i18n/{lang}.po"), polib.pofile(pot))
    print(f"{lang}: {len(to_translate)} to translate")
    for message, nearest, translation in to_translate:
        print(f"  new  {message!r}" + (f"\n  was  {nearest!r}\n       {translation!r}" if nearest else ""))
