"""One bad record never stops the others and never stays silent: every run of ours meets one in front of good ones."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command, Domain
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.collection import CollectionCase
from ..common.direct_debit import DirectDebitMixin
from ..common.receiver import Receiver
from ..common.refunds import RefundMixin
from ..common.vat import VatMixin

#: What the run of each case may complain of on the server.
QUIET = (
    "odoo.addons.practice_billing.models.common.retry_mixin",
    "odoo.sql_db",
    "odoo.addons.mail.models.mail_template",
)


@dataclass
class Meeting:
    """A run meets ``bad`` before ``good``."""

    bad: object
    good: object
    #: Whether the run has done its work on a record.
    is_done: object
    #: The domain of what the run looks at now.
    due: object
    #: Where a person reads why ``bad`` failed.
    reason: object
    #: Makes ``bad`` sound again.
    mend: object
    #: The activities that tell somebody.
    activities: object = None


@tagged("post_install", "-at_install")
class TestRuns(DirectDebitMixin, VatMixin, RefundMixin, CollectionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Its day begins while it is still the day before in Greenwich.
        cls.company.practice_tz = "Pacific/Auckland"
        cls.other_package = cls.make_package("Broken")
        cls.other_product = cls.make_product(cls.other_package)
        cls.other_type = cls.make_type(cls.other_package)
        cls.bad_patient, cls.good_patient = cls.make_patient("Bad"), cls.make_patient("Good")

    def get_runs(self):
        """Return the names of all runs of the module, from the database."""
        data = self.env["ir.model.data"].search([("module", "=", "practice_billing"), ("model", "=", "ir.cron")])
        return data.mapped("name")

    def test_every_run_goes_on_after_a_bad_record_and_tells_of_it(self):
        runs = self.get_runs()
        self.assertGreaterEqual(len(runs), 9)
        for run in runs:
            with self.subTest(run=run), self.env.cr.savepoint() as savepoint:
                self.clock.move_to(self.now)
                self.check_run(run)
                savepoint.rollback()
            self.env.invalidate_all()

    def check_run(self, run):
        meeting = getattr(self, f"meet_{run}")()
        with mute_logger(*QUIET):
            self.run_cron(run)
        self.assertTrue(meeting.is_done(meeting.good), "a good record behind the bad one is done")
        self.assertFalse(meeting.is_done(meeting.bad))
        self.assertTrue(meeting.reason(), "somebody can read why")
        if meeting.activities:
            self.assertEqual(len(meeting.activities()), 1, "somebody is told, once")
        self.assertNotIn(meeting.bad, self.search_due(meeting), "the run does not meet it again at once")
        midnight = self.company._practice_day() + timedelta(days=1)
        while self.company._practice_day() < midnight:
            self.travel(hours=1)
        self.assertIn(meeting.bad, self.search_due(meeting), "it is tried again on the company's next day")
        meeting.mend()
        self.env.invalidate_all()
        self.run_cron(run)
        self.assertTrue(meeting.is_done(meeting.bad))
        if run not in ("ir_cron_collect", "ir_cron_webhooks"):  # these keep what was said
            self.assertFalse(meeting.reason() or (meeting.activities and meeting.activities()), "it is forgotten")

    def search_due(self, meeting):
        return meeting.bad.search(Domain("id", "=", meeting.bad.id) & meeting.due())

    # === BROKEN RECORDS === #

    def sell_both(self, **vals):
        """Return the lots of two patients; the first has lost its balance post, so nothing of it can be released."""
        bad = self.sell(self.bad_patient, self.other_product, **vals)
        good = self.sell(self.good_patient, self.product, **vals)
        return bad, good

    def break_lot(self, lot, account=None):
        sql = "UPDATE practice_credit_lot SET deferred_account_id = %s WHERE id = %s RETURNING id"
        self.query(sql, account and account.id, lot.id)
        lot.invalidate_recordset(["deferred_account_id"])

    def break_template(self, name, partner, path):
        """Make a mail template that cannot be rendered for records whose ``path`` is ``partner``.

        Odoo renders it for some record when it is saved, so the partner gets the fatal name afterwards.
        """
        template = self.env.ref(f"practice_billing.{name}")
        template.body_html = f'<t t-if="object.{path}.name == \'Fatal\'" t-out="1 // 0"/>' + str(template.body_html)
        partner.name = "Fatal"

    def get_told(self, package):
        return lambda: package.activity_ids

    def meet_ir_cron_direct_debit(self):
        self.setup_direct_debit()
        bad, good = self.sign(self.bad_patient), self.sign(self.good_patient)
        self.bad_patient.email = "bad@example.com"
        self.break_template("mail_template_sepa_mandate", self.bad_patient, "partner_id")
        return Meeting(
            bad,
            good,
            is_done=lambda mandate: bool(mandate.document_id),
            due=lambda: Domain(bad._get_undocumented_domain()) & bad._practice_get_ready_domain(),
            reason=lambda: bad.error,
            mend=lambda: self.bad_patient.write({"name": "Bad"}),
            activities=lambda: bad.activity_ids,
        )

    def meet_ir_cron_close_appointments(self):
        lot, _good = self.sell_both()
        bad = self.plan(self.bad_patient, self.at(hours=30), self.other_type)
        good = self.plan(self.good_patient, self.at(hours=31), self.type)
        self.travel(days=3)
        self.break_lot(lot)
        return Meeting(
            bad,
            good,
            lambda event: event.attendance == "attended",
            bad._practice_get_to_close_domain,
            lambda: bad.credit_error,
            lambda: self.break_lot(lot, self.liability),
            self.get_told(self.other_package),
        )

    def meet_ir_cron_tell_absences(self):
        for patient, hours in ((self.bad_patient, 30), (self.good_patient, 31)):
            self.sell(patient)
            self.plan(patient, self.at(hours=hours))
        absence = self.env["practice.absence"].create(
            {
                "practitioner_id": self.env.uid,
                "date_from": self.at(hours=29),
                "date_to": self.at(hours=40),
                "reason": "Flu",
            }
        )
        absence.action_cancel_appointments()
        self.travel(minutes=11)
        self.break_template("mail_template_absence", self.bad_patient, "patient_id")
        bad, good = absence.line_ids
        return Meeting(
            bad,
            good,
            lambda line: line.told == "sent",
            bad._get_to_tell_domain,
            lambda: bad.error,
            lambda: self.bad_patient.write({"name": "Mended"}),
            lambda: absence.activity_ids,
        )

    def meet_ir_cron_offer_waiting(self):
        self.company.write({"practice_waiting_automatic": True, "practice_waiting_hours": 1})
        for patient in (self.bad_patient, self.good_patient):
            self.sell(patient)
        giver = new_test_user(self.env, "pb_giver", "practice_billing.group_user")
        vals = {"practitioner_id": giver.id, "start": self.at(days=9), "stop": self.at(days=9, hours=1)}
        bad, good = self.env["practice.waiting"].create(
            [
                {"patient_id": patient.id, "appointment_type_id": self.type.id}
                for patient in (self.bad_patient, self.good_patient)
            ]
        )
        self.env["practice.waiting.place"].create({**vals, "appointment_type_id": self.type.id})
        self.break_template("mail_template_waiting_offer", self.bad_patient, "patient_id")
        return Meeting(
            bad,
            good,
            lambda entry: entry.offer_ids,
            bad._get_to_ask_domain,
            lambda: bad.error,
            lambda: self.bad_patient.write({"name": "Mended"}),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_import(self):
        manager = new_test_user(self.env, "pb_importer", "practice_billing.group_manager")
        files = [base64.b64encode(f"Reference;Name\n{name};{name}\n".encode()) for name in ("Bad", "Good")]
        bad, good = self.env["practice.data.import"].with_user(manager).create([{"file": file} for file in files])
        (bad | good).action_check()
        bad, good = bad.sudo(), good.sudo()
        bad.user_id = new_test_user(self.env, "pb_no_importer", "practice_billing.group_user")
        return Meeting(
            bad,
            good,
            lambda it: it.state == "checked",
            bad._get_due_domain,
            lambda: bad.error,
            lambda: bad.write({"user_id": manager.id}),
        )

    def meet_ir_cron_send_gift_vouchers(self):
        bad, good = (
            self.invoice(
                patient,
                line={"practice_voucher_ids": [Command.create({"receiver_email": f"{patient.name}@example.com"})]},
            ).practice_voucher_ids
            for patient in (self.bad_patient, self.good_patient)
        )
        for voucher in bad | good:
            self.pay(voucher.invoice_id)
        self.break_template("mail_template_gift_voucher", self.bad_patient, "buyer_id")
        return Meeting(
            bad,
            good,
            lambda voucher: voucher.sent_on,
            bad._get_to_send_domain,
            lambda: bad.error,
            lambda: self.bad_patient.write({"name": "Mended"}),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_expire_credits(self):
        bad, good = self.sell_both()
        (bad + good)._extend(self.company._practice_day(), "test")
        self.travel(days=2)
        self.break_lot(bad)
        return Meeting(
            bad,
            good,
            lambda lot: lot.state == "expired",
            lambda: bad._get_expired_domain(self.company),
            lambda: bad.error,
            lambda: self.break_lot(bad, self.liability),
            self.get_told(self.other_package),
        )

    def meet_ir_cron_warn_expiry(self):
        bad, good = self.sell_both()
        (bad + good)._extend(self.company._practice_day() + timedelta(days=20), "test")
        self.break_template("mail_template_credits_expiring", self.bad_patient, "partner_id")
        return Meeting(
            bad,
            good,
            lambda lot: lot.expiry_warned == 30,
            lambda: bad._get_warning_domain(self.company, 30),
            lambda: bad.error,
            lambda: self.bad_patient.write({"name": "Mended"}),
            self.get_told(self.other_package),
        )

    def meet_ir_cron_warn_low(self):
        bad, good = self.sell_both()
        for patient, appointment_type in ((self.bad_patient, self.other_type), (self.good_patient, self.type)):
            for number in range(8):
                self.visit(patient=patient, start=self.at(hours=2 + number), appointment_type=appointment_type)
        self.break_template("mail_template_credits_low", self.bad_patient, "partner_id")
        return Meeting(
            bad,
            good,
            lambda lot: lot.low_warned,
            bad._get_low_domain,
            lambda: bad.low_error,
            lambda: self.bad_patient.write({"name": "Mended"}),
            self.get_told(self.other_package),
        )

    def meet_ir_cron_send_notices(self):
        self.give(self.bad_patient)
        self.give(self.good_patient)
        bad, good = self.plan(self.bad_patient, self.at(days=5)), self.plan(self.good_patient, self.at(days=5))
        (bad | good).action_practice_send_again()
        self.break_template("mail_template_appointment_confirmation", self.bad_patient, "partner_id")
        self.travel(minutes=2)
        notice = bad.practice_notice_ids
        return Meeting(
            notice,
            good.practice_notice_ids,
            lambda it: it.state == "sent",
            notice._get_due_domain,
            lambda: notice.remark,
            lambda: self.bad_patient.write({"name": "Mended"}),
        )

    def meet_ir_cron_make_care_statements(self):
        insurer = self.make_patient("Insurer")
        arrangements = []
        for patient, hours in ((self.bad_patient, 2), (self.good_patient, 4)):
            patient.practice_insurance_number = "1"
            self.give(patient)
            self.visit(patient=patient, start=self.at(hours=hours), user_id=self.env.uid)
            vals = {"patient_id": patient.id, "payer_id": insurer.id, "percentage": 75.0, "documents": "visit"}
            arrangements.append(self.env["practice.payer.arrangement"].create(vals))
        self.env.user.partner_id.practice_registration_number = "1"
        self.bad_patient.practice_insurance_number = False
        self.travel(days=1)
        bad, good = arrangements
        return Meeting(
            bad,
            good,
            lambda arrangement: arrangement.statement_ids,
            bad._get_due_domain,
            lambda: bad.error,
            lambda: self.bad_patient.write({"practice_insurance_number": "1"}),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_release_revenue(self):
        bad_lot, good_lot = self.sell_both()
        self.visit(patient=self.bad_patient, start=self.at(hours=2), appointment_type=self.other_type)
        self.visit(patient=self.good_patient, start=self.at(hours=2), appointment_type=self.type)
        bad, good = bad_lot.move_ids.release_ids, good_lot.move_ids.release_ids
        account = self.make_account("income", "PB archived")
        bad.income_account_id = account
        account.active = False
        return Meeting(
            bad,
            good,
            lambda release: release.state == "posted",
            bad._get_due_domain,
            lambda: bad.error,
            lambda: account.write({"active": True}),
            self.get_told(self.other_package),
        )

    def meet_ir_cron_invoice_visits(self):
        self.setup_vat()
        for patient in (self.bad_patient, self.good_patient):
            self.sell_card(patient)
            self.visit(patient=patient, start=self.at(hours=2), appointment_type=self.fitness)
        self.release()
        bad, good = self.env["practice.vat.document"]._gather(self.company, self.today())
        bad, good = (bad, good) if bad.partner_id == self.bad_patient else (good, bad)
        account = self.make_account("asset_receivable", "PB archived")
        self.bad_patient.property_account_receivable_id = account
        account.active = False
        return Meeting(
            bad,
            good,
            lambda document: document.state == "made",
            bad._get_due_domain,
            lambda: bad.error,
            lambda: account.write({"active": True}),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_check_balance_posts(self):
        accounts = [self.make_account("liability_current", f"PB {name}") for name in ("bad", "good")]
        bad, good = self.env["practice.balance.post"]._remember((self.company, account) for account in accounts)
        bad, good = (bad, good) if bad.account_id == accounts[0] else (good, bad)
        move = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in ((bad.account_id, -5.0), (self.income, 5.0))
                ],
            }
        )
        move.action_post()

        def book(balance):
            """Write what no sum can be made of, or nothing."""
            sql = "UPDATE account_move_line SET balance = %s, amount_currency = 0 WHERE id = %s RETURNING id"
            self.query(sql, balance, move.line_ids[0].id)
            self.env.invalidate_all()

        book(float("nan"))
        return Meeting(
            bad,
            good,
            lambda post: post.check_date == self.company._practice_day() and not post.error,
            bad._get_due_domain,
            lambda: bad.error,
            lambda: book(0.0),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_compare_closings(self):
        closings = self.env["practice.month.closing"].create([{"month": "2025-11-01"}, {"month": "2025-12-01"}])
        accountant = new_test_user(self.env, "pb_closer", "practice_billing.group_accountant")
        for closing in closings.with_user(accountant):
            closing._close()
        bad, good = closings
        frozen = bad.frozen

        def freeze(figures):
            bad.frozen = figures
            bad.flush_recordset()

        freeze({"practice.roll.forward": {"rows": [{}]}})
        return Meeting(
            bad,
            good,
            lambda closing: closing.compare_date == self.company._practice_day() and not closing.error,
            bad._get_due_domain,
            lambda: bad.error,
            lambda: freeze(frozen),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_subscription_time(self):
        trying = self.make_plan("Trying", {"month": {"standard": 39.0}}, trial_days=10)
        bad = self.subscribe(trying, self.make_organisation("Bad"))
        good = self.subscribe(trying, self.make_organisation("Good"))
        self.travel(days=5)
        self.break_template("mail_template_trial_ends", bad.organisation_id, "organisation_id")

        def due():
            steps = [step for step in bad.sudo()._get_time_steps() if step.records._name == bad._name]
            return Domain.OR(step.domain for step in steps)

        return Meeting(
            bad,
            good,
            lambda subscription: subscription.trial_warned,
            due,
            lambda: bad.follow_error,
            lambda: bad.organisation_id.write({"name": "Mended"}),
            lambda: self.activities(bad),
        )

    def meet_ir_cron_bill(self):
        broken = self.make_plan("Broken", {"month": {"standard": 39.0}}, product_id=self.make_service("Old").id)
        bad, good = self.subscribe(broken, self.make_organisation("Bad")), self.subscribe()
        broken.product_id.active = False
        return Meeting(
            bad,
            good,
            lambda subscription: subscription.period_id,
            lambda: bad._get_due_domain(self.company, self.company._practice_day()),
            lambda: bad.error,
            lambda: broken.product_id.write({"active": True}),
            lambda: self.activities(bad),
        )

    def meet_ir_cron_collect(self):
        subscriptions = []
        for name in ("Bad", "Good"):
            organisation = self.make_organisation(name)
            subscriptions.append(self.subscribe(organisation=organisation, seats=(f"{name} Dirk",)))
            subscriptions[-1]._set_payment_token(self.make_token(organisation))
        bad, good = (self.bill(subscription) for subscription in subscriptions)
        token = subscriptions[0].payment_token_id
        self.query("UPDATE payment_token SET active = FALSE WHERE id = %s RETURNING id", token.id)
        self.env.invalidate_all()
        return Meeting(
            bad,
            good,
            lambda move: move.payment_state in ("paid", "in_payment"),
            bad._practice_get_collect_domain,
            lambda: self.problems(subscriptions[0]).note,
            lambda: self.query("UPDATE payment_token SET active = TRUE WHERE id = %s RETURNING id", token.id),
            lambda: self.problems(subscriptions[0]),
        )

    def meet_ir_cron_return_money(self):
        notes = []
        for patient in (self.bad_patient, self.good_patient):
            invoice = self.invoice(patient)
            self.pay_online(invoice)
            notes.append(self.ask_refund(self.lot_of(invoice)))
        bad, good = notes
        other = self.provider.copy({"state": "test"})
        payment = bad.reversed_entry_id.transaction_ids
        payment.provider_id = other
        other.state = "disabled"
        return Meeting(
            bad,
            good,
            lambda move: move.practice_refund_state == "done",
            bad._practice_get_return_domain,
            lambda: bad.practice_refund_reason,
            lambda: other.write({"state": "test"}),
            lambda: bad.activity_ids,
        )

    def meet_ir_cron_webhooks(self):
        receiver = Receiver()
        receiver.__enter__()
        self.addCleanup(receiver.__exit__)
        receiver.listen_to(self.company)
        subscriptions = self.subscribe(organisation=self.make_organisation("Bad"), seats=()) + self.subscribe(seats=())
        bad, good = subscriptions[0].webhook_delivery_ids, subscriptions[1].webhook_delivery_ids
        # No header can be made of it, which is no failure of the network.
        self.query("UPDATE practice_webhook_delivery SET key = '€' WHERE id = %s RETURNING id", bad.id)
        self.env.invalidate_all()
        return Meeting(
            bad,
            good,
            lambda delivery: delivery.state == "sent",
            lambda: Domain("state", "=", "waiting") & Domain("next_sending", "<=", self.at()),
            lambda: bad.answer,
            lambda: self.query("UPDATE practice_webhook_delivery SET key = 'x' WHERE id = %s RETURNING id", bad.id),
        )

    # === TIME === #

    def test_a_run_that_is_out_of_time_says_what_is_left_in_all_companies_and_steps(self):
        """Odoo goes on at once when something is left, and waits for the next hour when nothing is."""
        lots = self.env["practice.credit.lot"]
        for number in range(3):
            lots += self.sell(self.make_patient(f"Patient {number}"))
        other = self.env["res.company"].create({"name": "Another practice", "practice_tz": "Europe/Brussels"})
        lots._extend(self.company._practice_day() + timedelta(days=5), "test")
        said = []

        def commit(_cron, processed=0, *, remaining=None, deactivate=False):
            said.append(remaining)
            return 0 if processed else 1

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit):
            lots._cron_warn_expiry()
        self.assertTrue(other)
        # All three wait for both warnings of their company in the first run: 30 days and 7 days before.
        self.assertEqual(said[0], 6)
        self.assertEqual(len(said), 2, "after the first batch the time was over")
