"""Dialogs that are opened by their address, or again when the page was reloaded: what they were opened on is gone."""

from odoo.exceptions import UserError
from odoo.tests import Form, TransactionCase, tagged

MODULE = "practice_billing"


@tagged("post_install", "-at_install")
class TestDialogs(TransactionCase):
    def test_each_opens_on_nothing_or_says_why_not(self):
        env = self.env(user=self.env.ref("base.user_admin"))
        dialogs = [name for name, model in env.registry.items() if model._transient and model._module == MODULE]
        self.assertGreater(len(dialogs), 20)
        for dialog in dialogs:
            with self.subTest(dialog=dialog):
                try:
                    Form(env[dialog])
                except UserError as error:
                    self.assertTrue(str(error))
