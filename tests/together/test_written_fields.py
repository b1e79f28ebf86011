"""Every field of ours that is stored: written by people by the rules of its model, or by the module only."""

from contextlib import suppress

from psycopg2 import IntegrityError

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..common.payments import PaymentMixin
from ..common.roles import RolesMixin

MODULE = "practice_billing"
ROLES = ("front_desk", "manager", "accountant")

#: What people write on an appointment, and the rule that holds then; the rest only the module writes.
APPOINTMENT = {
    "practice_appointment_type_id": "the credits and the promise of the new type",
    "patient_id": "the credits of the new patient, who is invited instead",
    "attendance": "the credits follow; what has not taken place is not attended",
    "practice_overrule_reason": "asked for where somebody is busy",
    "practice_payer_id": "the credits of the one who pays",
    "practice_group_id": "a visit moves to another group with its credits, and leaves none",
    "practice_places": "not fewer than are taken",
    "practice_room_id": "asked for a reason where it is not free",
    "practice_next_note": "words, shown to staff only",
}

#: Of which a value takes no credits: another type, or none.
FREE_OF_CHARGE = ("practice_appointment_type_id",)


@tagged("post_install", "-at_install")
class TestWrittenFields(PaymentMixin, RolesMixin, TransactionCase):
    def records(self):
        """Return a record of each model that has stored fields of ours, as far as people may write on it."""
        self.setup_provider()
        self.make_token(self.patient)  # so that there is another one to write
        return {
            **self.samples(),
            "calendar.event": self.plan(start=self.at(days=3)),
            "res.partner": self.patient,
            "product.template": self.product.product_tmpl_id,
            "account.move": self.subscription.period_id.move_id,
            "account.move.line": self.invoice().invoice_line_ids,
        }

    def vals(self):
        return {"practice_appointment_type_id": self.type.id, "start": self.at(days=4)}

    def own_fields(self, model):
        for name, field in self.env[model]._fields.items():
            if field.store and field._modules[:1] == (MODULE,) and name not in models.MAGIC_COLUMNS:
                yield name, field

    def other_value(self, record, field):
        """Return a value that the field does not have."""
        value = record.sudo()[field.name]
        if field.type in ("char", "text", "html"):
            return f"{value or ''} other"
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "float", "monetary"):
            return value + 1
        if field.type == "selection":
            return next(it for it in field.get_values(self.env) if it != value)
        if field.type == "date":
            return "2026-04-01"
        if field.type == "datetime":
            return Datetime.to_datetime("2026-04-01")
        if field.type == "json":
            return {"1": 100}
        if field.relational:
            other = self.env[field.comodel_name].search([("id", "not in", value.ids)], limit=1)
            return other.id if field.type == "many2one" else [(4, other.id)]
        return None

    def is_taken(self, record, role, name, field):
        """Return whether a role can write another value; by the rules of the model or of the database it may not."""
        mine = record.with_user(getattr(self, role))
        try:
            with self.cr.savepoint() as savepoint:
                mine.write({name: self.other_value(record, field)})
                self.env.flush_all()
                savepoint.rollback()
        except (UserError, IntegrityError, ValueError):
            return False
        finally:
            self.env.invalidate_all()
        return True

    @mute_logger("odoo.sql_db")
    def test_what_is_read_only_in_forms_is_so_over_every_door(self):
        walked = 0
        for model, record in self.records().items():
            for name, field in self.own_fields(model):
                for role in ROLES:
                    if field.readonly and record.with_user(getattr(self, role)).has_access("write"):
                        walked += 1
                        with self.subTest(model=model, field=name, role=role):
                            self.assertFalse(self.is_taken(record, role, name, field))
        self.assertGreater(walked, 50)

    def nonsense(self, field):
        """Return what a careless import or call writes on a field."""
        if field.type in ("integer", "float", "monetary"):
            return [False, -1, 2**31 - 1]
        if field.type in ("date", "datetime"):
            return [False, "0001-01-01", "9999-12-31"]
        if field.type in ("char", "text", "html"):
            return [False, " ", "x" * 5000]
        return [False]

    def find_breakdown(self, work, vals):
        """Return how ``work`` broke down with ``vals``, or ``None`` when it was done or refused in words; undo it."""
        try:
            with self.cr.savepoint() as savepoint:
                work(vals)
                self.env.flush_all()
                savepoint.rollback()
        except (UserError, IntegrityError):
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return f"{type(error).__name__}: {error!s:.300}"
        finally:
            self.env.invalidate_all()
        return None

    @mute_logger("odoo.sql_db")
    def test_nonsense_on_any_field_is_taken_or_refused_in_words(self):
        """As whoever may do everything, so that no right stands in the way of a rule that breaks down."""
        walked = 0
        # One that nobody has is free to change.
        unsold = self.make_plan().price_ids[:1]
        for model, record in [*self.records().items(), (unsold._name, unsold)]:
            for name, field in self.own_fields(model):
                for value in () if field.readonly else self.nonsense(field):
                    walked += 1
                    with self.subTest(model=model, field=name, value=f"{value!r:.20}"):
                        self.assertIsNone(self.find_breakdown(record.sudo().write, {name: value}))
        self.assertGreater(walked, 200)

    @mute_logger("odoo.sql_db")
    def test_a_record_without_what_it_needs_is_refused_in_words(self):
        for model, record in self.samples().items():
            full = record.sudo().copy_data()[0]
            for vals in ({}, *({**full, name: False} for name in full)):
                without = ", ".join(name for name in vals if not vals[name])
                with self.subTest(model=model, without=without):
                    self.assertIsNone(self.find_breakdown(record.sudo().create, vals))

    def test_who_may_write_what_on_an_appointment_is_decided(self):
        kept = self.env["calendar.event"]._practice_get_kept_fields()
        decided = {*APPOINTMENT, *kept, *(name for name, it in self.own_fields("calendar.event") if it.readonly)}
        self.assertEqual({name for name, _field in self.own_fields("calendar.event")}, decided)

    @mute_logger("odoo.sql_db")
    def test_no_default_of_a_context_gets_around_the_rules_of_appointments(self):
        broke = self.make_patient("No Credits")
        events = self.env["calendar.event"].with_user(self.front_desk)
        for name, field in self.own_fields("calendar.event"):
            # Somebody with credits pays as the type says, whatever the context says; somebody without is refused.
            for patient in (self.patient, broke):
                vals = {
                    "practice_appointment_type_id": self.type.id,
                    "patient_id": patient.id,
                    "start": self.at(days=4),
                }
                value = vals.pop(name, None) or self.other_value(events.new({}), field)
                with self.subTest(field=name, patient=patient.name), self.cr.savepoint() as savepoint:
                    event = events.browse()
                    with suppress(UserError), self.cr.savepoint():
                        event = events.with_context(**{f"default_{name}": value}).create(vals)
                    if patient == broke and name not in FREE_OF_CHARGE:
                        self.assertFalse(event.filtered(lambda it: it.attendance != "cancelled"))
                    elif event and event.attendance != "cancelled" and event.patient_id == patient:
                        self.assertEqual(event.practice_credits, self.type.package_credits)
                        self.assertTrue(event.credit_state)
                        self.assertEqual(event.practice_late_policy, self.type.late_policy)
                        self.assertFalse(event.credit_waived or event.credit_error or event.credit_retry_date)
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_no_context_switches_the_rules_off(self):
        broke = self.make_patient("No Credits")
        vals = {**self.vals(), "patient_id": broke.id}
        for value in ({}, True, [], "x"):
            for key in ("practice_touched_events", "practice_answers", "practice_patient_ids", "practice_planned"):
                with self.subTest(key=key, value=value), self.assertRaises(UserError), self.cr.savepoint():
                    self.env["calendar.event"].with_user(self.front_desk).with_context(**{key: value}).create(vals)

    def test_a_user_default_gets_nowhere_either(self):
        self.env["ir.default"].set("calendar.event", "practice_appointment_type_id", self.type.id)
        broke = self.make_patient("No Credits")
        with self.assertRaises(UserError):
            self.env["calendar.event"].with_user(self.front_desk).create({"patient_id": broke.id})
        lunch = self.env["calendar.event"].with_user(self.employee).create({"name": "Lunch"})
        self.assertFalse(lunch.sudo().practice_appointment_type_id)

    def test_giving_credits_back_needs_a_reason_and_credits_that_are_spent(self):
        event = self.plan(start=self.at(days=3)).with_user(self.front_desk)
        with self.assertRaisesRegex(UserError, "Say why"):
            event.write({"credit_waived": True})
        with self.assertRaisesRegex(UserError, "not taken place"):
            event.with_context(practice_reason="x").write({"credit_waived": True})

    def test_a_late_cancellation_is_not_made_an_early_one(self):
        event = self.plan(start=self.at(hours=3)).with_user(self.front_desk)
        with self.assertRaisesRegex(UserError, "free until"):
            event.write({"attendance": "cancelled"})
        event.write({"active": False})
        self.assertEqual(event.attendance, "late_cancelled")

    def test_credits_that_are_spent_do_not_come_back_by_a_mark(self):
        for mark in ("attended", "no_show"):
            event = self.plan(start=self.at(days=3))
            self.happen(event)
            event.attendance = mark
            with self.subTest(mark=mark), self.assertRaisesRegex(UserError, "used or lost"):
                event.with_user(self.front_desk).write({"attendance": "cancelled"})

    def test_a_posted_line_keeps_whose_it_is(self):
        line = self.invoice().invoice_line_ids
        other = self.make_patient("Somebody Else")
        for name, value in (
            ("practice_patient_id", other.id),
            ("practice_credits", 99),
            ("practice_credits_per_unit", 99),
            ("practice_deferred_account_id", self.income.id),
            ("practice_sold_line_id", line.id),
        ):
            for role in ROLES:
                with self.subTest(field=name, role=role), self.assertRaises(UserError):
                    line.with_user(getattr(self, role)).write({name: value})
