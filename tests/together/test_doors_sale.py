from odoo.tests import tagged

from ..common import PracticeCase


@tagged("post_install", "-at_install")
class TestDoors(PracticeCase):
    def test_x(self):
        self.assertIn("sale.order", self.env)
