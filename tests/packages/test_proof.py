"""The proof: per package, balance post and company, on any date, credits + to release = balance of the account."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import TODAY, PracticeCase

TOMORROW = TODAY + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestProof(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proof_model = cls.env["practice.credit.proof"]
        cls.make_staff()

    # === HELPERS === #

    def sums(self, day=None, accounts=None):
        """Return ``{(balance post, package): (credits, to release, balance, difference)}`` at the end of ``day``."""
        domain = [("account_id", "in", (accounts or self.liability).ids)]
        if day:
            domain.append(("date", "<=", day))
        groups = self.proof_model._read_group(
            domain,
            ["account_id", "package_id"],
            ["value_credits:sum", "to_release:sum", "balance:sum", "difference:sum"],
        )
        return {
            (account, package): tuple(self.currency.round(amount) for amount in amounts)
            for account, package, *amounts in groups
        }

    def assertProof(self, *expected, day=None, package=None):
        self.assertEqual(self.sums(day)[self.liability, package or self.package], expected)

    def assertAgrees(self, accounts=None):
        """Check that nothing differs on any date, not only at the end."""
        days = self.proof_model.search([("account_id", "in", (accounts or self.liability).ids)]).mapped("date")
        self.assertTrue(days)
        for day in set(days):
            for key, (*_amounts, difference) in self.sums(day, accounts).items():
                self.assertEqual(difference, 0.0, f"{key} on {day}: {self.sums(day, accounts)}")

    def entry(self, amount, account=None, post=True, day=None, package=None, partner=None):
        """Make a manual entry that brings ``amount`` to a balance post."""
        whose = {"practice_package_id": package, "partner_id": partner.id if partner else False}
        lines = [
            {"account_id": (account or self.liability).id, "balance": -amount, **whose},
            {"account_id": self.income.id, "balance": amount},
        ]
        move = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "date": day or self.today(),
                "line_ids": [Command.create({"name": "Manual", **line}) for line in lines],
            }
        )
        if post:
            move.action_post()
        return move

    def wrong(self, **context):
        rows = self.proof_model.with_context(**context).search(
            [("has_difference", "=", True), ("account_id", "=", self.liability.id)]
        )
        return {(row.account_id, row.package_id) for row in rows}

    # === IT AGREES === #

    def test_a_whole_life_agrees_on_every_date(self):
        lot = self.sell()
        no_show = self.plan(start=self.at(days=2))
        for days in (1, 3, 6):
            self.plan(start=self.at(days=days))
        self.travel(days=4)
        for event in self.env["calendar.event"].search([("patient_id", "=", self.patient.id)], order="start"):
            if event.start < self.at():
                event.attendance = "no_show" if event == no_show else "attended"
        self.release()
        self.credit_note(lot.invoice_id, 0.2)
        lot._extend(TODAY + timedelta(days=5), "Test")
        self.travel(days=5)
        self.env["calendar.event"].search([("attendance", "=", "planned")]).attendance = "attended"
        lot._expire()
        self.release()
        self.assertEqual((lot.credits_used, lot.credits_lost, lot.credits_refunded), (3, 5, 2))
        self.assertAgrees()
        self.assertProof(1200.0, 0.0, 1200.0, 0.0, day=TODAY)
        self.assertProof(840.0, 0.0, 840.0, 0.0, day=TODAY + timedelta(days=3))
        self.assertProof(0.0, 0.0, 0.0, 0.0)

    def test_a_visit_waits_until_its_entry_is_posted(self):
        self.sell()
        self.visit()
        self.assertProof(1080.0, 120.0, 1200.0, 0.0)
        self.release()
        self.assertProof(1080.0, 0.0, 1080.0, 0.0)
        self.assertProof(1080.0, 0.0, 1080.0, 0.0, day=TOMORROW)

    def test_a_visit_of_a_locked_day_waits_until_the_day_of_its_entry(self):
        self.sell()
        event = self.visit()
        self.travel(date(2026, 4, 2))
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        self.release()
        entry = event.credit_move_ids.release_ids.move_id
        self.assertEqual(entry.date, date(2026, 4, 1))
        self.assertProof(1200.0, 0.0, 1200.0, 0.0, day=TODAY)
        self.assertProof(1080.0, 120.0, 1200.0, 0.0, day=TOMORROW)
        self.assertProof(1080.0, 120.0, 1200.0, 0.0, day=date(2026, 3, 31))
        self.assertProof(1080.0, 0.0, 1080.0, 0.0, day=date(2026, 4, 1))

    def test_a_visit_that_took_itself_back_needs_no_entry(self):
        self.sell()
        event = self.visit()
        event.attendance = "cancelled"
        self.assertFalse(self.release())
        releases = event.credit_move_ids.release_ids
        self.assertEqual(releases.mapped("state"), ["posted", "posted"])
        self.assertAgrees()
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)

    def test_an_invoice_in_draft_or_withdrawn_counts_nowhere(self):
        invoice = self.invoice(post=False)
        self.assertEqual(self.sums(), {})
        invoice.action_post()
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(self.sums(), {(self.liability, self.package): (0.0, 0.0, 0.0, 0.0)})

    def test_a_mapped_account_is_proved_where_the_money_is(self):
        mapped = self.make_account("liability_current", "PB mapped")
        position = self.env["account.fiscal.position"].create(
            {
                "name": "PB abroad",
                "account_ids": [Command.create({"account_src_id": self.liability.id, "account_dest_id": mapped.id})],
            }
        )
        self.sell(fiscal_position_id=position.id)
        self.visit()
        self.release()
        self.assertEqual(self.sums(accounts=mapped), {(mapped, self.package): (1080.0, 0.0, 1080.0, 0.0)})

    def test_credits_stay_on_the_balance_post_that_their_package_had(self):
        self.sell()
        other = self.make_account("liability_current", "PB other")
        self.package.deferred_account_id = other
        self.sell()
        both = self.liability + other
        self.assertEqual(
            self.sums(accounts=both),
            {(account, self.package): (1200.0, 0.0, 1200.0, 0.0) for account in both},
        )

    def test_an_archived_package_stays_in_the_proof(self):
        self.sell()
        self.product.active = False
        self.package.active = False
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)

    def test_packages_that_share_a_balance_post_are_proved_apart(self):
        other = self.make_package("Diet")
        self.sell()
        self.visit()
        self.sell(product=self.make_product(other, list_price=500.0))
        self.release()
        self.assertProof(1080.0, 0.0, 1080.0, 0.0)
        self.assertProof(500.0, 0.0, 500.0, 0.0, package=other)

    # === IT DOES NOT AGREE === #

    def test_a_stray_entry_shows_on_the_only_package_of_the_account(self):
        self.sell()
        self.entry(12.5)
        self.assertProof(1200.0, 0.0, 1212.5, -12.5)
        self.assertEqual(self.wrong(), {(self.liability, self.package)})

    def test_a_stray_entry_on_a_shared_account_shows_without_a_package(self):
        self.make_package("Diet")
        self.sell()
        self.entry(-40.0)
        nobody = self.env["practice.package"]
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)
        self.assertEqual(self.sums()[self.liability, nobody], (0.0, 0.0, -40.0, 40.0))
        self.assertEqual(self.wrong(), {(self.liability, nobody)})

    def test_an_entry_that_names_its_package_shows_there(self):
        other = self.make_package("Diet")
        self.sell()
        self.entry(30.0, package=other.id)
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)
        self.assertProof(0.0, 0.0, 30.0, -30.0, package=other)

    def test_only_posted_entries_count(self):
        self.sell()
        self.entry(12.5, post=False)
        self.entry(7.5).button_draft()
        self.assertProof(1200.0, 0.0, 1200.0, 0.0)
        self.assertFalse(self.wrong())

    def test_a_difference_is_asked_for_at_a_date(self):
        self.sell()
        self.entry(12.5, day=TOMORROW)
        self.assertFalse(self.wrong(practice_proof_date=str(TODAY)))
        self.assertTrue(self.wrong(practice_proof_date=str(TOMORROW)))

    def test_what_agrees_is_found_by_the_opposite(self):
        self.make_package("Diet")
        self.sell()
        self.entry(12.5)
        agreeing = self.proof_model.search([("has_difference", "=", False), ("account_id", "=", self.liability.id)])
        self.assertEqual(agreeing.package_id, self.package)
        self.assertEqual(set(agreeing.mapped("has_difference")), {False})

    def test_a_release_whose_entry_is_gone_is_a_difference(self):
        self.sell()
        event = self.visit()
        self.release()
        self.query(
            "UPDATE account_move SET state = 'cancel' WHERE id = %s RETURNING id",
            event.credit_move_ids.release_ids.move_id.id,
        )
        self.query(
            "UPDATE account_move_line SET parent_state = 'cancel' WHERE move_id = %s RETURNING id",
            event.credit_move_ids.release_ids.move_id.id,
        )
        self.env.invalidate_all()
        self.assertProof(1080.0, 0.0, 1200.0, -120.0)

    def test_a_hand_made_reversal_of_a_release_is_a_difference(self):
        self.sell()
        event = self.visit()
        self.release()
        release = event.credit_move_ids.release_ids.move_id
        with self.assertRaisesRegex(UserError, "Correct the visit"):
            release._reverse_moves([{"date": self.today()}], cancel=True)
        self.assertProof(1080.0, 0.0, 1080.0, 0.0)
        self.entry(120.0, package=self.package.id, partner=self.patient)
        self.assertProof(1080.0, 0.0, 1200.0, -120.0)

    # === IMPORTED CREDITS === #

    def test_imports_agree_whatever_they_book(self):
        self.import_credits(booking="none")
        self.assertEqual(self.sums(), {})
        self.import_credits(booking="entry")
        self.assertProof(375.0, 0.0, 375.0, 0.0)
        self.import_credits(booking="opening")
        self.assertProof(750.0, 0.0, 375.0, 375.0)  # the opening balance has not been booked yet
        self.entry(375.0)
        self.assertProof(750.0, 0.0, 750.0, 0.0)

    def test_an_opening_balance_is_shared_by_the_packages_of_its_account(self):
        diet, nobody = self.make_package("Diet"), self.env["practice.package"]
        self.import_credits(booking="opening")
        self.import_credits(booking="opening", package=diet)
        self.assertEqual(self.sums()[self.liability, nobody], (0.0, 0.0, -750.0, 750.0))
        self.entry(750.0)
        self.assertProof(375.0, 0.0, 375.0, 0.0)
        self.assertProof(375.0, 0.0, 375.0, 0.0, package=diet)
        self.assertEqual(self.sums()[self.liability, nobody], (0.0, 0.0, 0.0, 0.0))

    def test_an_import_that_was_undone_agrees(self):
        self.import_credits(booking="entry").action_undo()
        self.assertAgrees()
        self.assertProof(0.0, 0.0, 0.0, 0.0)

    # === LOOKING AT IT === #

    def test_a_row_opens_what_it_comes_from(self):
        lot = self.sell()
        self.visit()
        opened = {
            row.kind: (action["res_model"], action["res_id"])
            for row in self.proof_model.search([("account_id", "=", self.liability.id)])
            for action in [row.action_open_source()]
        }
        self.assertEqual(
            opened,
            {
                "credit": ("practice.credit.lot", lot.id),
                "release": ("practice.revenue.release", lot.move_ids.release_ids.id),
                "item": ("account.move", lot.invoice_id.id),
            },
        )

    def test_rows_have_ids_of_their_own(self):
        self.sell()
        self.visit()
        self.travel(date(2026, 4, 2))
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        self.release()
        self.make_package("Diet")
        self.import_credits(booking="opening")
        rows = self.env.execute_query(self.proof_model._table_query)
        self.assertEqual(len({row[0] for row in rows}), len(rows))

    def test_the_dialog_opens_the_proof_of_its_date(self):
        self.sell()
        self.entry(12.5, day=TOMORROW)
        dialog = self.env["practice.credit.proof.date"].with_user(self.accountant).create({"date": TODAY})
        action = dialog.action_open()
        self.assertIn("2026", action["name"])
        rows = self.proof_model.search([*action["domain"], ("account_id", "=", self.liability.id)])
        self.assertEqual(set(rows.mapped("date")), {TODAY})

    # === WHO MAY SEE IT === #

    def test_accountants_and_administrators_read_it_and_nobody_else(self):
        self.sell()
        domain = [("account_id", "=", self.liability.id)]
        for user in (self.accountant, self.manager):
            rows = self.proof_model.with_user(user).search(domain)
            self.assertEqual(sum(rows.mapped("value_credits")), 1200.0)
            self.assertEqual(rows.mapped("name"), [rows[0].name] * 2)
        for user in (self.front_desk, self.employee, self.portal):
            with self.assertRaises(AccessError):
                self.proof_model.with_user(user).search(domain)

    def test_another_company_is_out_of_sight(self):
        self.sell()
        other = self.env["res.company"].create({"name": "PB elsewhere"})
        self.accountant.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(self.proof_model.with_user(self.accountant).with_company(other).search([]))
