"""A package that is bought for somebody else: the rows of docs/books.md, the code, who may, what is sent to whom."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.practice_billing.tools.vouchers import show_code

from ..common.practice import TODAY
from ..common.vouchers import VoucherMixin


@tagged("post_install", "-at_install")
class TestGiftVoucherBooks(VoucherMixin, TransactionCase):
    """The rows of docs/books.md."""

    def test_sold_it_waits_on_the_balance_post_for_its_buyer(self):
        voucher = self.sell_gift(pay=False)
        self.assertEntry(voucher.invoice_id, (self.receivable(), 1200.0), (self.liability, -1200.0))
        self.assertLot(voucher.lot_id, available=10, value=1200.0, partner_id=self.patient, state="pending")
        self.assertEqual(voucher.state, "waiting")
        self.pay(voucher.invoice_id)
        self.assertEqual((voucher.state, voucher.lot_id.state), ("open", "active"))
        self.assertEqual(self.held_by(self.patient), 1200.0)
        self.assertProofHolds()

    def test_redeemed_there_is_no_entry_and_the_money_stays_the_buyers(self):
        voucher = self.sell_gift()
        before = self.env["account.move"].search_count([])
        received = self.redeem(voucher)
        self.assertEqual(self.env["account.move"].search_count([]), before)
        self.assertLot(voucher.lot_id, available=0, transferred=10, value=0.0)
        self.assertLot(received, available=10, value=1200.0, partner_id=self.bert, payer_id=self.patient)
        self.assertEqual((self.held_by(self.patient), self.held_by(self.bert)), (1200.0, 0.0))
        self.assertProofHolds()

    def test_a_visit_of_the_receiver_releases_the_buyers_money(self):
        received = self.redeem(self.sell_gift())
        self.visit(patient=self.bert, start=self.at(days=1))
        self.assertEntry(self.release(), (self.liability, 120.0), (self.income, -120.0), partner=self.patient)
        self.assertLot(received, used=1, available=9, value=1080.0)
        self.assertProofHolds()

    def test_expired_without_being_redeemed_it_is_breakage(self):
        voucher = self.sell_gift()
        self.assertEqual(voucher.valid_until, date(2027, 3, 11))
        self.travel(days=366)
        self.expire()
        self.assertEqual((voucher.state, voucher.lot_id.state), ("expired", "expired"))
        self.assertEntry(self.release(), (self.liability, 1200.0), (self.breakage, -1200.0), date=date(2027, 3, 11))
        self.assertLot(voucher.lot_id, lost=10, value=0.0)
        self.assertBooksAgree()

    def test_refunded_before_it_is_redeemed(self):
        voucher = self.sell_gift()
        note = self.credit_note(voucher.invoice_id)
        self.assertEntry(note, (self.liability, 1200.0), (self.receivable(), -1200.0))
        self.assertEqual(voucher.state, "cancelled")
        self.assertLot(voucher.lot_id, refunded=10, value=0.0)
        with self.assertRefused("went back"):
            self.redeem(voucher)
        self.assertProofHolds()
        note.button_draft()
        self.assertEqual(voucher.state, "open")

    def test_the_dialog_of_refunds_says_what_becomes_of_the_voucher(self):
        voucher = self.sell_gift()
        wizards = self.env["practice.credit.refund"]
        wizard = wizards.create({"lot_id": voucher.lot_id.id, "credits": 4, "method": "open"})
        self.assertIn(f"{voucher.name} is for 6 credits then", wizard.consequence)
        wizard.credits = 10
        self.assertIn(f"{voucher.name} is cancelled", wizard.consequence)
        wizard.action_refund()
        self.assertEqual(voucher.state, "cancelled")

    def test_a_part_is_refunded_and_the_rest_is_redeemed(self):
        voucher = self.sell_gift()
        self.credit_note(voucher.invoice_id, quantity=0.4)
        self.assertEqual((voucher.state, voucher.credits), ("open", 6))
        self.assertLot(self.redeem(voucher), available=6, value=720.0)
        self.assertProofHolds()

    def test_credited_after_it_is_redeemed(self):
        voucher = self.sell_gift()
        received = self.redeem(voucher)
        self.visit(patient=self.bert, start=self.at(days=1))
        note = self.credit_note(voucher.invoice_id, quantity=0.9)
        self.assertEntry(note, (self.liability, 1080.0), (self.receivable(), -1080.0), partner=self.patient)
        self.assertLot(received, used=1, refunded=9, available=0, value=0.0)
        self.release()
        self.assertProofHolds()

    def test_the_invoice_is_reset_and_posted_again_with_the_same_code(self):
        voucher = self.sell_gift(pay=False)
        code = voucher.code
        voucher.invoice_id.button_draft()
        self.assertEqual(voucher.state, "cancelled")
        self.assertLot(voucher.lot_id, total=0, value=0.0)
        voucher.invoice_id.action_post()
        self.pay(voucher.invoice_id)
        self.assertEqual((voucher.state, voucher.code), ("open", code))
        self.assertLot(voucher.lot_id, available=10, value=1200.0, credits_spendable=0)
        received = self.redeem(voucher)
        with self.assertRefused("10 transferred to another patient"):
            voucher.invoice_id.button_draft()
        self.assertLot(received, available=10)
        self.assertProofHolds()

    def test_the_buyer_redeems_it_without_anything_to_move(self):
        voucher = self.sell_gift()
        self.assertEqual(self.redeem(voucher, self.patient), voucher.lot_id)
        self.assertLot(voucher.lot_id, available=10, transferred=0, credits_spendable=10, value=1200.0)
        self.visit(start=self.at(days=1))
        self.release()
        self.assertProofHolds()

    def test_a_payment_that_is_undone_takes_the_credits_of_the_receiver_along(self):
        voucher = self.sell_gift()
        received = self.redeem(voucher)
        self.unpay(voucher.invoice_id)
        self.assertLot(received, state="pending", credits_spendable=0)
        self.pay(voucher.invoice_id)
        self.assertLot(received, state="active", credits_spendable=10)
        other = self.sell_gift()
        self.unpay(other.invoice_id)
        self.assertEqual(other.state, "waiting")
        with self.assertRefused("not paid yet"):
            self.redeem(other)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestGiftVouchers(VoucherMixin, TransactionCase):
    # === KEPT === #

    def test_the_buyer_can_do_nothing_with_its_credits(self):
        voucher = self.sell_gift()
        lot = voucher.lot_id
        self.assertLot(lot, credits_spendable=0)
        self.assertEqual(self.patient.practice_credits_available, 0)
        owner = (self.patient, self.package)
        balance = lot._get_balances({owner})[owner]
        self.assertEqual((balance["available"], balance["pending"]), (0, 0))
        with self.assertRefused("0 of the 1|Only 0|no credits|available"):
            self.plan()
        with self.assertRefused("kept for a gift voucher"):
            self.transfer(lot, 3, user=self.front_desk)
        with self.assertRefused("shared with nobody", ValidationError):
            lot.with_user(self.front_desk).beneficiary_ids = [Command.link(self.bert.id)]
        self.assertFalse(lot.search(lot._practice_get_portal_domain(self.patient)))
        statement = self.env["report.practice_billing.report_credit_statement"]
        self.assertFalse(statement._get_report_values(self.patient.ids)["statements"][0]["lots"])

    def test_own_credits_are_as_free_as_ever_beside_it(self):
        self.sell_gift()
        lot = self.sell()
        event = self.plan()
        self.assertEqual(event.credit_move_ids.lot_id, lot)
        self.assertEqual(self.patient.practice_credits_available, 9)

    def test_a_credit_note_without_an_invoice_leaves_it_alone(self):
        voucher, lot = self.sell_gift(), self.sell()
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.patient.id,
                "journal_id": self.sales.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "quantity": 0.4})],
            }
        )
        note.action_post()
        self.assertLot(lot, refunded=4)
        self.assertEqual((voucher.state, voucher.credits), ("open", 10))

    def test_the_buyer_is_not_warned_of_its_expiry(self):
        voucher = self.sell_gift()
        self.travel(days=350)
        lots = voucher.lot_id
        self.assertFalse(lots.search(lots._get_warning_domain(self.company, 30)))
        received = self.redeem(voucher)
        received._extend(self.today() + timedelta(days=20), "test")
        self.assertEqual(lots.search(lots._get_warning_domain(self.company, 30)), received)

    # === THE CODE === #

    def test_codes_are_random_and_found_however_they_are_typed(self):
        vouchers = self.sell_gift() | self.sell_gift() | self.sell_gift()
        self.assertEqual(len(set(vouchers.mapped("code"))), 3)
        voucher, shown = vouchers[0], show_code(vouchers[0].code)
        self.assertEqual(voucher.name, shown)
        for typed in (shown, shown.lower(), shown.replace("-", " "), voucher.code, f"  {shown.replace('-', '–')}. "):
            self.assertEqual(voucher._find_by_code(typed), voucher, typed)
            self.assertEqual(voucher.search([("name", "ilike", typed)]), voucher, typed)
        for typed in ("", "  -", "x", voucher.code[:-1], voucher.code + "A"):
            self.assertFalse(voucher._find_by_code(typed), typed)
        self.assertEqual(voucher.search([("name", "ilike", shown[2:8])]) & voucher, voucher)

    def test_once_and_the_second_reads_when_but_not_for_whom(self):
        voucher = self.sell_gift()
        self.redeem(voucher)
        carl = self.make_patient("Carl Maes")
        with self.assertRefused(r"redeemed on 03/11/2026 already") as refused:
            voucher._redeem(carl, at="portal")
        self.assertNotIn("Bert", str(refused.exception) if hasattr(refused, "exception") else "")
        wizard = self.env["practice.gift.redeem"].with_user(self.front_desk).create({"code": voucher.name})
        self.assertIn("for Bert Claes", wizard.problem)
        self.assertLot(voucher.redeemed_lot_id, available=10)

    # === HOW LONG === #

    def test_the_validity_of_the_package_begins_when_it_is_redeemed(self):
        self.package.validity_months = 6
        voucher = self.sell_gift()
        self.package.validity_months = 1
        self.company.practice_voucher_months = 1
        self.assertEqual(voucher.valid_until, date(2027, 3, 11))
        self.travel(days=300)
        received = self.redeem(voucher)
        self.assertLot(received, activation_date=date(2027, 1, 5), expiry_date=date(2027, 7, 5))

    def test_the_validity_begins_with_the_first_visit_of_the_receiver(self):
        self.package.write({"validity_months": 6, "validity_from": "first_visit"})
        received = self.redeem(self.sell_gift())
        self.assertLot(received, expiry_date=False, never_expires=False)
        self.travel(days=200)
        self.visit(patient=self.bert, start=self.at(days=1))
        self.assertEqual(received.expiry_date, date(2027, 3, 28))

    def test_credits_that_do_not_expire_do_not_once_they_are_redeemed(self):
        self.assertLot(self.redeem(self.sell_gift()), expiry_date=False)
        self.company.practice_voucher_months = 0
        voucher = self.sell_gift()
        self.assertFalse(voucher.valid_until)
        self.travel(days=4000)
        self.assertLot(self.redeem(voucher), available=10, expiry_date=False)

    def test_the_fixed_end_of_a_package_ends_the_voucher_too(self):
        self.package.validity_date = TODAY + timedelta(days=30)
        voucher = self.sell_gift()
        self.assertEqual(voucher.valid_until, TODAY + timedelta(days=30))
        self.travel(days=31)
        with self.assertRefused("could be redeemed until 04/10/2026"):
            self.redeem(voucher)
        self.expire()
        voucher.lot_id._extend(TODAY + timedelta(days=60), "They were ill")
        self.assertEqual(voucher.state, "open")
        self.assertLot(self.redeem(voucher), available=10, expiry_date=TODAY + timedelta(days=60))
        self.release()
        self.assertBooksAgree()

    def test_the_buyers_own_credits_get_the_validity_of_the_package_too(self):
        self.package.validity_months = 3
        voucher = self.sell_gift()
        self.travel(days=100)
        self.redeem(voucher, self.patient)
        self.assertLot(voucher.lot_id, expiry_date=date(2026, 9, 19), activation_date=self.today())

    # === AT THE DESK === #

    def test_the_front_desk_sells_reads_the_consequence_and_redeems(self):
        voucher = self.sell_gift(user=self.front_desk, payment_journal_id=self.bank.id, pay=False)
        self.assertEqual((voucher.state, voucher.receiver_name), ("open", "Bert"))
        self.assertEqual(voucher.with_user(self.front_desk).action_print()["type"], "ir.actions.report")
        wizard = self.env["practice.gift.redeem"].with_user(self.front_desk)
        wizard = wizard.create({"code": voucher.name.lower(), "partner_id": self.bert.id})
        self.assertFalse(wizard.problem)
        self.assertIn("Bert Claes gets 10 credits of Ten sessions, a gift from An Peeters.", wizard.consequence)
        self.assertIn("They do not expire.", wizard.consequence)
        self.assertIn("The money stays that of An Peeters", wizard.consequence)
        action = wizard.action_redeem()
        self.assertEqual(action, wizard.action_redeem(), "pressed twice")
        received = self.env["practice.credit.lot"].browse(action["res_id"])
        self.assertEqual(received, voucher.redeemed_lot_id)
        self.assertRecordValues(
            voucher,
            [
                {
                    "redeemed_at": "desk",
                    "redeemed_by_id": self.front_desk.id,
                    "redeemed_partner_id": self.bert.id,
                    "state": "redeemed",
                    "value": 0.0,
                }
            ],
        )

    def test_what_is_missing_is_said(self):
        with self.assertRefused("for whom"):
            self.sell_gift(receiver_name=" ")
        with self.assertRefused("not an e-mail address", ValidationError):
            self.sell_gift(receiver_email="bert")
        with self.assertRefused("501 characters", ValidationError):
            self.sell_gift(message="x" * 501)
        wizard = self.env["practice.gift.redeem"].create({"code": "ABCD"})
        with self.assertRefused("no voucher with the code ABCD"):
            wizard.action_redeem()
        wizard.code = self.sell_gift().name
        with self.assertRefused("Choose who"):
            wizard.action_redeem()

    def test_a_patient_of_another_company_cannot_have_it(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.bert.company_id = other
        voucher = self.sell_gift()
        with self.assertRefused("patient of PB other"):
            self.redeem(voucher)
        self.assertEqual(voucher.state, "open")

    def test_a_copy_of_the_invoice_sells_no_voucher(self):
        voucher = self.sell_gift()
        copy = voucher.invoice_id.copy()
        copy.action_post()
        self.pay(copy)
        self.assertFalse(copy.practice_voucher_ids)
        self.assertLot(self.lot_of(copy), available=10, credits_spendable=10)

    def test_a_draft_that_is_deleted_takes_its_gift_along(self):
        invoice = self.draft_gift()
        voucher = invoice.practice_voucher_ids
        self.assertEqual((voucher.state, voucher.code), ("draft", False))
        invoice.unlink()
        self.assertFalse(voucher.exists())

    # === WHO MAY === #

    def test_nobody_writes_what_becomes_of_it(self):
        voucher = self.sell_gift()
        for user in (self.front_desk, self.manager):
            mine = voucher.with_user(user)
            mine.receiver_name = "Bertje"
            for vals in ({"code": "X"}, {"redeemed_on": self.at()}, {"lot_id": False}, {"sent_on": self.at()}):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    mine.write(vals)
            with self.assertRaises(AccessError):
                mine.unlink()
            with self.assertRaises(AccessError):
                mine.create({"invoice_line_id": voucher.invoice_line_id.id, "code": "FREE"})
        self.redeem(voucher)
        with self.assertRefused("redeemed already"):
            voucher.with_user(self.front_desk).receiver_name = "Carl"

    def test_no_voucher_is_made_for_what_is_sold_already_or_sells_nothing(self):
        sold = self.sell().invoice_line_id
        plain = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.patient.id,
                "invoice_line_ids": [Command.create({"name": "Book", "price_unit": 9.0})],
            }
        )
        for line in (sold, plain.invoice_line_ids):
            with self.assertRefused("sells none", ValidationError):
                self.env["practice.gift.voucher"].with_user(self.front_desk).create({"invoice_line_id": line.id})

    def test_accountants_read_and_do_nothing(self):
        voucher = self.sell_gift().with_user(self.accountant)
        self.assertEqual(voucher.value, 1200.0)
        with self.assertRaises(AccessError):
            voucher.action_send()
        with self.assertRaises(AccessError):
            self.env["practice.gift.redeem"].with_user(self.accountant).create({"code": voucher.name})
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                voucher.with_user(user).read(["code"])

    # === E-MAILS AND THE CARD === #

    def test_it_is_sent_once_when_it_is_paid(self):
        voucher = self.sell_gift(receiver_email="bert@example.com", message="Happy birthday!", pay=False)
        self.run_vouchers()
        self.assertFalse(self.mails(voucher))
        self.pay(voucher.invoice_id)
        self.run_vouchers()
        self.run_vouchers()
        mail = self.mails(voucher)
        self.assertEqual((len(mail), mail.email_to), (1, "bert@example.com"))
        for words in (voucher.name, "Happy birthday!", "Ten sessions", "An Peeters"):
            self.assertIn(words, mail.body_html)
        self.assertNotIn("1,200", mail.body_html)
        self.assertTrue(mail.attachment_ids)
        self.assertTrue(voucher.sent_on)
        voucher.with_user(self.front_desk).action_send()
        self.assertEqual(len(self.mails(voucher)), 2, "on demand it is sent again")

    def test_it_is_sent_on_the_day_that_was_chosen(self):
        day = TODAY + timedelta(days=3)
        voucher = self.sell_gift(receiver_email="bert@example.com", send_date=day)
        self.run_vouchers()
        self.assertFalse(voucher.sent_on)
        self.travel(days=3)
        self.run_vouchers()
        self.assertEqual(len(self.mails(voucher)), 1)

    def test_the_buyer_is_told_that_it_is_redeemed_and_no_more(self):
        voucher = self.sell_gift()
        self.redeem(voucher)
        self.run_vouchers()
        self.run_vouchers()
        mail = self.mails(voucher)
        self.assertEqual((len(mail), mail.recipient_ids), (1, self.patient))
        self.assertNotIn("Bert", mail.body_html)
        own = self.sell_gift()
        self.redeem(own, self.patient)
        self.run_vouchers()
        self.assertFalse(self.mails(own))
        self.assertTrue(own.told_on)

    def test_the_card_says_what_it_is_without_the_price(self):
        voucher = self.sell_gift(message="Happy birthday!\nFrom all of us")
        report = self.env["ir.actions.report"].with_user(self.front_desk)
        html, _kind = report._render_qweb_html("practice_billing.report_gift_voucher", voucher.ids)
        text = html.decode()
        for words in (
            voucher.name,
            "Gift voucher",
            "Bert",
            "An Peeters",
            "Ten sessions",
            "Happy birthday!",
            "03/11/2027",
        ):
            self.assertIn(words, text)
        self.assertNotIn("1,200", text)
        self.assertIn("data:image/png;base64", text)
        self.redeem(voucher)
        with self.assertRaisesRegex(UserError, "redeemed on"):
            report._render_qweb_html("practice_billing.report_gift_voucher", voucher.ids)

    # === CONTACTS === #

    def test_what_was_said_is_forgotten_with_either_of_them(self):
        for forgotten, redeemed in ((self.bert, True), (self.patient, True), (self.bert, False)):
            voucher = self.sell_gift(receiver_email="bert.claes@example.com", message="For Bert")
            if redeemed:
                self.redeem(voucher)
            with self.env.cr.savepoint() as savepoint:
                forgotten.with_context(active_test=False)._practice_forget_traces()
                self.assertEqual(
                    [voucher.receiver_name, voucher.receiver_email, voucher.message], [False, False, False]
                )
                self.assertEqual(voucher.state, "redeemed" if redeemed else "open")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_contacts_that_are_merged_keep_their_vouchers(self):
        voucher = self.sell_gift()
        self.redeem(voucher)
        carl = self.make_patient("Carl Maes")
        self.env["base.partner.merge.automatic.wizard"].with_context(active_test=False)._merge(
            [self.bert.id, carl.id], carl
        )
        self.env.invalidate_all()
        self.assertEqual((voucher.redeemed_partner_id, voucher.redeemed_lot_id.partner_id), (carl, carl))
        self.assertBooksAgree()
