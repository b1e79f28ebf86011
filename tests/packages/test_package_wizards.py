import csv
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools.misc import file_open

from ..common.practice import TODAY, PracticeCase


@tagged("post_install", "-at_install")
class TestSale(PracticeCase):
    """The dialog *Sell Package*."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def sale(self, **vals):
        return (
            self.env["practice.package.sale"]
            .with_user(self.front_desk)
            .create({"partner_id": self.patient.id, "product_id": self.product.id, **vals})
        )

    def sold(self):
        return self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)])

    def test_shows_the_price_with_tax_and_the_credits_before_selling(self):
        self.product.taxes_id = self.make_tax(21.0, price_include_override="tax_excluded")
        form = Form(self.env["practice.package.sale"].with_context(default_partner_id=self.patient.id))
        form.product_id = self.product
        form.quantity = 2
        self.assertEqual(form.amount_total, 2904.0)
        self.assertEqual(form.credits, 20)
        self.assertEqual(form.payer_id, self.patient)

    def test_offers_the_only_product_of_the_package(self):
        other = self.make_package("Twenty sessions")
        product = self.make_product(other, package_credits=20)
        context = {"default_partner_id": self.patient.id, "default_package_id": other.id}
        self.assertEqual(Form(self.env["practice.package.sale"].with_context(**context)).product_id, product)

    def test_offers_what_the_patient_bought_last(self):
        product = self.make_product(self.make_package("Twenty sessions"), package_credits=20)
        self.make_product(self.make_package("Thirty sessions"), package_credits=30)
        self.sell()
        self.sell(product=product)
        form = Form(self.env["practice.package.sale"].with_context(default_partner_id=self.patient.id))
        self.assertEqual(form.product_id, product)

    def test_planning_offers_what_the_patient_had_last(self):
        self.make_type(self.package, name="Second type", sequence=1)
        self.sell()
        self.plan()
        context = self.patient.action_practice_plan_appointment()["context"]
        self.assertEqual(context["default_practice_appointment_type_id"], self.type.id)

    def test_without_payment_the_credits_wait(self):
        self.sale().action_sell()
        self.assertLot(self.sold(), state="pending", available=10, value=1200.0)

    def test_with_a_journal_the_credits_are_active_at_once(self):
        self.sale(payment_journal_id=self.bank.id).action_sell()
        self.assertLot(self.sold(), state="active", available=10)
        self.assertEqual(self.sold().invoice_id.payment_state, "paid")
        self.assertBooksAgree()

    def test_another_payer_gets_the_invoice_and_the_patient_the_credits(self):
        employer = self.env["res.partner"].create({"name": "Bakkerij Claes", "is_company": True})
        self.sale(payer_id=employer.id).action_sell()
        self.assertEqual(self.sold().invoice_id.partner_id, employer)
        self.assertEqual(self.sold().payer_id, employer)

    def test_the_price_comes_from_the_product_whatever_the_request_says(self):
        sale = self.sale()
        sale.write({"amount_total": 1.0, "credits": 99})
        sale.action_sell()
        self.assertEqual(self.sold().invoice_id.amount_total, 1200.0)
        self.assertEqual(self.sold().credits_total, 10)

    def test_a_product_without_package_is_refused(self):
        plain = self.env["product.product"].create({"name": "Book", "type": "service"})
        with self.assertRaisesRegex(UserError, "gives no credits"):
            self.sale(product_id=plain.id).action_sell()

    def test_a_sale_for_nothing_needs_no_payment(self):
        self.product.list_price = 0.0
        self.sale(payment_journal_id=self.bank.id).action_sell()
        self.assertLot(self.sold(), state="active", value=0.0)


@tagged("post_install", "-at_install")
class TestImport(PracticeCase):
    """Credits from another system: 5 at 75."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.opening = cls.make_account("asset_current", "PB opening")

    def row(self, **vals):
        defaults = {"partner_id": self.patient.id, "package_id": self.package.id, "credits": 5, "internal_rate": 75.0}
        return self.env["practice.credit.import"].with_user(self.manager).create({**defaults, **vals})

    def test_without_entry_the_credits_have_no_value(self):
        row = self.row()
        row.action_confirm()
        self.assertLot(row.lot_id, state="active", available=5, value=0.0, internal_rate=75.0)
        self.assertFalse(row.lot_id.entry_id)
        event = self.plan()
        self.happen(event)
        self.assertEqual(event.credit_move_ids.filtered(lambda move: move.kind == "use").production, 75.0)
        self.assertFalse(self.release())
        self.assertBooksAgree()

    def test_a_message_says_what_was_imported(self):
        rows = self.row() | self.row(credits=3)
        self.assertEqual(rows.action_confirm()["params"]["message"], "Imported. Credits: 8; patients: 1; rows: 2.")
        self.assertIn("nothing to import", rows.action_confirm()["params"]["message"])

    def test_the_template_has_columns_that_the_form_has(self):
        [template] = self.env["practice.credit.import"].get_import_templates()
        with file_open(template["template"].lstrip("/")) as file:
            names, *rows = csv.reader(file)
        labels = {field["string"] for field in self.env["practice.credit.import"].fields_get().values()}
        self.assertLessEqual(set(names), labels)
        self.assertTrue(all(len(row) == len(names) for row in rows))

    def test_with_entry_the_chosen_account_pays_the_balance_post(self):
        row = self.row(booking="entry", counterpart_account_id=self.opening.id)
        row.action_confirm()
        self.assertLot(row.lot_id, available=5, value=375.0)
        entry = row.lot_id.entry_id
        self.assertEntry(entry, (self.opening, 375.0), (self.liability, -375.0), date=self.today())
        self.assertEqual(entry.line_ids.partner_id, self.patient)
        self.assertBooksAgree()

    def test_in_the_opening_balance_there_is_a_value_and_no_entry(self):
        opening = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "date": self.today(),
                "line_ids": [
                    Command.create({"account_id": self.opening.id, "balance": 375.0}),
                    Command.create({"account_id": self.liability.id, "balance": -375.0}),
                ],
            }
        )
        opening.action_post()
        row = self.row(booking="opening")
        row.action_confirm()
        self.assertLot(row.lot_id, available=5, value=375.0)
        self.assertFalse(row.lot_id.entry_id)
        self.assertBooksAgree()

    def test_the_rate_is_the_package_s_unless_the_row_has_its_own(self):
        form = Form(self.env["practice.credit.import"])
        form.partner_id = self.patient
        form.package_id = self.package
        self.assertEqual(form.internal_rate, 100.0)
        form.credits = 3
        self.assertEqual(form.value, 300.0)

    def test_confirming_twice_imports_once(self):
        row = self.row()
        row.action_confirm()
        row.action_confirm()
        self.assertEqual(self.env["practice.credit.lot"].search_count([("partner_id", "=", self.patient.id)]), 1)

    def test_a_package_without_balance_post_has_no_value_to_import(self):
        package = self.make_package("At once", deferred_account_id=False, breakage_account_id=False)
        with self.assertRaisesRegex(ValidationError, "no balance post"):
            self.row(package_id=package.id, booking="opening")

    def test_the_entry_needs_an_account(self):
        with self.assertRaisesRegex(ValidationError, "Choose the account"):
            self.row(booking="entry")

    def test_undoing_takes_credits_value_and_entry_back(self):
        row = self.row(booking="entry", counterpart_account_id=self.opening.id)
        row.action_confirm()
        row.action_undo()
        self.assertLot(row.lot_id, state="cancelled", total=0, available=0, value=0.0)
        self.assertEqual(self.balance(self.opening), 0.0)
        self.assertEqual(row.state, "undone")
        self.assertBooksAgree()

    def test_the_entry_stays_as_long_as_its_credits(self):
        row = self.row(booking="entry", counterpart_account_id=self.opening.id)
        row.action_confirm()
        entry = row.lot_id.entry_id
        for door in (entry.button_draft, entry._reverse_moves, entry.button_cancel):
            with self.subTest(door.__name__), self.assertRaisesRegex(UserError, "Undo the import"):
                door()
        row.action_undo()
        self.assertBooksAgree()

    # === SEVERAL ROWS, ONE ENTRY === #

    def confirm_several(self, counterpart=None):
        """Return imported rows of a day: two of An, and one of Bert, whose customer is his employer."""
        self.bert = self.make_patient("Bert Claes", parent_id=self.make_patient("De Brug", is_company=True).id)
        common = {"booking": "entry", "counterpart_account_id": (counterpart or self.opening).id}
        rows = self.row(**common)
        for vals in ({"credits": 3, "internal_rate": 50.0}, {"partner_id": self.bert.id, "credits": 2}):
            rows |= self.row(**common, **vals)
        rows.action_confirm()
        return rows

    def test_rows_of_one_day_share_an_entry_in_which_each_customer_has_an_item(self):
        rows = self.confirm_several()
        [entry] = rows.lot_id.entry_id
        self.assertEntry(entry, (self.opening, 675.0), (self.liability, -525.0), (self.liability, -150.0))
        against, *waiting = entry.line_ids.sorted("balance", reverse=True)
        self.assertFalse(against.partner_id)
        self.assertEqual(
            {(item.partner_id, item.practice_package_id, item.name, item.balance) for item in waiting},
            {
                (self.bert.parent_id, self.package, "2 x Ten sessions", -150.0),
                (self.patient, self.package, "8 x Ten sessions", -525.0),
            },
        )
        self.assertEqual([lot.value_open for lot in rows.lot_id], [375.0, 150.0, 150.0])
        self.assertHolds()

    def test_rows_of_two_days_have_an_entry_each(self):
        common = {"booking": "entry", "counterpart_account_id": self.opening.id}
        rows = self.row(**common) | self.row(**common, date=self.today() - timedelta(days=3))
        rows.action_confirm()
        self.assertEqual([it.date for it in rows.lot_id.entry_id], rows.mapped("date"))
        self.assertHolds()

    def test_one_of_them_is_undone_and_the_others_stay(self):
        first, second, third = self.confirm_several()
        entry = first.lot_id.entry_id
        second.action_undo()
        [reversal] = entry.reversal_move_ids
        self.assertEntry(reversal, (self.opening, -150.0), (self.liability, 150.0))
        self.assertIn(entry.name, reversal.ref)
        self.assertLot(second.lot_id, total=0, value=0.0)
        self.assertLot(first.lot_id, available=5, value=375.0)
        self.assertHolds()
        with self.assertRaisesRegex(UserError, r"value of imported credits to the balance post \(7 credits\)"):
            entry.button_draft()
        (first | second | third).action_undo()
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertEqual(len(entry.reversal_move_ids), 2)
        self.assertHolds()

    def test_none_is_undone_when_one_was_spent(self):
        rows = self.confirm_several()
        self.plan(patient=self.bert)
        with self.assertRaisesRegex(UserError, "Only 1 can go back"):
            rows.action_undo()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    def test_what_each_customer_owes_stays_theirs_and_is_settled_when_it_is_undone(self):
        receivable = self.receivable(self.patient)
        rows = self.confirm_several(receivable)
        entry = rows.lot_id.entry_id
        owed = entry.line_ids.filtered(lambda it: it.account_id == receivable)
        self.assertEqual(
            {(it.partner_id, it.balance) for it in owed}, {(self.patient, 525.0), (self.bert.parent_id, 150.0)}
        )
        rows[2].action_undo()
        left = {it.partner_id: it.amount_residual for it in owed}
        self.assertEqual(left, {self.patient: 525.0, self.bert.parent_id: 0.0})
        self.assertHolds()

    def test_what_was_agreed_on_the_day_of_the_import_is_undone(self):
        rows = self.confirm_several()
        self.package.deferred_account_id = self.make_account("liability_current", "PB another post")
        self.bert.parent_id = False
        rows.action_undo()
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertHolds()

    def assertHolds(self):
        self.assertBooksAgree()
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})

    def test_undoing_is_dated_on_the_first_open_day(self):
        row = self.row(booking="entry", counterpart_account_id=self.opening.id)
        row.action_confirm()
        self.company.fiscalyear_lock_date = TODAY
        row.action_undo()
        reversal = row.lot_id.entry_id.reversal_move_ids
        self.assertEqual((reversal.state, reversal.date), ("posted", TODAY + timedelta(days=1)))
        self.assertBooksAgree()

    def test_spent_credits_cannot_be_undone(self):
        row = self.row()
        row.action_confirm()
        self.plan()
        with self.assertRaisesRegex(UserError, "Only 4 can go back: of 5, 0 are used.*1 reserved"):
            row.action_undo()

    def test_a_file_is_imported_with_odoo_s_own_import(self):
        result = (
            self.env["practice.credit.import"]
            .with_user(self.manager)
            .load(
                ["partner_id", "package_id", "credits", "internal_rate", "booking", "expiry_date", "reference"],
                [
                    [self.patient.name, self.package.name, "5", "75", "No entry", "2027-12-31", "Old system 17"],
                    [self.patient.name, self.package.name, "2", "80", "Already in the opening balance", "", ""],
                ],
            )
        )
        self.assertFalse(result["messages"])
        rows = self.env["practice.credit.import"].browse(result["ids"])
        rows.action_confirm()
        self.assertEqual(rows.lot_id.mapped("credits_available"), [5, 2])
        self.assertEqual(rows[0].lot_id.expiry_date, date(2027, 12, 31))
        self.assertEqual(rows.mapped("internal_rate"), [75.0, 80.0])

    def test_a_file_without_rates_takes_the_package_s(self):
        result = self.env["practice.credit.import"].load(
            ["partner_id", "package_id", "credits"], [[self.patient.name, self.package.name, "5"]]
        )
        self.assertEqual(self.env["practice.credit.import"].browse(result["ids"]).internal_rate, 100.0)

    def test_imported_rows_stay(self):
        row = self.row()
        row.action_confirm()
        with self.assertRaisesRegex(UserError, "Undo the import"):
            row.unlink()

    def test_nobody_says_what_was_imported_but_the_import(self):
        row = self.row(state="done")
        self.assertEqual(row.state, "draft")
        row.action_confirm()
        for vals in ({"state": "draft"}, {"credits": 50}, {"lot_id": False}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "stay as they are"):
                row.write(vals)

    def test_only_administrators_import(self):
        with self.assertRaises(AccessError):
            self.env["practice.credit.import"].with_user(self.front_desk).create(
                {"partner_id": self.patient.id, "package_id": self.package.id}
            )


