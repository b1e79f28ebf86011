"""Credits that are used for what was before they were sold: no month ends with more released than was sold."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.practice import TODAY, PracticeCase

LAST_MONTH = date(2026, 2, 28)
NEXT_MONTH = date(2026, 4, 2)


@tagged("post_install", "-at_install")
class TestBeforeTheSale(PracticeCase):
    def setUp(self):
        super().setUp()
        self.weeks_ago = self.at(days=-20)

    def sell_on(self, day, **vals):
        return self.sell(invoice_date=day, **vals)

    def assertReleased(self, lot, day, account=None):
        """One credit of ``lot`` is revenue from ``day`` on, and no month ended with too little on the balance post."""
        [release] = lot.move_ids.release_ids
        self.assertEqual((release.date, release.amount), (day, 120.0))
        self.assertEqual(release.income_account_id, account or self.income)
        self.travel(max(self.at(), self.at(days=(day - self.today()).days)))
        self.release()
        self.assertEqual(release.move_id.date, day)
        self.assertSound()

    def assertSound(self):
        self.release()
        self.assertBooksAgree()
        self.assertEqual(self.overdrawn_posts(), [])

    def test_a_visit_entered_after_the_sale(self):
        lot = self.sell()
        self.visit(start=self.weeks_ago)
        self.assertReleased(lot, TODAY)

    def test_the_visit_keeps_its_own_day(self):
        self.sell()
        event = self.visit(start=self.weeks_ago)
        self.assertEqual(event._practice_get_visit_day(), TODAY - timedelta(days=20))
        self.assertEqual(event.credit_state, "used")

    def test_an_appointment_moved_to_before_the_sale(self):
        lot = self.sell()
        event = self.plan()
        event.write({"start": self.weeks_ago, "stop": self.weeks_ago + timedelta(hours=1)})
        event.attendance = "attended"
        self.assertReleased(lot, TODAY)

    def test_a_visit_that_has_taken_place_is_moved(self):
        lot = self.sell()
        event = self.visit(start=self.at(hours=-2))
        event.write({"start": self.weeks_ago, "stop": self.weeks_ago + timedelta(hours=1)})
        self.assertReleased(lot, TODAY)

    def test_a_series_that_began_before_the_sale(self):
        lot = self.sell()
        events = self.plan_series(3, start=self.weeks_ago)
        events.write({"attendance": "attended"})
        self.assertEqual(set(lot.move_ids.release_ids.mapped("date")), {TODAY})
        self.assertSound()

    def test_a_no_show(self):
        lot = self.sell()
        self.plan(start=self.weeks_ago).attendance = "no_show"
        self.assertReleased(lot, TODAY, self.breakage)

    def test_credits_sold_from_the_next_month_on(self):
        lot = self.sell_on(NEXT_MONTH)
        self.visit()
        self.assertReleased(lot, NEXT_MONTH)

    def test_imported_credits(self):
        row = self.env["practice.credit.import"].create(
            {
                "partner_id": self.patient.id,
                "package_id": self.package.id,
                "credits": 10,
                "internal_rate": 120.0,
                "booking": "entry",
                "counterpart_account_id": self.outstanding.id,
                "date": TODAY,
            }
        )
        row.action_confirm()
        self.visit(start=self.weeks_ago)
        self.assertReleased(row.lot_id, TODAY)

    def test_an_import_that_is_dated_later_and_undone(self):
        row = self.env["practice.credit.import"].create(
            {
                "partner_id": self.patient.id,
                "package_id": self.package.id,
                "credits": 10,
                "internal_rate": 120.0,
                "booking": "entry",
                "counterpart_account_id": self.outstanding.id,
                "date": NEXT_MONTH,
            }
        )
        row.action_confirm()
        row.action_undo()
        self.assertSound()

    def test_imported_credits_that_had_expired_before(self):
        lot = self.give(
            self.patient,
            10,
            value=1200.0,
            deferred_account_id=self.liability.id,
            expiry_date=LAST_MONTH,
        )
        lot._expire()
        self.assertEqual(lot.move_ids.release_ids.date, TODAY)

    def test_a_draft_that_is_posted_later_sells_from_its_own_date_on(self):
        invoice = self.invoice(post=False, invoice_date=LAST_MONTH)
        invoice.action_post()
        self.pay(invoice)
        self.visit(start=self.at(days=-5))
        self.assertReleased(self.lot_of(invoice), TODAY - timedelta(days=5))

    def test_an_invoice_whose_date_is_changed_after_a_visit_that_was_undone(self):
        invoice = self.invoice(invoice_date=LAST_MONTH)
        self.pay(invoice)
        event = self.visit(start=self.at(days=-5))
        self.release()
        event.attendance = "cancelled"
        self.unpay(invoice)
        invoice.button_draft()
        invoice.invoice_date = TODAY
        invoice.action_post()
        self.pay(invoice)
        event.attendance = "attended"
        used = self.lot_of(invoice).move_ids.filtered(lambda move: move.kind == "use").sorted("id")
        self.assertEqual(used[-1].date, TODAY)
        self.assertSound()

    def test_a_credit_note_is_not_dated_before_the_sale(self):
        invoice = self.invoice()
        self.pay(invoice)
        note = self.credit_note(invoice, post=False, invoice_date=LAST_MONTH, date=LAST_MONTH)
        with self.assertRaisesRegex(UserError, "02/28/2026.*03/11/2026"), self.env.cr.savepoint():
            note.action_post()
        note.invoice_date = TODAY
        note.action_post()
        self.assertSound()

    def test_an_invoice_that_is_withdrawn_after_its_date_was_changed(self):
        invoice = self.invoice(invoice_date=LAST_MONTH)
        invoice.button_draft()
        invoice.invoice_date = TODAY
        invoice.action_post()
        invoice.button_draft()
        by_day = self.lot_of(invoice).move_ids.grouped("date")
        self.assertEqual({day: sum(moves.mapped("value")) for day, moves in by_day.items()}, {LAST_MONTH: 0, TODAY: 0})
