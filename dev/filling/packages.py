"""Packages and appointments."""

import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.fields import Command

from .house import House


class Packages(House):
    """Packages: sold, given, imported, shared; visits that took place, or did not."""

    def sell_packages(self):
        self.of_an = self.sell(self.ten, self.an, analytic_distribution={str(self.place.id): 100.0})
        self.of_an.beneficiary_ids = self.bert
        self.of_bert = self.sell(self.six, self.bert)
        self.of_carla = self.sell(self.eight, self.carla, self.employer, quantity=2)
        self.give(self.an, 3)
        self.give(self.carla, 1)
        self.invoice(self.ten, self.bert)
        self.invoice(self.ten, self.carla, post=False)
        self.returned = self.invoice(self.eight, self.bert)
        self.pay(self.returned)
        self.wizard(
            "practice.package.sale",
            "action_sell",
            partner_id=self.child.id,
            payer_id=self.parent.partner_id.id,
            product_id=self.ten.id,
            payment_journal_id=self.bank.id,
        )
        self.import_credits()
        self.import_patients()
        self.wizard(
            "practice.credit.transfer",
            "action_transfer",
            lot_id=self.of_carla.id,
            receiver_id=self.an.id,
            credits=2,
            owner="receiver",
            reason="A colleague goes on",
        )

    def sell_vouchers(self):
        """Gifts: one that is redeemed, one that waits."""
        for receiver in ("Oma", "Opa"):
            self.wizard(
                "practice.package.sale",
                "action_sell",
                partner_id=self.carla.id,
                product_id=self.six.id,
                payment_journal_id=self.bank.id,
                is_gift=True,
                receiver_name=receiver,
                receiver_email=f"{receiver}@example.com",
            )
        redeemed = self.env["practice.gift.voucher"].search([("receiver_name", "=", "Oma")])
        self.wizard("practice.gift.redeem", "action_redeem", code=redeemed.name, partner_id=self.bert.id)

    def sell_with_vat_at_use(self):
        """A card of which a visit takes place with VAT; the run of the month invoices it."""
        used = self.make_account("493950", "liability_current", "Visits to be invoiced", reconcile=True)
        self.company.practice_used_account_id = used
        card = self.make(
            "practice.package",
            name="Movement card",
            internal_rate=30.0,
            vat_moment="use",
            income_account_id=self.income.id,
            deferred_account_id=self.liability.id,
        )
        fitness = self.make(
            "practice.appointment.type",
            name="Fitness",
            package_id=card.id,
            tax_id=self.make("account.tax", name="21 % of visits", amount=21.0).id,
        )
        self.sell(self.make_product("Ten visits", 300.0, card, 10), self.carla)
        self.plan(self.carla, 3, 17, practice_appointment_type_id=fitness.id)

    def give(self, patient, credits):
        self.env["practice.credit.lot"]._grant(
            [
                {
                    "partner_id": patient.id,
                    "payer_id": patient.id,
                    "package_id": self.therapy.id,
                    "company_id": self.company.id,
                    "origin": "gift",
                    "date": self.today,
                    "credits": credits,
                }
            ]
        )

    def import_credits(self):
        vals = {"package_id": self.therapy.id, "counterpart_account_id": self.take_over.id, "reference": "Old system"}
        entry, plain, undone, _waiting = (
            self.make("practice.credit.import", partner_id=patient.id, credits=4, booking=booking, **vals)
            for patient, booking in ((self.an, "entry"), (self.bert, "none"), (self.carla, "entry"), (self.an, "none"))
        )
        (entry | plain | undone).action_confirm()
        undone.action_undo()

    def import_patients(self):
        """Import a file of which one row is wrong, as the run does it."""
        file = b"Reference;Name;E-Mail\nP-1;Dirk Peters;dirk@example.com\nP-2;Els Peters;nowhere\n"
        data_import = self.make(
            "practice.data.import", kind="patient", filename="patients.csv", file=base64.b64encode(file)
        )
        for action in ("action_check", "action_import_good"):
            getattr(data_import.with_user(self.manager), action)()
            self.env["practice.data.import"]._cron_import()

    def plan_appointments(self):
        """Plan what the coming weeks settle: most is attended by itself, as the nightly run marks it."""
        for days in (1, 8, 15):
            self.plan(self.an, days)
        self.plan(self.bert, 2, user_id=self.front_desk.id)  # with the credits of An, which he shares
        for days in (1, 3):
            self.plan(self.bert, days, 13, practice_appointment_type_id=self.lesson.id)
        self.plan(self.carla, 6)
        self.plan(self.carla, 4, 14, practice_appointment_type_id=self.hour.id)
        self.plan(self.carla, 5, 15, practice_appointment_type_id=self.intake.id)
        self.plan(self.bert, 120, 11, practice_appointment_type_id=self.hour.id)
        now = self.clock().replace(microsecond=0)
        self.make("calendar.event", name="Team meeting", start=now, stop=now + timedelta(hours=1))
        series = self.plan(
            self.child,
            2,
            15,
            recurrency=True,
            rrule_type="weekly",
            end_type="count",
            count=5,
            wed=True,
        )
        self.series = series.recurrence_id.calendar_event_ids.sorted("start")

    def miss_appointments(self):
        """No-shows, one forgiven; cancelled in time, late, and as the rest of a series."""
        missed, forgiven = (self.plan(self.an, -days, 13) for days in (1, 2))
        (missed | forgiven).action_practice_mark_no_show()
        self.wizard(
            "practice.credit.give.back",
            "action_practice_give_back",
            event_ids=[Command.set(forgiven.ids)],
            reason="Ill, with a note from the doctor",
        )
        in_time, late = self.plan(self.an, 3, 16), self.plan(self.an, 0, 15)
        for event, scope in ((in_time, "self_only"), (late, "self_only"), (self.series[-1], "future_events")):
            self.wizard(
                "practice.appointment.cancel",
                "action_cancel",
                event_id=event.id,
                scope=scope,
                notify=False,
                reason="Called that morning",
            )

    def miss_a_practitioner(self):
        """A therapist who is away: told, with a new time for one of two patients; and a draft."""
        away = [self.plan(self.an, 7), self.plan(self.carla, 7, 10, practice_appointment_type_id=self.intake.id)]
        day = away[0].start
        span = {"date_from": day - timedelta(hours=2), "date_to": day + timedelta(hours=6)}
        absence, _draft = (
            self.make("practice.absence", practitioner_id=practitioner.id, reason="Ill", **span)
            for practitioner in (away[0].user_id, self.front_desk)
        )
        absence.action_cancel_appointments()
        absence.action_tell_now()
        self.run("tell_absences")
        self.plan(self.an, 10, 9)

    def wait_for_a_place(self):
        """Two wait for a first talk: one is offered an hour that came free, the other one waits on."""
        self.env.company.practice_waiting_automatic = True
        for patient in (self.an, self.bert):
            self.make("practice.waiting", patient_id=patient.id, appointment_type_id=self.intake.id)
        freed = self.plan(self.carla, 9, 15, practice_appointment_type_id=self.intake.id)
        freed.write({"attendance": "cancelled", "active": False})
        self.run("offer_waiting")

    def take_back(self):
        """A credit note in part, a payment that the bank took back, and more time for what has expired."""
        rest = self.of_carla.action_refund_rest()
        note = self.env["account.move"].browse(rest["res_id"])
        note.invoice_date = self.today
        note.invoice_line_ids.filtered("product_id")[:1].quantity = 0.5
        note.action_post()
        lines = self.returned.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.remove_move_reconcile()
        expired = self.sell(self.six, self.carla)
        expired.expiry_date = self.today + timedelta(days=3)
        self.expired = expired

    def extend(self):
        self.wizard(
            "practice.credit.extend",
            "action_extend",
            lot_ids=[Command.set(self.expired.ids)],
            expiry_date=self.today + timedelta(days=60),
            reason="Was in hospital",
        )

    def pay_practitioners(self):
        """Half of what was paid, or a part of the internal rate: last month is confirmed, this one a draft."""
        common = {"date_from": "2026-01-01", "missed_percentage": 20.0}
        self.make("practice.pay.rule", percentage=50.0, **common)
        self.make("practice.pay.rule", percentage=40.0, basis="internal_rate", user_id=self.front_desk.id, **common)
        for months in (1, 0):
            month = (self.today - relativedelta(months=months)).replace(day=1)
            self.wizard("practice.pay.make", "action_make", month=month)
            if months:
                self.env["practice.pay.statement"].search([("month", "=", month)]).action_confirm()

    def state_to_payers(self):
        """An insurer pays a part back, per month; an employer an amount per visit."""
        common = {"date_from": "2026-01-01", "needs_numbers": False}
        self.an.practice_insurance_number = "85.07.30-033.28"
        by_month = self.make(
            "practice.payer.arrangement",
            patient_id=self.an.id,
            payer_id=self.make("res.partner", name="Insurer", is_company=True).id,
            percentage=75.0,
            reference="DZ-2048817",
            **common,
        )
        by_visit = self.make(
            "practice.payer.arrangement",
            patient_id=self.carla.id,
            payer_id=self.employer.id,
            amount=11.5,
            documents="visit",
            **common,
        )
        yesterday = self.today - timedelta(days=1)
        for arrangement in (by_month, by_visit):
            self.wizard(
                "practice.care.statement.make",
                "action_make",
                arrangement_ids=[Command.set(arrangement.ids)],
                date_to=yesterday,
            )

    def prepare_closing(self):
        """The month that ended is to be closed. It stays open: freezing needs a server that prints."""
        self.make("practice.month.closing", month=self.today.replace(day=1) - timedelta(days=1))
