"""Times that patients choose, without a database."""

import unittest
from datetime import datetime

from odoo.addons.practice_billing.tools.slots import Slot


class TestSlotInAddress(unittest.TestCase):
    def test_what_is_encoded_is_decoded(self):
        slot = Slot(1, 22, 333, datetime(2026, 3, 29, 1, 30))
        self.assertEqual(Slot.decode(slot.encode()), slot)

    def test_nonsense_is_no_slot(self):
        for text in (
            None,
            "",
            "1-2-3",
            "1-2-3-4-5",
            "1-2-3-x",
            "-1-2-3-4",
            "1-2-3-99999999999",
            "1-2-3-4\n",
            "①-2-3-4",
        ):
            with self.subTest(text=text):
                self.assertIsNone(Slot.decode(text))
