"""Days of TARGET, requested days, texts and numbers of direct debits; files and answers of banks."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from odoo.tests import BaseCase, tagged

from odoo.addons.practice_billing.tools import bank_answers, sepa, sepa_file

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@tagged("post_install", "-at_install")
class TestSepaRules(BaseCase):
    def test_easter_of_known_years(self):
        known = {2000: (4, 23), 2008: (3, 23), 2011: (4, 24), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2038: (4, 25)}
        for year, (month, day) in known.items():
            self.assertEqual(sepa.easter(year), date(year, month, day))

    def test_banks_rest_at_weekends_and_on_six_holidays(self):
        closed = [(1, 1), (4, 3), (4, 6), (5, 1), (12, 25), (12, 26)]
        rest = {date(2026, 1, 1) + timedelta(days=n) for n in range(365)}
        rest = {day for day in rest if not sepa.is_target_day(day) and day.weekday() < 5}
        self.assertEqual(rest, {date(2026, *it) for it in closed if date(2026, *it).weekday() < 5})

    @given(DAYS, st.integers(0, 23), st.integers(0, 24), st.integers(0, 5), st.integers(0, 30))
    def test_the_requested_day_keeps_every_promise(self, today, hour, cut_off, lead, notice):
        now = datetime(today.year, today.month, today.day, hour)
        day = sepa.requested_day(now, cut_off=cut_off, lead_days=lead, told_on=today, notice_days=notice)
        self.assertTrue(sepa.is_target_day(day))
        self.assertGreaterEqual(day, today + timedelta(days=notice))
        between = [today + timedelta(days=n) for n in range((day - today).days)]
        self.assertGreaterEqual(sum(map(sepa.is_target_day, between)), lead)
        later = sepa.requested_day(
            now + timedelta(hours=1), cut_off=cut_off, lead_days=lead, told_on=today, notice_days=notice
        )
        self.assertGreaterEqual(later, day)

    def test_the_cut_off_costs_a_banking_day(self):
        friday = datetime(2026, 4, 2, 14, 59)  # Good Friday and Easter Monday follow
        self.assertEqual(sepa.requested_day(friday, cut_off=15, lead_days=1), date(2026, 4, 7))
        self.assertEqual(sepa.requested_day(friday + timedelta(minutes=1), cut_off=15, lead_days=1), date(2026, 4, 8))
        self.assertEqual(
            sepa.requested_day(friday, cut_off=15, lead_days=1, told_on=date(2026, 4, 2), notice_days=14),
            date(2026, 4, 16),
        )

    @given(st.text(max_size=200), st.integers(1, 140))
    def test_texts_are_of_characters_that_banks_take(self, text, length):
        clean = sepa.clean_text(text, length)
        self.assertRegex(clean, r"\A[A-Za-z0-9/\-?:().,'+ ]*\Z")
        self.assertLessEqual(len(clean), length)
        self.assertEqual(sepa.clean_text(clean, length), clean)

    def test_accents_are_taken_off(self):
        self.assertEqual(sepa.clean_text("Zoë Müßig & Søn", 70), "Zoe Mussig Son")

    def test_references_that_banks_would_refuse_get_another_one(self):
        for sound in ("INV/2026/00001", "INV/2026/00001-1"):
            self.assertEqual(sepa.clean_identifier(sound, "x"), sound)
        for wrong in ("/INV", "INV//1", "INV/", "a b", "é", "x" * 36, ""):
            self.assertEqual(sepa.clean_identifier(wrong, "PB-1"), "PB-1")

    def test_numbers_are_checked(self):
        self.assertEqual(sepa.clean_iban("be68 5390 0754 7034"), "BE68539007547034")
        self.assertEqual(sepa.clean_creditor("BE68ZZZ0123456789"), "BE68ZZZ0123456789")
        self.assertEqual(sepa.clean_bic("kredbebb"), "KREDBEBB")
        for clean, wrong in (
            (sepa.clean_iban, "BE69539007547034"),
            (sepa.clean_iban, ""),
            (sepa.clean_creditor, "BE69ZZZ0123456789"),
            (sepa.clean_bic, "KRED"),
        ):
            with self.assertRaises(ValueError):
                clean(wrong)
        self.assertEqual(sepa.mask_iban("BE68539007547034"), "BE•• •••• 7034")

    def test_mandates_end_after_36_months(self):
        self.assertEqual(sepa.mandate_expiry(date(2024, 2, 29)), date(2027, 2, 28))
        self.assertEqual(sepa.mandate_expiry(date(2024, 2, 29), date(2025, 5, 1)), date(2028, 5, 1))
        self.assertEqual(sepa.kept_until(date(2024, 2, 29)), date(2025, 3, 29))

    # === FILES === #

    def write_file(self, version="pain.008.001.08", scheme="CORE", bic="KREDBEBB"):
        one = sepa_file.Collection(
            "INV/1", Decimal("47.19"), "FRST", "M1", date(2026, 1, 5), "An", "BE68539007547034", "", "INV 1"
        )
        two = one._replace(
            end_to_end="INV/2", amount=Decimal("0.1"), sequence="RCUR", mandate="M2", original_iban="NL91ABNA0417164300"
        )
        return sepa_file.write_file(
            sepa_file.Creditor("De Linde", "BE71096123456769", bic, "BE68ZZZ0123456789"),
            [one, two],
            message="DD1",
            created=datetime(2026, 1, 6, 12),
            day=date(2026, 1, 8),
            scheme=scheme,
            version=version,
        )

    def test_both_versions_are_accepted_by_their_schema_and_say_the_same(self):
        for version in ("pain.008.001.08", "pain.008.001.02"):
            for scheme in ("CORE", "B2B"):
                root = etree.fromstring(self.write_file(version, scheme))
                space = {"p": f"urn:iso:std:iso:20022:tech:xsd:{version}"}
                self.assertEqual(root.xpath("string(//p:GrpHdr/p:CtrlSum)", namespaces=space), "47.29")
                self.assertEqual(root.xpath("string(//p:GrpHdr/p:NbOfTxs)", namespaces=space), "2")
                self.assertEqual(root.xpath("//p:PmtInfId/text()", namespaces=space), ["DD1-FRST", "DD1-RCUR"])
                self.assertEqual(root.xpath("//p:LclInstrm/p:Cd/text()", namespaces=space), [scheme] * 2)
                changed = root.xpath("//p:DrctDbtTxInf[.//p:AmdmntInd='true']", namespaces=space)
                self.assertEqual(len(changed), 1)
                self.assertEqual(
                    changed[0].xpath("string(.//p:OrgnlDbtrAcct/p:Id/p:IBAN)", namespaces=space), "NL91ABNA0417164300"
                )

    def test_the_older_version_needs_a_bic(self):
        self.write_file(bic="")
        with self.assertRaises(ValueError):
            self.write_file("pain.008.001.02", bic="")

    # === ANSWERS === #

    def test_what_is_no_answer_is_refused_in_a_word(self):
        bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document><x>&b;</x></Document>'
        outside = b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document><x>&a;</x></Document>'
        for content, key in (
            (b"", "xml"),
            (b"PK", "xml"),
            (bomb, "entity"),
            (outside, "entity"),
            (b"<Document><Other/></Document>", "kind"),
            (b" " * (bank_answers.LARGEST_FILE + 1), "size"),
        ):
            with self.assertRaises(bank_answers.UnreadableError) as refused:
                bank_answers.read_message(content)
            self.assertEqual(refused.exception.key, key)
