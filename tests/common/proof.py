"""What the tests of the proof share: entries made by hand, opening balances, and what does not agree."""

from odoo.fields import Command

from .practice import PracticeCase


class ProofCase(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proof_model = cls.env["practice.credit.proof"]
        cls.nobody = cls.env["res.partner"]
        cls.bert = cls.make_patient("Bert Claes")

    def entry(self, *items, post=True):
        """Make an entry of ``(account, credit, package, customer)`` items; what is missing goes to revenue."""
        lines = [
            {
                "account_id": account.id,
                "balance": -amount,
                "practice_package_id": package.id if package else False,
                "partner_id": customer.id if customer else False,
            }
            for account, amount, package, customer in items
        ]
        lines.append({"account_id": self.income.id, "balance": sum(amount for _account, amount, *_who in items)})
        move = self.env["account.move"].create(
            {"journal_id": self.misc.id, "date": self.today(), "line_ids": [Command.create(line) for line in lines]}
        )
        if post:
            move.action_post()
        return move

    def tamper(self, line, **columns):
        """Change an item as nothing in Odoo would."""
        for column, value in columns.items():
            self.query(f"UPDATE account_move_line SET {column} = %s WHERE id = %s RETURNING id", value, line.id)
        self.env.invalidate_all()

    def wrong(self, account=None):
        """Return ``{(package, customer): difference}`` of an account, and check that the filter finds the same."""
        account = account or self.liability
        keys = {
            (package, customer): self.currency.round(difference)
            for (_company, of_account, package, customer), difference in (
                self.proof_model._get_keys_with_difference().items()
            )
            if of_account == account
        }
        found = self.proof_model.search([("has_difference", "=", True), ("account_id", "=", account.id)])
        self.assertEqual({(row.package_id, row.partner_id) for row in found}, set(keys))
        self.assertTrue(all(found.mapped("has_difference")))
        return keys