@tagged("post_install", "-at_install")
class TestCancel(PracticeCase):
    """The dialog *Cancel Appointment*: it says what it costs, and does what the policy says at that moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def setUp(self):
        super().setUp()
        self.lot = self.sell()

    def dialog(self, event, **vals):
        return self.env["practice.appointment.cancel"].with_user(self.front_desk).create({"event_id": event.id, **vals})

    def test_in_time_it_is_free_and_says_until_when(self):
        event = self.plan(start=self.at(days=2))
        dialog = self.dialog(event)
        self.assertIn("In time", dialog.consequence)
        self.assertEqual(dialog.late_count, 0)
        dialog.action_cancel()
        self.assertRecordValues(event, [{"attendance": "cancelled", "active": False, "credit_state": "returned"}])
        self.assertLot(self.lot, available=10, reserved=0, lost=0)

    def test_late_it_names_the_loss_and_forfeits(self):
        event = self.plan(start=self.at(hours=3))
        dialog = self.dialog(event)
        self.assertRegex(dialog.consequence, r"^Late.*Credits lost: 1")
        dialog.action_cancel()
        self.assertEqual(event.attendance, "late_cancelled")
        self.assertLot(self.lot, available=9, lost=1)

    def test_the_policy_is_decided_when_confirmed_not_when_opened(self):
        event = self.plan(start=self.at(hours=25))
        dialog = self.dialog(event)
        self.assertIn("In time", dialog.consequence)
        self.travel(hours=2)
        dialog.action_cancel()
        self.assertEqual(event.attendance, "late_cancelled")

    def test_staff_gives_back_all_the_same_and_the_reason_is_kept(self):
        event = self.plan(start=self.at(hours=3))
        dialog = self.dialog(event, give_back=True)
        with self.assertRaisesRegex(UserError, "Say why"):
            dialog.action_cancel()
        dialog.reason = "Train strike"
        dialog.action_cancel()
        self.assertLot(self.lot, available=10, lost=0)
        self.assertIn("Train strike", event.credit_move_ids.mapped("reason"))
        self.assertBooksAgree()

    def test_a_visit_that_was_marked_wrongly_is_cancelled_with_a_reason(self):
        for mark in ("attended", "no_show"):
            with self.subTest(mark=mark):
                event = self.plan(start=self.at(days=2))
                self.happen(event)
                event.attendance = mark
                action = event.with_user(self.front_desk).action_practice_cancel_appointment()
                self.assertEqual(action["res_model"], "practice.appointment.cancel")
                dialog = self.dialog(event)
                self.assertIn("Credits that go back: 1", dialog.consequence)
                with self.assertRaisesRegex(UserError, "Say why"):
                    dialog.action_cancel()
                before = self.env["mail.mail"].search([])
                dialog.reason = "Called on Monday"
                dialog.action_cancel()
                self.assertEqual((event.attendance, event.credit_state), ("cancelled", "returned"))
                self.assertIn("Called on Monday", event.credit_move_ids.mapped("reason"))
                self.assertFalse(self.env["mail.mail"].search([]) - before, "nobody is told of a correction")
                self.assertLot(self.lot, available=10, used=0, lost=0)
        self.assertBooksAgree()

    def test_a_visit_without_credits_needs_no_reason(self):
        free = self.make_type(self.env["practice.package"], name="Free")
        event = self.plan(start=self.at(days=2), appointment_type=free)
        self.happen(event)
        self.dialog(event).action_cancel()
        self.assertEqual(event.attendance, "cancelled")

    def test_the_following_of_a_series_leaves_the_earlier_ones(self):
        events = self.plan_series(count=4, start=self.at(days=2))
        self.dialog(events[2], scope="future_events").action_cancel()
        self.assertEqual(events.mapped("attendance"), ["planned", "planned", "cancelled", "cancelled"])
        self.assertLot(self.lot, available=8, reserved=2)

    def test_the_whole_series_keeps_what_took_place(self):
        events = self.plan_series(count=3, start=self.at(days=2))
        self.happen(events[0])
        self.dialog(events[1], scope="all_events").action_cancel()
        self.assertEqual(events.mapped("attendance"), ["attended", "cancelled", "cancelled"])
        self.assertLot(self.lot, available=9, used=1)

    def test_deleting_in_a_calendar_opens_the_dialog(self):
        event = self.plan(start=self.at(days=2)).with_user(self.front_desk)
        action = event.action_unlink_event(self.patient.id, "next")
        self.assertEqual(action["res_model"], "practice.appointment.cancel")
        self.assertEqual(action["context"], {"default_event_id": event.id, "default_scope": "future_events"})

    def test_an_appointment_never_takes_fewer_than_no_credits(self):
        event = self.plan(start=self.at(days=2))
        with self.assertRaisesRegex(ValidationError, "fewer than 0"), self.cr.savepoint():
            event.practice_credits = -1
        self.assertLot(self.lot, available=9, reserved=1)

    def test_the_patient_is_told_by_e_mail_when_asked(self):
        for notify in (True, False):
            event = self.plan(start=self.at(days=3))
            self.dialog(event, notify=notify).with_context(no_mail_to_attendees=False).action_cancel()
            told = event.practice_notice_ids.filtered(lambda it: it.kind == "cancelled")
            self.assertEqual(told.partner_id, self.patient if notify else self.env["res.partner"])


@tagged("post_install", "-at_install")
class TestGiveBackAndExtend(PracticeCase):
    def setUp(self):
        super().setUp()
        self.lot = self.sell()

    def test_what_was_cancelled_late_is_given_back_in_the_dialog(self):
        event = self.plan(start=self.at(hours=3))
        self.env["practice.appointment.cancel"].create({"event_id": event.id, "notify": False}).action_cancel()
        self.assertRecordValues(event, [{"active": False, "attendance": "late_cancelled"}])
        action = event.action_practice_give_back()
        form = Form(self.env["practice.credit.give.back"].with_context(**action["context"]))
        self.assertEqual(form.event_ids.ids, event.ids)
        form.reason = "The train did not run"
        form.save().action_practice_give_back()
        self.assertEqual(event.credit_state, "returned")
        self.assertLot(self.lot, available=10, lost=0)

    def test_of_a_list_those_are_given_back_that_lost_something(self):
        late, planned = self.plan(start=self.at(hours=3)), self.plan(start=self.at(days=3))
        late.active = False
        action = (late | planned).action_practice_give_back()
        dialog = self.env["practice.credit.give.back"].with_context(**action["context"]).create({"reason": "Ill"})
        self.assertEqual(dialog.event_ids, late)
        dialog.action_practice_give_back()
        self.assertEqual((late.credit_state, planned.credit_state), ("returned", "reserved"))
        with self.assertRaisesRegex(UserError, "nothing to give back"):
            planned._practice_give_back("Ill")

    def test_a_no_show_is_given_back_with_a_reason(self):
        event = self.plan(start=self.at(hours=-3))
        event.attendance = "no_show"
        self.release()
        self.assertLot(self.lot, lost=1, value=1080.0)
        self.env["practice.credit.give.back"].create(
            {"event_ids": event.ids, "reason": "Hospital"}
        ).action_practice_give_back()
        self.assertEqual(event.attendance, "no_show")
        self.assertEqual(event.credit_state, "returned")
        self.assertLot(self.lot, available=10, lost=0, value=1200.0)
        self.assertIn("Hospital", event.credit_move_ids.mapped("reason"))
        self.release()
        self.assertBooksAgree()
        self.assertEqual(self.balance(self.breakage), 0.0)

    def test_credits_that_may_be_used_for_ever_stay_so_whatever_happens_to_them(self):
        self.package.validity_months = 6
        lot = self.sell()
        self.assertTrue(lot.expiry_date)
        dialog = self.env["practice.credit.extend"].create({"lot_ids": lot.ids, "reason": "Illness"})
        dialog.expiry_date = False
        dialog.action_extend()
        self.plan()
        self.visit()
        self.unpay(lot.invoice_id)
        self.pay(lot.invoice_id)
        self.assertFalse(lot.expiry_date)
        self.env["practice.credit.extend"].create(
            {"lot_ids": lot.ids, "expiry_date": self.today() + timedelta(days=9), "reason": "Until then"}
        ).action_extend()
        self.assertEqual(lot.expiry_date, self.today() + timedelta(days=9))

    def test_extending_is_logged_with_the_reason(self):
        self.lot.sudo().expiry_date = self.today() + timedelta(days=10)
        later = self.today() + timedelta(days=100)
        self.env["practice.credit.extend"].create(
            {"lot_ids": self.lot.ids, "expiry_date": later, "reason": "Illness"}
        ).action_extend()
        self.assertEqual(self.lot.expiry_date, later)
        self.assertIn("Illness", self.lot.message_ids[0].body)


@tagged("post_install", "-at_install")
class TestRefundRest(PracticeCase):
    """The button *Refund the Rest*: one step to a credit note that is right to the cent."""

    def refund(self, lot):
        lot.action_refund_rest()
        return self.env["account.move"].search([("move_type", "=", "out_refund")], limit=1)

    def test_refunds_what_is_available(self):
        lot = self.sell()
        self.visit()
        self.plan(start=self.at(days=5))
        note = self.refund(lot)
        self.assertEqual((note.state, note.amount_total), ("draft", 960.0))
        note.action_post()
        self.assertLot(lot, available=0, reserved=1, used=1, refunded=8, value=120.0)
        self.release()
        self.assertBooksAgree()

    def test_a_quantity_that_cannot_be_stored_still_gives_the_exact_amount(self):
        product = self.make_product(self.package, package_credits=7, list_price=700.0)
        lot = self.sell(product=product)
        for _visit in range(4):
            self.visit()
        note = self.refund(lot)
        self.assertEqual(note.amount_total, 300.0)
        note.action_post()
        self.assertLot(lot, available=0, used=4, refunded=3, value=0.0)
        self.release()
        self.assertBooksAgree()

    def test_imported_credits_have_no_invoice_to_credit(self):
        lot = self.env["practice.credit.import"].create(
            {"partner_id": self.patient.id, "package_id": self.package.id, "credits": 5}
        )
        lot.action_confirm()
        with self.assertRaisesRegex(UserError, "sold through an invoice"):
            lot.lot_id.action_refund_rest()
