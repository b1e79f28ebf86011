import io
import re
from collections import Counter
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

# What a translation has to carry over unchanged: values filled in later, expressions of mails, and markup.
PLACEHOLDER = re.compile(
    r"%%|%(?:\(\w+\))?[-+0#]*\d*(?:\.\d+)?[sdifr]|\{\{.*?\}\}|</?\w+"
    r"|(?:t-out|t-att[\w-]*|invisible|class|style)=\"[^\"]*\"",
    re.DOTALL,
)
LANGUAGES = ("nl", "fr")

# Words of Odoo itself that the guides name.
WORDS_OF_ODOO = {
    *("accounting", "actions", "customers", "invoicing", "payment providers", "preferences", "security", "users"),
    *("practice: front desk", "practice books: accountant"),  # a role and its group, as Odoo puts them together
    *("gebruikers", "klanten", "rapportages"),
    *("clients", "utilisateurs"),
}
MODULE = "practice_billing"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def read_messages(self, name):
        return polib.pofile(file_path(f"practice_billing/i18n/{name}"))

    def for_each_message(self, check):
        """Call ``check(entry)`` for every message of every language; report each message as a subtest of its own."""
        for lang in LANGUAGES:
            for entry in self.read_messages(f"{lang}.po"):
                with self.subTest(lang=lang, message=entry.msgid):
                    check(entry)

    def test_the_template_holds_what_the_code_says(self):
        """What was changed in Python, views, pages of the portal, JavaScript or data, and not exported since."""
        buffer = io.BytesIO()
        trans_export(False, [MODULE], buffer, "po", self.env)
        said = self.places(polib.pofile(buffer.getvalue().decode()))
        written = self.places(self.read_messages("practice_billing.pot"))
        self.assertEqual(said.keys() - written.keys(), set(), "run dev/odoo i18n: not in the template")
        self.assertEqual(written.keys() - said.keys(), set(), "run dev/odoo i18n: no longer in the module")
        # Odoo applies a translation only where its file says that the message stands.
        differ = {message: said[message] ^ written[message] for message in said if said[message] != written[message]}
        self.assertEqual(differ, {}, "run dev/odoo i18n: other places")
        for lang in LANGUAGES:
            translated = self.places(self.read_messages(f"{lang}.po"))
            differ = {message for message in written if translated.get(message) != written[message]}
            self.assertEqual(differ, set(), f"run dev/odoo i18n: other places in {lang}")

    def places(self, messages):
        """Return ``{message: where it stands}``, of code only in which kind of it; without tests and demo data."""
        demo = " ".join(path.read_text() for path in Path(file_path("practice_billing/demo")).glob("*.*ml"))
        found = {}
        for entry in messages:
            for place, _line in entry.occurrences:
                record = (
                    place.rpartition(f"{MODULE}.")[2]
                    .removesuffix("_product_template")
                    .removesuffix("_ir_actions_server")
                )
                if "/tests/" not in place and f'id="{record}"' not in demo:
                    place = place if place.startswith("model") else place.rpartition(".")[2]
                    found.setdefault(entry.msgid, set()).add(place)
        return found

    def test_every_message_has_a_dutch_and_a_french_translation(self):
        messages = {entry.msgid for entry in self.read_messages("practice_billing.pot")}
        self.assertGreater(len(messages), 500)
        for lang in LANGUAGES:
            translated = {entry.msgid for entry in self.read_messages(f"{lang}.po").translated_entries()}
            self.assertEqual(messages - translated, set(), f"not translated in {lang}")
            self.assertEqual(translated - messages, set(), f"no longer in the module, still in {lang}")

    def test_translations_keep_placeholders_and_markup(self):
        def check(entry):
            self.assertEqual(Counter(PLACEHOLDER.findall(entry.msgstr)), Counter(PLACEHOLDER.findall(entry.msgid)))

        self.for_each_message(check)

    def test_translations_keep_space_at_both_ends(self):
        def ends(text):
            return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

        self.for_each_message(lambda entry: self.assertEqual(ends(entry.msgstr), ends(entry.msgid)))

    def test_expressions_stay_expressions(self):
        """The names of printed files are Python: a translation that does not compile breaks printing."""

        def check(entry):
            if any("print_report_name" in place for place, _line in entry.occurrences):
                compile(entry.msgstr, "print_report_name", "eval")

        self.for_each_message(check)

    def test_a_dutch_and_a_french_user_read_their_own_words(self):
        """Belgian Dutch and Belgian French are served by nl.po and fr.po."""
        for code, words in {"nl_BE": ("Pakket", "Balanspost"), "fr_BE": ("Forfait", "Compte de bilan")}.items():
            self.env["res.lang"]._activate_lang(code)
            self.env.ref("base.module_practice_billing")._update_translations([code])
            package = self.env["practice.package"].with_context(lang=code)
            self.assertEqual(self.env["ir.model"]._get("practice.package").with_context(lang=code).name, words[0])
            label = package.fields_get(["deferred_account_id"])["deferred_account_id"]["string"]
            self.assertEqual(label, words[1])
            self.assertEqual(
                package.env._("Nothing is due today.").split()[0],
                {"nl_BE": "Vandaag", "fr_BE": "Rien"}[code],
            )

    def test_choices_are_read_in_ones_own_language(self):
        """Also those that a field takes from another one."""
        self.env["res.lang"]._activate_lang("nl_NL")
        self.env.ref("base.module_practice_billing")._update_translations(["nl_NL"])
        dutch = {entry.msgid: entry.msgstr for entry in self.read_messages("nl.po")}
        env = self.env(context={"lang": "nl_NL"})
        english = {
            (str(field), label)
            for model in env.registry.values()
            for field in model._fields.values()
            if field.type == "selection" and field._module == MODULE and not field.model_name.startswith("ir.")
            for _value, label in field._description_selection(env)
            if dutch.get(label, label) != label
        }
        self.assertFalse(english)

    def test_the_glossary_says_what_the_translations_say(self):
        page = Path(file_path("practice_billing/docs/glossary.md")).read_text().partition("## Decided")[0]
        rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
        words = {row[0].strip(): [word.strip() for word in row[1:3]] for row in rows if row[0].strip() != "English"}
        self.assertGreater(len(words), 50)
        messages = [{it.msgid: it.msgstr for it in self.read_messages(f"{lang}.po")} for lang in LANGUAGES]
        for word, translated in words.items():
            with self.subTest(word):
                self.assertEqual(translated, [said.get(word) for said in messages])

    def test_the_guides_name_what_people_see(self):
        """What stands between asterisks is a label, a button or a menu, in the language of the guide."""
        guides = Path(file_path("practice_billing/docs/guides"))
        for lang in ("en", *LANGUAGES):
            messages = self.read_messages("practice_billing.pot" if lang == "en" else f"{lang}.po")
            said = {self.get_words(it.msgid if lang == "en" else it.msgstr) for it in messages} | WORDS_OF_ODOO
            for page in (guides if lang == "en" else guides / lang).glob("*.md"):
                # Without code, and without what is bold.
                text = re.sub(r"`[^`]*`|\*\*[^*]+\*\*", "", page.read_text())
                for place in re.findall(r"\*([^*]+)\*", text):
                    for name in place.split(" → "):
                        with self.subTest(page=f"{lang}/{page.name}", name=name):
                            self.assertIn(self.get_words(name), said)

    def get_words(self, text):
        return " ".join(re.sub(r"<[^>]*>", "", text).lower().split())
