"""Codes of vouchers: what is drawn, and what people type."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.practice_billing.tools.vouchers import ALPHABET, LENGTH, clean_code, draw_code, draw_qr, show_code


@tagged("post_install", "-at_install")
class TestVoucherRules(BaseCase):
    def test_codes_have_no_characters_that_look_alike(self):
        self.assertFalse(set("01OIL") & set(ALPHABET))
        self.assertEqual(len(ALPHABET), 31)

    def test_no_code_is_drawn_twice(self):
        codes = {draw_code() for _number in range(1000)}
        self.assertEqual(len(codes), 1000)
        self.assertTrue(all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes))

    def test_a_code_is_printed_in_groups_of_four(self):
        self.assertEqual(show_code("ABCDEFGHJKMN"), "ABCD-EFGH-JKMN")
        self.assertEqual(show_code(""), "")

    @given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH), st.lists(st.sampled_from(" -–._/\t"), max_size=9))
    def test_what_is_typed_is_the_code_with_whatever_stands_between(self, code, between):
        typed = "".join(a + b for a, b in zip(code.lower(), [*between, *[""] * LENGTH], strict=False))
        self.assertEqual(clean_code(typed), code)
        self.assertEqual(clean_code(show_code(code)), code)

    def test_nothing_is_no_code(self):
        for nothing in ("", None, False, " - "):
            self.assertEqual(clean_code(nothing), "")

    def test_a_qr_code_is_a_drawing(self):
        self.assertIn("<svg", draw_qr("https://example.com/my/packages/redeem?code=ABCD-EFGH-JKMN", 180))
