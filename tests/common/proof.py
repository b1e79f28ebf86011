"""What the tests of the proof share: entries made by hand, opening balances, and what does not agree."""

from odoo.fields import Command, Domain

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

    def check_posts(self):
        """Check the balance posts, and compare entries with their releases, as every night."""
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_check_balance_posts").method_direct_trigger()
        self.env.invalidate_all()

    def compare(self):
        """Compare the entries of releases, and mark those that agree, as every night."""
        releases = self.env["practice.revenue.release"]
        releases._mark_agreeing(releases._get_entries_to_compare())

    def tamper(self, line, **columns):
        """Change an item as nothing in Odoo would, after its entry was compared."""
        self.compare()
        for column, value in columns.items():
            self.query(f"UPDATE account_move_line SET {column} = %s WHERE id = %s RETURNING id", value, line.id)
        self.env.invalidate_all()

    def tearDown(self):
        assert_sums(self)
        super().tearDown()

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


def assert_sums(case):
    """Check that reports say the same whether their rows are added up early or read one by one."""
    reports = [case.env[name] for name in case.env.registry if hasattr(case.env[name], "_get_sum_keys")]
    for report in [it for it in reports if it._get_sum_keys()]:
        names = [f"{name}:month" if report._fields[name].type == "date" else name for name in report._get_sum_keys()]
        if days := sorted(report.search([]).mapped("date")):
            until = [("date", "<=", days[len(days) // 2])]
            for keys, domain in (([], until), (names, []), (names, until), *(([name], []) for name in names)):
                with case.subTest(report=report._name, keys=keys, domain=domain):
                    assert_sums_by(case, report, keys, domain)


def assert_sums_by(case, report, keys, domain):
    """Check the sums by these keys."""
    specs = ["__count", *(f"{amount}:sum" for amount in sorted(report._get_sum_amounts()))]
    case.assertTrue(report._plan_sums(*report._split_days(Domain(domain)), keys, specs), "they are read one by one")
    early, one_by_one = (
        [tuple(repr(round(it, 6)) if isinstance(it, float) else it for it in group) for group in groups]
        for groups in (
            report._read_group(domain, keys, specs),
            report._read_group([*domain, ("id", "!=", 0)], keys, specs),  # a sum has no id
        )
    )
    case.assertEqual(early, one_by_one)
