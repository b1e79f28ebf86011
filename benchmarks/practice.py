"""A small practice to measure: a package with a balance post, its product, an appointment type and patients."""

from datetime import datetime, timedelta

from odoo.fields import Command


class Practice:
    """The records a benchmark works with; everything is made through the doors that people use."""

    def __init__(self, env):
        self.env = env
        account = env["account.account"]
        self.income = account.search([("account_type", "=", "income")], limit=1)
        self.balance_post = account.create(
            {"name": "Invoiced in advance", "code": "499100", "account_type": "liability_current"}
        )
        self.package = env["practice.package"].create(
            {
                "name": "Ten sessions",
                "internal_rate": 100.0,
                "income_account_id": self.income.id,
                "deferred_account_id": self.balance_post.id,
            }
        )
        self.product = self._make_product("Ten sessions", package_id=self.package.id, package_credits=10)
        self.plain_product = self._make_product("Plain")
        self.type = env["practice.appointment.type"].create({"name": "Session", "package_id": self.package.id})

    def _make_product(self, name, **vals):
        tax = self.env.company.account_sale_tax_id
        return self.env["product.product"].create(
            {"name": name, "type": "service", "list_price": 1200.0, "taxes_id": [Command.set(tax.ids)], **vals}
        )

    def patients(self, count, mark=""):
        return self.env["res.partner"].create(
            [
                {"name": f"Patient {number}{mark}", "email": f"patient{number}{mark}@example.com"}
                for number in range(count)
            ]
        )

    def give(self, patients, lots=1, credits=10, days_ago=0):
        """Give each patient ``lots`` lots of ``credits`` credits at 120 each, without an invoice.

        Nothing is released before the day on which they were given.
        """
        return self.env["practice.credit.lot"]._grant(
            [
                {
                    "partner_id": patient.id,
                    "payer_id": patient.id,
                    "package_id": self.package.id,
                    "company_id": self.env.company.id,
                    "origin": "gift",
                    "date": self.env.company._practice_day() - timedelta(days=days_ago),
                    "internal_rate": 100.0,
                    "deferred_account_id": self.balance_post.id,
                    "credits": credits,
                    "value": 120.0 * credits,
                }
                for patient in patients
                for _number in range(lots)
            ]
        )

    def invoice_vals(self, partner, product):
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_line_ids": [Command.create({"product_id": product.id, "quantity": 1})],
        }

    @staticmethod
    def next_monday(hour=9):
        today = datetime.now().replace(hour=hour, minute=0, second=0, microsecond=0)
        return today + timedelta(days=7 - today.weekday())
