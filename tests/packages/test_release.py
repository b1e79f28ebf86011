"""The release run: one entry per company, day and journal; nothing twice, nothing lost, nothing stopped by another."""

from collections import Counter
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...models.revenue import revenue_release_copy
from ..common.practice import TODAY
from ..common.releases import ReleaseCase


@tagged("post_install", "-at_install")
class TestRelease(ReleaseCase):
    def test_the_visits_of_a_day_share_one_entry(self):
        self.sell()
        first, second = self.past_visit(), self.past_visit()
        self.run_release()
        self.assertEqual(first.move_id, second.move_id)
        self.assertEntry(
            first.move_id, (self.liability, 240.0), (self.income, -240.0), date=date(2026, 3, 10), partner=self.patient
        )
        self.assertBooksAgree()

    def test_every_day_has_an_entry_of_its_own(self):
        self.sell()
        releases = self.past_visit(days=1) + self.past_visit(days=2) + self.past_visit(days=3)
        self.run_release()
        self.assertEqual(sorted(releases.move_id.mapped("date")), [date(2026, 3, day) for day in (8, 9, 10)])
        self.assertEqual(releases.move_id.journal_id, self.misc)

    def test_every_customer_has_a_line_of_its_own(self):
        bert = self.make_patient("Bert Claes")
        self.sell()
        self.sell(bert, price=800.0)
        release = self.past_visit()
        self.past_visit(bert)
        self.run_release()
        self.assertEqual(self.lines(release.move_id, self.income), [("An Peeters", -120.0), ("Bert Claes", -80.0)])
        self.assertEqual(self.lines(release.move_id, self.liability), [("An Peeters", 120.0), ("Bert Claes", 80.0)])
        self.assertBooksAgree()

    def test_every_package_has_a_line_of_its_own(self):
        other = self.make_package("Other")
        self.sell()
        self.sell(product=self.make_product(other))
        release = self.past_visit()
        self.past_visit(appointment_type=self.make_type(other))
        self.run_release()
        income = release.move_id.line_ids.filtered(lambda line: line.account_id == self.income)
        self.assertEqual(set(income.practice_package_id), set(self.package + other))
        self.assertEqual(income.mapped("balance"), [-120.0, -120.0])

    def test_customers_whose_amounts_cancel_each_other_keep_their_lines(self):
        bert = self.make_patient("Bert Claes")
        self.sell()
        self.sell(bert)
        mine = self.past_visit()
        self.run_release()
        mine.event_id.attendance = "cancelled"
        theirs = self.past_visit(bert)
        self.run_release()
        self.assertEqual(self.lines(theirs.move_id, self.income), [("An Peeters", 120.0), ("Bert Claes", -120.0)])
        self.assertEqual(theirs.move_id.state, "posted")
        self.assertBooksAgree()

    def test_what_took_itself_back_before_the_run_is_done_without_an_entry(self):
        self.sell()
        release = self.past_visit()
        release.event_id.attendance = "cancelled"
        self.run_release()
        releases = self.env["practice.revenue.release"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(releases.mapped("state"), ["posted", "posted"])
        self.assertFalse(releases.move_id)
        self.assertBooksAgree()

    def test_the_entry_leads_back_to_every_visit(self):
        self.sell()
        release = self.past_visit()
        self.past_visit()
        self.run_release()
        self.assertEqual(release.move_id.practice_release_count, 2)
        self.assertEqual(len(release.move_id.practice_release_ids.event_id), 2)

    def test_nothing_due_posts_nothing(self):
        before = self.env["account.move"].search_count([])
        self.run_release()
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_a_second_run_posts_nothing_again(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        entry = release.move_id
        self.run_release()
        release._post_due()
        self.assertEqual(release.move_id, entry)
        self.assertEqual(self.balance(self.income), -120.0)

    def test_a_credit_is_released_once_even_by_hand(self):
        self.sell()
        release = self.past_visit()
        with self.assertRaises(Exception) as refused, self.cr.savepoint():
            release.copy({"credit_move_id": release.credit_move_id.id})
            self.env.flush_all()
        self.assertIn("practice_revenue_release", str(refused.exception))

    def test_an_interrupted_run_is_taken_up_again(self):
        self.sell()
        for days in (1, 2, 3):
            self.past_visit(days=days)
        module = "odoo.addons.practice_billing.models.revenue.revenue_release"
        with patch(f"{module}.BATCH_SIZE", 1):
            self.env["practice.revenue.release"]._next_batch()._post_or_set_aside()
            self.assertEqual(self.balance(self.income), -120.0)
            self.run_release()
        self.assertEqual(self.balance(self.income), -360.0)
        self.assertBooksAgree()

    def test_what_is_dated_tomorrow_waits(self):
        self.sell()
        release = self.past_visit()
        release.sudo().date = TODAY + timedelta(days=1)
        self.run_release()
        self.assertEqual(release.state, "due")
        self.travel(days=1)
        self.run_release()
        self.assertEqual(release.state, "posted")

    # === LOCKED DAYS === #

    def test_a_locked_day_is_booked_on_the_first_open_one_and_keeps_its_own_date(self):
        self.sell()
        release = self.past_visit(days=3)
        self.company.fiscalyear_lock_date = date(2026, 3, 9)
        self.run_release()
        self.assertEqual((release.move_id.date, release.date), (date(2026, 3, 10), date(2026, 3, 8)))
        self.assertBooksAgree()

    def test_locked_days_are_booked_together(self):
        self.sell()
        releases = self.past_visit(days=3) + self.past_visit(days=2) + self.past_visit(days=1)
        self.company.fiscalyear_lock_date = date(2026, 3, 9)
        self.run_release()
        self.assertEqual(len(releases.move_id), 1)
        self.assertEqual(self.balance(self.income), -360.0)

    def test_a_hard_lock_counts_too(self):
        self.sell()
        release = self.past_visit(days=3)
        self.company.hard_lock_date = date(2026, 3, 9)
        self.run_release()
        self.assertEqual(release.move_id.date, date(2026, 3, 10))

    def test_a_lock_of_sales_does_not_concern_it(self):
        self.sell()
        release = self.past_visit(days=3)
        self.company.sale_lock_date = date(2026, 3, 9)
        self.run_release()
        self.assertEqual(release.move_id.date, date(2026, 3, 8))

    # === FAILURES === #

    def broken_package(self):
        """Make a package whose ledger account was archived after its credits were sold, and a due visit of it."""
        income = self.make_account("income", "PB archived")
        package = self.make_package("Broken", income_account_id=income.id, breakage_account_id=income.id)
        self.sell(product=self.make_product(package))
        release = self.past_visit(appointment_type=self.make_type(package))
        income.active = False
        return package, release

    def test_one_package_that_fails_does_not_stop_the_others_and_does_not_stay_silent(self):
        self.sell()
        good = self.past_visit()
        package, bad = self.broken_package()
        self.run_release()
        self.assertEqual((good.state, bad.state), ("posted", "due"))
        self.assertTrue(bad.error)
        self.assertEqual(bad.retry_date, TODAY + timedelta(days=1))
        self.assertEqual(package.activity_ids.summary, "Revenue could not be released")
        self.assertIn(package.company_id._practice_get_responsible(), package.activity_ids.user_id)
        self.assertBooksAgree()

    def test_it_is_tried_again_the_next_day(self):
        _package, bad = self.broken_package()
        self.run_release()
        self.run_release()
        self.assertEqual(bad.state, "due")
        bad.income_account_id.active = True
        self.travel(days=1)
        self.run_release()
        self.assertEqual((bad.state, bad.error), ("posted", False))
        self.assertEqual(bad.move_id.date, date(2026, 3, 10))

    def test_a_success_clears_the_activity(self):
        package, bad = self.broken_package()
        self.run_release()
        bad.income_account_id.active = True
        self.travel(days=1)
        self.run_release()
        self.assertFalse(package.activity_ids)

    def test_a_package_that_fails_again_is_told_once(self):
        package, _bad = self.broken_package()
        for _day in range(3):
            self.run_release()
            self.travel(days=1)
        self.assertEqual(len(package.activity_ids), 1)

    def test_an_error_of_the_program_is_set_aside_too(self):
        self.sell()
        release = self.past_visit()
        releases = type(self.env["practice.revenue.release"])
        with patch.object(releases, "_post_due", side_effect=KeyError("PB broken")):
            self.run_release()
        self.assertEqual(release.state, "due")
        self.assertIn("PB broken", release.error)

    def test_without_a_journal_the_releases_say_so(self):
        self.sell()
        release = self.past_visit()
        self.company.practice_release_journal_id = False
        self.env["account.journal"].search([("type", "=", "general")]).active = False
        self.run_release()
        self.assertIn("no miscellaneous journal", release.error)

    # === WHAT MAY NOT HAPPEN TO IT === #

    def test_the_entry_cannot_be_reset_to_draft(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        with self.assertRaisesRegex(UserError, "each of its visits is booked once"):
            release.move_id.button_draft()

    def test_the_entry_cannot_be_cancelled_or_deleted(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        entry = release.move_id
        for attempt in (entry.button_cancel, entry.unlink):
            with self.assertRaises(UserError), self.cr.savepoint():
                attempt()

    def test_a_posted_release_cannot_be_deleted(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        with self.assertRaisesRegex(UserError, "correct the visit"):
            release.unlink()

    def test_a_movement_cannot_be_changed_or_deleted(self):
        self.sell()
        move = self.past_visit().credit_move_id
        with self.assertRaisesRegex(UserError, "never changed"):
            move.credits = 5
        with self.assertRaisesRegex(UserError, "never deleted"):
            move.unlink()

    def test_a_package_in_use_cannot_be_deleted_and_says_why(self):
        self.assertFalse(self.package.lot_count)  # as a form has shown it
        self.sell()
        with self.assertRaisesRegex(
            UserError, "purchases of credits: 1; appointment types: Session; products: Product"
        ):
            self.package.unlink()

    # === BY HAND === #

    def test_an_accountant_releases_by_hand(self):
        self.make_staff()
        self.sell()
        release = self.past_visit()
        release.with_user(self.accountant).action_release()
        self.assertEqual(release.state, "posted")

    def test_the_front_desk_does_not(self):
        self.make_staff()
        self.sell()
        release = self.past_visit()
        with self.assertRaises(AccessError):
            release.with_user(self.front_desk).action_release()

    # === MANY === #

    def count_queries(self, number):
        """Return the queries of posting ``number`` releases on the same days."""
        paid = {"deferred_account_id": self.liability.id, "value": 10.0 * number}
        lots = self.give(self.patient, number, origin="import", date=TODAY, **paid)
        vals = {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id}
        starts = [self.at(days=-1 - index % 4, minutes=index) for index in range(number)]
        events = self.env["calendar.event"].with_context(dont_notify=True)
        events = events.create([{**vals, "start": start, "stop": start + timedelta(minutes=30)} for start in starts])
        events.write({"attendance": "attended"})
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.release()
        self.env.flush_all()
        self.assertLot(lots, used=number, value=0.0)
        return self.cr.sql_log_count - before

    def test_the_queries_of_a_run_do_not_depend_on_the_number_of_credits(self):
        self.count_queries(20)
        few, many = self.count_queries(200), self.count_queries(400)
        self.assertLessEqual(many, few + 10)


@tagged("post_install", "-at_install")
class TestCopiedLines(ReleaseCase):
    """The lines of many customers are copied by PostgreSQL, and are what Odoo makes of them one by one."""

    #: Columns that say which row it is and when it was written.
    ROW = ("id", "move_id", "create_date", "write_date")

    def setUp(self):
        super().setUp()
        self.customers = [self.make_patient(name) for name in ("An Wouters", "Bert Claes", "Carla Maes", "Dirk Smet")]
        other = self.make_package("Other")
        for number, customer in enumerate(self.customers):
            self.sell(customer, price=800.0 + 33.33 * number)
        self.sell(self.customers[0], product=self.make_product(other))
        for customer in self.customers:
            for days in (1, 2):
                self.past_visit(customer, days=days)
        self.past_visit(self.customers[0], appointment_type=self.make_type(other))
        self.due = self.env["practice.revenue.release"].search([("state", "=", "due")])

    def switch(self, value):
        self.env["ir.config_parameter"].set_param(revenue_release_copy.SWITCH, value)

    def post(self):
        """Post what is due and take it back; return all that is stored of the entries, and how Odoo was asked for it.

        :return: ``(entries, lines, lines that Odoo made, analytic items)``
        """
        lines = type(self.env["account.move.line"])
        create, made = lines.create, []

        def counted(records, vals_list):
            made.extend(vals_list)
            return create(records, vals_list)

        with self.env.cr.savepoint() as savepoint:
            with patch.object(lines, "create", counted):
                entries = self.due._post_due()
            self.env.flush_all()
            self.assertBooksAgree()
            items = [(it.account_id, it.amount, it.partner_id, it.name) for it in entries.line_ids.analytic_line_ids]
            read = self.read_rows(entries), self.read_rows(entries.line_ids), len(made), Counter(items)
            savepoint.rollback()
        self.env.invalidate_all()
        return read

    def read_rows(self, records):
        self.cr.execute(f"SELECT * FROM {records._table} WHERE id IN %s", [tuple(records.ids)])
        rows = [{name: row[name] for name in row if name not in self.ROW} for row in self.cr.dictfetchall()]
        return sorted(rows, key=lambda row: str([row[name] for name in sorted(row)]))

    def test_switched_off_the_entries_are_the_same(self):
        entries, lines, *_rest = self.post()
        self.assertEqual(len(lines), 4 * 2 * 2 + 2)
        for value in ("0", "False"):
            self.switch(value)
            self.assertEqual(self.post()[:2], (entries, lines))

    def test_odoo_makes_a_line_for_all_customers_together(self):
        # Two lines a day, two more for the other package.
        self.assertEqual(self.post()[2], 2 * 2 + 2)
        self.switch("0")
        self.assertEqual(self.post()[2], 4 * 2 * 2 + 2)

    def test_a_line_for_all_customers_is_posted_not_theirs(self):
        """Posting costs what the accounts are, not what the customers are."""
        lines, posted = type(self.env["account.move.line"]), []
        check = lines._check_constrains_account_id_journal_id

        def counted(records):
            posted.extend(records.ids)
            return check(records)

        with patch.object(lines, "_check_constrains_account_id_journal_id", counted):
            self.post()
        self.assertEqual(len(set(posted)), 2 * 2 + 2)

    def test_analytic_items_are_each_customers(self):
        plan = self.env["account.analytic.plan"].create({"name": "PB plan"})
        account = self.env["account.analytic.account"].create({"name": "PB analytic", "plan_id": plan.id})
        self.due.analytic_distribution = {str(account.id): 60.0}
        entries, lines, made, items = self.post()
        self.assertEqual(made, 2 * 2 + 2)
        self.assertEqual({partner for _account, _amount, partner, _name in items}, set(self.customers))
        self.switch("0")
        entries_of_odoo, lines_of_odoo, _made, items_of_odoo = self.post()
        self.assertEqual((entries, lines, items), (entries_of_odoo, lines_of_odoo, items_of_odoo))

    def test_a_sealed_journal_keeps_its_seal(self):
        journal = self.company._practice_get_release_journal()
        journal.restrict_mode_hash_table = True
        self.make_staff()
        for value in (False, "0"):
            self.switch(value)
            with self.env.cr.savepoint() as savepoint:
                entries = self.due._post_due()
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertTrue(all(entries.mapped("inalterable_hash")))
                found = [
                    row
                    for row in self.company.with_user(self.accountant)._check_hash_integrity()["results"]
                    if row["journal_name"].startswith(f"{journal.name} (")
                ]
                self.assertEqual([row["status"] for row in found], ["verified"] * len(found))
                self.assertTrue(found)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_releases_of_nobody_in_particular_are_among_them(self):
        self.due.filtered(lambda it: it.package_id == self.package)[0].partner_id = False
        entries, lines, made, _items = self.post()
        self.assertEqual(made, 2 * 2 + 2)
        self.assertEqual(len([row for row in lines if not row["partner_id"]]), 2)
        self.switch("0")
        self.assertEqual(self.post()[:2], (entries, lines))

    def test_customers_with_an_analytic_account_of_their_own_keep_it(self):
        plan = self.env["account.analytic.plan"].create({"name": "PB plan"})
        account = self.env["account.analytic.account"].create({"name": "PB analytic", "plan_id": plan.id})
        self.env["account.analytic.distribution.model"].create(
            {"partner_id": self.customers[1].id, "analytic_distribution": {str(account.id): 100.0}}
        )
        entries, lines, *_rest = self.post()
        theirs = [row for row in lines if row["analytic_distribution"]]
        self.assertEqual({row["partner_id"] for row in theirs}, set(self.customers[1].ids))
        self.switch("0")
        self.assertEqual(self.post()[:2], (entries, lines))


@tagged("post_install", "-at_install")
class TestCompanies(ReleaseCase):
    def test_every_company_has_entries_of_its_own(self):
        other = self.env["res.company"].create({"name": "PB branch", "parent_id": self.company.id})
        self.env.user.company_ids += other
        self.sell()
        mine = self.past_visit()
        paid = {"deferred_account_id": self.liability.id, "value": 50.0}
        lot = self.give(self.patient, 1, company_id=other.id, date=TODAY, expiry_date=TODAY, **paid)
        theirs = self.past_visit()
        self.assertLot(lot, used=1)
        self.run_release()
        self.assertEqual((mine.move_id.company_id, theirs.move_id.company_id), (self.company, other))
        self.assertNotEqual(mine.move_id, theirs.move_id)
