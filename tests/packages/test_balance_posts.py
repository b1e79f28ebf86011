"""The nightly check: a difference becomes one activity that says what changed, and goes away by itself."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.proof import ProofCase


@tagged("post_install", "-at_install")
class TestBalancePosts(ProofCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.post = cls.env["practice.balance.post"].search([("account_id", "=", cls.liability.id)])

    def test_a_difference_is_told_and_goes_away_when_it_is_mended(self):
        lot = self.sell()
        self.check_posts()
        self.assertFalse(self.post.activity_ids or self.post.finding)
        self.assertEqual(self.post.state, "good")
        good_until = self.post.good_until
        self.assertEqual(good_until, self.at())
        # All that a test writes is written now, whatever its clock says.
        for table, column, record in (
            ("account_move_line", "move_id", lot.invoice_id),
            ("practice_credit_lot", "id", lot),
        ):
            self.query(f"UPDATE {table} SET write_date = '2026-03-10' WHERE {column} = %s RETURNING id", record.id)
        self.travel(days=1)
        stray = self.entry((self.liability, 12.5, self.package, self.bert))
        self.check_posts()
        activity = self.post.activity_ids
        self.assertEqual(activity.summary, "Balance post does not agree")
        self.assertEqual(activity.user_id, self.post._get_accountant())
        self.assertEqual(self.post.state, "wrong")
        for said in (
            "Ten sessions, Bert Claes: difference",
            "-",
            "12.50",
            stray.name,
            f'href="/odoo/account.move/{stray.id}"',
        ):
            self.assertIn(said, activity.note)
        self.assertIn("03/11/2026", activity.note, "when it was last 0.00")
        self.assertNotIn(lot.invoice_id.name, activity.note, "what was there before is not what changed")
        self.assertEqual(self.post.good_until, good_until)
        self.travel(days=1)
        self.entry((self.liability, -12.5, self.package, self.bert))
        self.check_posts()
        self.assertFalse(self.post.activity_ids or self.post.finding)
        self.assertEqual(self.post.good_until, self.at())

    def test_there_is_one_activity_however_often_it_is_found(self):
        self.entry((self.liability, 12.5, self.package, self.bert))
        for _day in range(3):
            self.check_posts()
            self.travel(days=1)
        self.assertEqual(len(self.post.activity_ids), 1)

    def test_it_is_checked_once_a_day(self):
        self.check_posts()
        stray = self.entry((self.liability, 12.5, self.package, self.bert))
        self.check_posts()
        self.assertFalse(self.post.activity_ids)
        self.post.with_user(self.accountant).action_check()
        self.assertIn(stray.name, self.post.activity_ids.note)

    def test_a_release_that_is_booked_otherwise_is_told_with_its_entry(self):
        self.sell()
        self.visit()
        move = self.release()
        self.tamper(move.line_ids.filtered(lambda it: it.account_id == self.income), account_id=self.breakage.id)
        self.check_posts()
        for said in (move.name, self.income.display_name, "its releases, imports or transfers say", "120.00"):
            self.assertIn(said, self.post.activity_ids.note)

    def test_items_that_came_to_the_entry_of_a_release_are_told(self):
        self.sell()
        self.visit()
        move = self.release()
        stray = self.entry((self.breakage, 30.0, None, None))
        for item in stray.line_ids:
            self.tamper(item, move_id=move.id)
        self.check_posts()
        for said in (move.name, self.breakage.display_name, "30.00"):
            self.assertIn(said, self.post.activity_ids.note)

    def test_an_entry_of_an_import_that_was_changed_is_told(self):
        entry = self.import_credits(booking="entry").lot_id.entry_id
        self.check_posts()
        self.assertFalse(self.post.activity_ids)
        item = entry.line_ids.filtered(lambda it: it.account_id == self.liability)
        self.tamper(item, balance=-400.0)
        self.travel(days=1)
        self.check_posts()
        self.assertIn(entry.name, self.post.activity_ids.note)

    def test_an_undone_import_is_no_difference(self):
        self.import_credits(booking="entry").action_undo()
        self.check_posts()
        self.assertFalse(self.post.activity_ids)

    def test_many_changes_are_counted_and_not_all_listed(self):
        for _number in range(12):
            self.entry((self.liability, 1.0, self.package, self.bert))
        self.check_posts()
        self.assertIn("and 2 more", self.post.activity_ids.note)

    def test_an_account_that_an_item_made_a_balance_post_is_checked_too(self):
        stray = self.make_account("liability_current", "PB stray")
        self.entry((stray, 12.5, self.package, self.bert))
        self.check_posts()
        post = self.env["practice.balance.post"].search([("account_id", "=", stray.id)])
        self.assertTrue(post.activity_ids)

    def test_who_looks_after_it_is_told(self):
        self.post.with_user(self.accountant).user_id = self.accountant
        self.entry((self.liability, 12.5, self.package, self.bert))
        self.check_posts()
        self.assertEqual(self.post.activity_ids.user_id, self.accountant)
        self.assertTrue(self.post.with_user(self.accountant).action_open_proof()["domain"])

    def test_what_was_found_is_not_written_by_hand(self):
        with self.assertRaises(AccessError):
            self.post.with_user(self.accountant).finding = False
        with self.assertRaises(AccessError):
            self.post.with_user(self.front_desk).action_check()

    def test_companies_are_told_apart(self):
        other = self.env["res.company"].create({"name": "PB branch", "parent_id": self.company.id})
        self.env.user.company_ids += other
        paid = {"deferred_account_id": self.liability.id, "value": 50.0}
        self.give(self.patient, 1, company_id=other.id, **paid)
        self.check_posts()
        theirs = self.env["practice.balance.post"].search(
            [("account_id", "=", self.liability.id), ("company_id", "=", other.id)]
        )
        self.assertTrue(theirs.activity_ids)
        self.assertFalse(self.post.activity_ids)

    def test_a_company_that_cannot_be_checked_does_not_stop_the_others(self):
        companies = self.env["res.company"].create([{"name": f"PB {name}"} for name in ("bad", "good")])
        accounts = [
            self.env["account.account"].create(
                {
                    "name": "PB waiting",
                    "code": "PBW",
                    "account_type": "liability_current",
                    "company_ids": [Command.set(company.ids)],
                }
            )
            for company in companies
        ]
        self.entry((self.liability, 12.5, self.package, self.bert))
        posts = self.env["practice.balance.post"]
        for company, account in zip(companies, accounts, strict=True):
            posts += posts._remember([(company, account)])
        # Amounts of which no sum can be made, on the account of the first company.
        [item] = self.entry((self.make_account("liability_current", "PB odd"), 0.0, None, None)).line_ids[:1]
        self.query(
            """UPDATE account_move_line SET balance = 'NaN', amount_currency = 0, company_id = %s, account_id = %s
                WHERE id = %s RETURNING id""",
            companies[0].id,
            accounts[0].id,
            item.id,
        )
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"):
            self.check_posts()
        bad, good = posts
        self.assertTrue(bad.error and bad.retry_date)
        self.assertEqual(bad.activity_ids.summary, "Balance post could not be checked")
        self.assertFalse(good.error)
        self.assertEqual(good.good_until, self.at())
        self.assertTrue(self.post.activity_ids)

    def test_the_reversal_of_a_release_that_was_made_before_says_what_to_do(self):
        self.sell()
        self.visit()
        move = self.release()
        reversal = self.entry((self.liability, 120.0, self.package, self.patient))
        self.query("UPDATE account_move SET reversed_entry_id = %s WHERE id = %s RETURNING id", move.id, reversal.id)
        self.env.invalidate_all()
        self.check_posts()
        self.assertIn("whose visits stay released", self.post.activity_ids.note)
        # What it says is possible, and right.
        reversal._reverse_moves([{"date": self.today()}])._post()
        self.travel(days=1)
        self.check_posts()
        self.assertFalse(self.post.activity_ids)
