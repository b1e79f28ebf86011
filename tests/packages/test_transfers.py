"""Credits go to another patient with their value: the rows of docs/books.md, who may, and what each of them sees."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ..common.practice import TODAY
from ..common.transfers import TransferMixin


@tagged("post_install", "-at_install")
class TestTransfers(TransferMixin, TransactionCase):
    # === THE ROWS OF docs/books.md === #

    def test_the_money_becomes_that_of_the_receiver(self):
        lot = self.sell_to_an()
        received = self.transfer(lot, 3)
        entry = self.entry(received)
        self.assertEntry(entry, (self.liability, 360.0), (self.liability, -360.0), date=self.today())
        self.assertEqual(
            [(line.partner_id, line.balance) for line in entry.line_ids.sorted("balance")],
            [(self.bert, -360.0), (self.patient, 360.0)],
        )
        self.assertLot(lot, available=5, used=2, transferred=3, value=600.0, total=10)
        self.assertLot(received, available=3, value=360.0, value_total=360.0, state="active", origin="transfer")
        self.assertEqual((received.partner_id, received.payer_id), (self.bert, self.bert))
        self.release()
        self.assertEqual((self.held_by(self.patient), self.held_by(self.bert)), (600.0, 360.0))
        self.assertProofHolds()

    def test_the_money_stays_that_of_who_paid(self):
        lot = self.sell_to_an()
        received = self.transfer(lot, 3, owner="giver")
        self.assertFalse(self.entry(received))
        self.assertLot(lot, available=5, transferred=3, value=600.0)
        self.assertLot(received, available=3, value=360.0, payer_id=self.patient)
        self.release()
        self.assertEqual((self.held_by(self.patient), self.held_by(self.bert)), (960.0, 0.0))
        self.assertProofHolds()

    def test_a_visit_releases_the_money_of_whose_it_is(self):
        for owner, customer in (("receiver", self.bert), ("giver", self.patient)):
            self.transfer(self.sell(), 3, owner=owner, receiver=self.bert)
            event = self.visit(patient=self.bert, start=self.at(days=1))
            [release] = event.credit_move_ids.release_ids
            self.assertEqual((release.amount, release.partner_id), (120.0, customer))
            self.assertEntry(self.release(), (self.liability, 120.0), (self.income, -120.0), partner=customer)
            self.visit(patient=self.bert, start=self.at(days=1))
            self.visit(patient=self.bert, start=self.at(days=1))
            self.release()
            self.assertProofHolds()

    def test_all_that_is_open(self):
        lot = self.sell_to_an()
        received = self.transfer(lot, 8)
        self.assertLot(lot, available=0, transferred=8, value=0.0, state="used_up")
        self.assertLot(received, available=8, value=960.0)
        self.release()
        self.assertEqual(self.held_by(self.patient), 0.0)
        self.assertProofHolds()

    def test_back_as_they_were(self):
        lot = self.sell_to_an()
        received = self.transfer(lot, 3)
        self.assertEqual(self.transfer(received, 3, self.patient), lot)
        self.assertLot(lot, available=8, used=2, transferred=0, value=960.0, total=10)
        self.assertLot(received, available=0, transferred=3, value=0.0)
        self.release()
        self.assertEqual((self.held_by(self.patient), self.held_by(self.bert)), (960.0, 0.0))
        self.assertProofHolds()
        self.credit_note(lot.invoice_id, quantity=0.8)
        self.assertLot(lot, refunded=8, value=0.0)
        self.assertProofHolds()

    def test_thirds_end_at_exactly_nothing(self):
        lot = self.sell(product=self.make_product(self.package, name="Three", package_credits=3, list_price=100.0))
        values = [self.transfer(lot, 1).value_open for _number in range(3)]
        self.assertEqual(values, [33.33, 33.34, 33.33])
        self.assertLot(lot, available=0, transferred=3, value=0.0)
        self.assertProofHolds()

    def test_without_value_there_is_nothing_to_book(self):
        for lot in (self.give(self.patient), self.import_credits(booking="none").lot_id):
            received = self.transfer(lot, 2)
            self.assertFalse(self.entry(received))
            self.assertLot(lot, available=3, transferred=2, value=0.0)
            self.assertLot(received, available=2, value=0.0, internal_rate=lot.internal_rate)
            self.assertEqual(received.payer_id, self.bert)
        self.assertProofHolds()

    def test_of_the_opening_balance(self):
        opening = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "date": TODAY,
                "line_ids": [
                    Command.create({"account_id": self.income.id, "balance": 375.0}),
                    Command.create({"account_id": self.liability.id, "balance": -375.0}),
                ],
            }
        )
        opening.action_post()
        lot = self.import_credits(booking="opening").lot_id
        self.assertProofHolds()
        received = self.transfer(lot, 2)
        self.assertLot(lot, available=3, value=225.0)
        self.assertLot(received, available=2, value=150.0)
        self.assertProofHolds()
        # What Bert imports himself claims its own part, and nothing of the entry of the transfer.
        opening.copy({"date": TODAY}).action_post()
        self.import_credits(self.bert, booking="opening")
        self.assertProofHolds()

    def test_imported_with_an_entry(self):
        row = self.import_credits(booking="entry")
        received = self.transfer(row.lot_id, 2)
        self.assertLot(received, value=150.0)
        self.assertProofHolds()
        with self.assertRefused("2 transferred to another patient"):
            row.action_undo()
        self.transfer(received, 2, self.patient)
        row.action_undo()
        self.assertLot(row.lot_id, total=0, value=0.0)
        self.assertProofHolds()

    def test_a_locked_day_is_refused(self):
        lot = self.sell()
        self.travel(days=10)
        self.company.fiscalyear_lock_date = TODAY + timedelta(days=3)
        with self.assertRefused("locked until"):
            self.transfer(lot, 3, date=TODAY + timedelta(days=2), user=self.front_desk)
        self.assertLot(lot, available=10, transferred=0)
        received = self.transfer(lot, 3, date=TODAY + timedelta(days=5))
        self.assertEqual((received.date, self.entry(received).date), (TODAY + timedelta(days=5),) * 2)
        self.assertEqual(self.held_by(self.bert, TODAY + timedelta(days=4)), 0.0)
        self.assertProofHolds()

    # === THE INVOICE, AFTERWARDS === #

    def test_a_credit_note_takes_back_what_is_the_money_of_its_customer(self):
        lot = self.sell()
        received = self.transfer(lot, 3, owner="giver")
        note = self.credit_note(lot.invoice_id)
        self.assertEntry(note, (self.liability, 1200.0), (self.receivable(), -1200.0), partner=self.patient)
        self.assertLot(lot, refunded=7, transferred=3, available=0, value=0.0)
        self.assertLot(received, refunded=3, available=0, value=0.0)
        self.assertProofHolds()
        note.button_draft()
        self.assertLot(received, refunded=0, available=3, value=360.0)

    def test_a_credit_note_leaves_what_is_somebody_elses_money(self):
        lot = self.sell()
        received = self.transfer(lot, 3)
        with self.assertRefused("Only 7 can go back: of 10, .* 3 transferred to another patient"):
            self.credit_note(lot.invoice_id)
        self.credit_note(lot.invoice_id, quantity=0.7)
        self.assertLot(lot, refunded=7, value=0.0)
        self.assertLot(received, available=3, value=360.0)
        self.assertProofHolds()

    def test_a_credit_note_is_dated_before_a_transfer_that_it_does_not_touch(self):
        lot = self.sell()
        self.travel(days=5)
        self.transfer(lot, 3, owner="giver")
        note = self.credit_note(lot.invoice_id, quantity=0.4, invoice_date=TODAY, date=TODAY)
        self.assertEqual(note.date, TODAY)
        self.assertLot(lot, refunded=4, available=3)
        self.assertProofHolds()

    def test_the_dialog_refunds_what_is_left_at_its_price(self):
        lot = self.sell()
        self.transfer(lot, 3)
        refund = self.env["practice.credit.refund"].create({"lot_id": lot.id, "method": "open"})
        self.assertEqual((refund.credits, refund.amount_total), (7, 840.0))
        refund.action_refund()
        self.assertLot(lot, refunded=7, value=0.0)
        self.assertProofHolds()

    def test_the_invoice_is_withdrawn_once_they_are_back(self):
        lot = self.sell()
        received = self.transfer(lot, 3)
        with self.assertRefused("3 transferred to another patient"):
            lot.invoice_id.button_draft()
        self.transfer(received, 3, self.patient)
        lot.invoice_id.button_draft()
        self.assertLot(lot, total=0, value=0.0)
        self.assertProofHolds()

    def test_a_payment_undone_holds_both_and_they_can_only_go_back(self):
        lot = self.sell()
        received = self.transfer(lot, 3)
        self.unpay(lot.invoice_id)
        self.assertEqual((lot.state, received.state), ("pending", "pending"))
        for of, receiver in ((lot, self.bert), (received, self.make_patient("Carla Maes"))):
            with self.assertRefused("wait for the payment of"):
                self.transfer(of, 1, receiver)
        with self.assertRefused("Transfer them back first"):
            received._check_unpaid()
        self.transfer(received, 3, self.patient)
        lot._take_back_unpaid(self.today(), None)
        self.assertLot(lot, refunded=10, value=0.0)
        self.assertProofHolds()

    def test_the_entry_is_not_taken_back(self):
        received = self.transfer(self.sell(), 3)
        entry = self.entry(received)
        for take_back in (entry.button_draft, entry.button_cancel, entry._reverse_moves):
            with self.assertRefused("Transfer the credits back instead"):
                take_back()

    def test_an_entry_that_was_changed_is_found(self):
        entry = self.entry(self.transfer(self.sell(), 3))
        line = entry.line_ids.filtered(lambda it: it.balance < 0)
        self.query("UPDATE account_move_line SET account_id = %s WHERE id = %s RETURNING 1", self.breakage.id, line.id)
        proof = self.env["practice.credit.proof"]
        self.assertEqual(proof.search([("kind", "=", "mismatch")]).line_id, line)

    # === WHAT GOES ALONG === #

    def test_what_was_agreed_goes_along(self):
        self.package.write({"validity_months": 12, "release_method": "internal_rate"})
        lot = self.sell(line={"analytic_distribution": False})
        self.package.write({"validity_months": 3, "release_method": "sale_value", "internal_rate": 1.0})
        self.travel(days=40)
        received = self.transfer(lot, 3)
        names = (
            *lot.package_id._prepare_terms(),
            *("deferred_account_id", "analytic_distribution", "activation_date", "expiry_date", "invoice_id"),
        )
        for name in names:
            self.assertEqual(received[name], lot[name], name)
        self.visit(patient=self.bert)
        self.assertEqual(received.value_open, 260.0)
        self.assertEqual(received.expiry_date, lot.expiry_date)

    def test_the_receiver_can_have_another_last_day(self):
        self.package.validity_months = 12
        lot = self.sell()
        day = self.today() + timedelta(days=30)
        received = self.transfer(lot, 3, expiry_date=day)
        self.assertEqual((received.expiry_date, lot.expiry_date > day), (day, True))
        self.travel(days=32)
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_expired_domain(self.company))._expire()
        self.assertLot(received, lost=3, value=0.0, state="expired")
        self.assertLot(lot, available=7)
        self.release()
        self.assertProofHolds()

    def test_a_validity_that_has_begun_goes_on(self):
        self.package.write({"validity_months": 12, "validity_from": "first_visit"})
        lot = self.sell()
        untouched = self.transfer(lot, 1)
        self.assertFalse(untouched.expiry_date)
        self.visit()
        begun = self.transfer(lot, 1)
        self.travel(days=60)
        self.assertTrue(lot.expiry_date)
        for received in (untouched, begun):
            self.visit(patient=self.bert)
            self.assertEqual(received.credits_available + received.credits_used, 1)
        self.assertEqual(begun.expiry_date, lot.expiry_date)
        self.assertGreater(untouched.expiry_date, lot.expiry_date)

    def test_onward_and_back_from_there(self):
        lot, carla = self.sell(), self.make_patient("Carla Maes")
        second = self.transfer(lot, 4)
        third = self.transfer(second, 2, carla)
        self.assertLot(third, available=2, value=240.0, source_lot_id=second)
        self.assertEqual(self.transfer(third, 1, self.patient), lot)
        self.assertLot(lot, available=7, transferred=3, value=840.0)
        again = self.transfer(third, 1, self.patient, owner="giver")
        self.assertNotEqual(again, lot, "the money stays Carla's")
        self.assertLot(again, available=1, value=120.0, payer_id=carla)
        self.assertProofHolds()

    def test_back_to_a_child_whose_mother_paid(self):
        mother = self.make_patient("Mia Peeters")
        lot = self.sell(mother, line={"practice_patient_id": self.patient.id})
        received = self.transfer(lot, 3)
        self.assertEqual((lot.payer_id, received.payer_id), (mother, self.bert))
        self.assertEqual(self.transfer(received, 3, self.patient), lot)
        self.assertEqual(self.held_by(mother), 1200.0)
        self.assertProofHolds()

    def test_a_contact_of_a_firm_is_the_firm(self):
        firm = self.make_patient("De Brug", is_company=True)
        staff = [self.make_patient(name, parent_id=firm.id) for name in ("Dirk", "Els")]
        received = self.transfer(self.sell(staff[0]), 3, staff[1])
        self.assertEqual(received.payer_id, firm)
        self.assertFalse(self.entry(received), "it is the money of the firm before and after")
        received = self.transfer(received, 1, self.bert)
        self.assertEqual(set(self.entry(received).line_ids.partner_id), {firm, self.bert})
        self.assertProofHolds()

    def test_beneficiaries_stay_with_the_giver(self):
        lot = self.sell()
        lot.beneficiary_ids = self.bert
        received = self.transfer(lot, 3)
        self.assertFalse(received.beneficiary_ids)
        self.assertEqual(self.bert.practice_credits_available, 10)

    # === WHAT IS REFUSED === #

    def test_what_cannot_be_is_refused_in_words(self):
        self.package.validity_months = 1
        lot = self.sell()
        self.plan()
        other = self.env["res.company"].create({"name": "PB elsewhere"})
        archived = self.make_patient("Dora Aerts", active=False)
        for receiver, vals, words in (
            (None, {"credits": 0}, "Transfer 1 to 9 credits. .* first: 1"),
            (None, {"credits": 10}, "Transfer 1 to 9 credits"),
            (self.patient, {}, "has these credits already"),
            (archived, {}, "Dora Aerts is archived"),
            (self.make_patient("Ella Bos", company_id=other.id), {}, "patient of PB elsewhere"),
            (None, {"reason": "  "}, "Say why"),
            (None, {"date": TODAY + timedelta(days=1)}, "between"),
            (None, {"date": TODAY - timedelta(days=1)}, "between"),
            (None, {"expiry_date": TODAY - timedelta(days=1)}, "could not use the credits any more"),
        ):
            with self.subTest(words), self.assertRefused(words):
                self.transfer(lot, **{"credits": 2, "receiver": receiver, **vals})
        self.travel(days=60)
        with self.assertRefused("Extend them first"):
            self.transfer(lot, 2)
        self.assertLot(lot, available=9, reserved=1, value=1200.0)

    def test_credits_to_be_paid_are_refused(self):
        lot = self.lot_of(self.invoice())
        with self.assertRefused(f"wait for the payment of {lot.invoice_id.name}"):
            self.transfer(lot, 1)

    def test_several_purchases_are_refused(self):
        with self.assertRefused("Choose one"):
            (self.sell() + self.sell()).action_transfer()

    def test_the_front_desk_may_and_strangers_may_not(self):
        lot = self.sell()
        received = self.transfer(lot, 3, user=self.front_desk)
        self.assertTrue(self.entry(received))
        stranger = self.make_stranger(self.env["res.company"].create({"name": "PB elsewhere"}))
        for user in (self.employee, self.portal, stranger):
            with self.assertRaises(AccessError):
                self.transfer(lot, 1, user=user)
        self.assertLot(lot, available=7)

    # === WHAT THE DIALOG SAYS === #

    def test_the_form_says_what_it_does(self):
        lot = self.sell_to_an()
        form = Form(self.env["practice.credit.transfer"].with_context(default_lot_id=lot.id))
        self.assertFalse(form.consequence)
        form.receiver_id = self.bert
        self.assertIn("Bert Claes gets 8 credits of Ten sessions.", form.consequence)
        form.credits = 3
        self.assertIn("An Peeters keeps 5 available and 0 reserved.", form.consequence)
        self.assertRegex(form.consequence, "360.00.* stays the money of An Peeters")
        form.owner = "receiver"
        self.assertRegex(form.consequence, "360.00.* becomes the money of Bert Claes on .*, by an entry")
        form.reason = "Goes on with Bert"
        received = form.save()
        received = self.env["practice.credit.lot"].browse(received.action_transfer()["res_id"])
        self.assertIn(
            "go back to those of An Peeters", self.dialog(received, self.patient, owner="receiver").consequence
        )

    def test_of_courtesy_credits_it_says_that_nothing_is_booked(self):
        dialog = self.dialog(self.give(self.patient), owner="receiver")
        self.assertIn("no entry is made", dialog.consequence)

    def test_a_dialog_transfers_once(self):
        lot = self.sell()
        dialog = self.dialog(lot, credits=2)
        self.assertEqual(dialog.action_transfer()["res_id"], dialog.action_transfer()["res_id"])
        self.assertLot(lot, transferred=2)

    def test_the_front_desk_reads_no_amounts(self):
        said = self.dialog(self.sell(), user=self.front_desk, owner="receiver").consequence
        self.assertIn("becomes the money of Bert Claes", said)
        self.assertNotIn("1,200", said)

    # === WHAT EACH SEES === #

    def words(self, lot):
        return [row["outcome"] for row in lot._prepare_history()]

    def test_both_see_it_without_the_name_of_the_other(self):
        lot = self.sell()
        received = self.transfer(lot, 3, user=self.front_desk)
        self.assertEqual(self.words(lot)[-1], "Transferred to another patient")
        self.assertEqual(self.words(received), ["Received from another patient"])
        self.transfer(received, 1, self.patient)
        self.assertEqual(self.words(lot)[-1], "Received from another patient")
        self.assertEqual(lot._prepare_history()[-1]["left"], 8)
        facts = dict(received._prepare_facts())
        self.assertEqual(facts["Origin"], "Transfer")
        self.assertNotIn(lot.invoice_id.name, str(facts))

    def test_family_sees_the_name(self):
        mother = self.make_patient("Mia Peeters")
        (self.patient + self.bert).practice_representative_ids = mother
        lot = self.sell()
        received = self.transfer(lot, 3)
        self.assertEqual(self.words(lot)[-1], "Transferred to Bert Claes")
        self.assertEqual(self.words(received), ["Received from An Peeters"])

    def test_the_portal_shows_it_to_both_and_names_neither(self):
        lot = self.sell()
        received = self.transfer(lot, 8)
        for patient, other, of in ((self.patient, self.bert, lot), (self.bert, self.patient, received)):
            user = new_test_user(self.env, f"pb_{patient.id}", "base.group_portal")
            user.partner_id = patient
            domain = lot._practice_get_portal_domain(patient)
            cards = self.env["practice.credit.lot"].search(domain)._prepare_portal_cards(patient)
            self.assertEqual([card["lot"] for card in cards], [of])
            shown = str([(card["facts"], card["rows"]) for card in cards])
            self.assertIn("another patient", shown)
            self.assertNotIn(other.name, shown)

    def test_staff_reads_both_names_and_the_reason(self):
        lot = self.sell()
        received = self.transfer(lot, 3)
        for of in (lot, received):
            self.assertIn("from An Peeters to Bert Claes: 3. Goes on with Bert", of.message_ids[0].body)
            self.assertEqual(of.move_ids.sorted("id")[-1].reason, "Goes on with Bert")
        self.assertEqual(lot.action_open_transferred_lots()["domain"], [("source_lot_id", "=", lot.id)])
        self.assertEqual(received.action_open_source_lot()["res_id"], lot.id)

    def test_a_session_is_counted_among_what_stayed(self):
        lot = self.sell()
        self.transfer(lot, 3)
        self.assertIn("session 1 of 7", self.plan().credit_balance)

    def test_a_giver_who_is_forgotten_is_forgotten_with_the_receiver_too(self):
        lot = self.sell(self.make_patient("Vera Geet"))
        received = self.transfer(lot, 10, reason="Vera moves away")
        lot.partner_id.with_user(self.manager)._practice_forget()
        self.env.invalidate_all()
        self.assertEqual(set((lot + received).move_ids.mapped("reason")), {False})
        self.assertNotIn("Vera", str((lot + received).message_ids.mapped("body")))
        self.assertLot(received, available=10, value=1200.0)
        self.assertProofHolds()

    def test_what_is_handed_out_names_nobody_else(self):
        lot = self.sell()
        self.transfer(lot, 3)
        dialog = self.env["practice.patient.forget"].with_user(self.manager).create({"partner_id": self.patient.id})
        said = dialog._find_messages({"practice.credit.lot": lot.ids}).mapped("body")
        self.assertNotIn("Bert", str(said))
        self.assertIn("Bert", str(lot.message_ids.mapped("body")))

    # === THE ROLL-FORWARD === #

    def test_the_roll_forward_has_it_on_a_line_that_comes_to_nothing(self):
        self.transfer(self.sell(), 3)
        [line] = self.show(TODAY.replace(day=1), self.today()).filtered(lambda it: it.account_id == self.liability)
        self.assertEqual((line.transferred_credits, line.transferred_value), (0, 0.0))
        self.assertEqual((line.sold_credits, line.closing_value), (10, 1200.0))
        steps = self.cell(line, "transferred_value")
        self.assertEqual(sorted(steps.mapped("value")), [-360.0, 360.0])
        self.assertEqual({step._get_source()._name for step in steps}, {"account.move"})
