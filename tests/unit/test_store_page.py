"""The page of the app in the store: its pictures are there, are all shown, and are small."""

import ast
import re
from pathlib import Path

from odoo.modules import get_module_path
from odoo.tests import BaseCase, tagged

#: Bytes of a picture, as ``dev/odoo pictures`` takes them.
LARGEST = 120_000


@tagged("post_install", "-at_install")
class TestStorePage(BaseCase):
    def test_its_pictures_are_there_and_shown_and_small(self):
        module = Path(get_module_path("practice_billing"))
        folder = module / "static/description"
        shown = set(re.findall(r'src="([^"]+)"', (folder / "index.html").read_text(encoding="utf-8")))
        pictures = {path.name for path in folder.glob("*.png")} - {"icon.png"}
        self.assertEqual(shown, pictures)
        self.assertLessEqual({"board.png", "portal.png", "organisation.png", "credits.png", "mrr.png"}, shown)
        for name in pictures:
            self.assertLess((folder / name).stat().st_size, LARGEST, name)
        manifest = ast.literal_eval((module / "__manifest__.py").read_text(encoding="utf-8"))
        self.assertTrue(manifest["images"])
        for image in manifest["images"]:
            self.assertIn(Path(image).name, pictures)
