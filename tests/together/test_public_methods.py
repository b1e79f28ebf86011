"""Every public method of ours, which everybody can call by id: it refuses, or does nothing, for whom it is not."""

import inspect
from contextlib import suppress

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from ..common.roles import StrangerMixin

MODULE = "practice_billing"
ROLES = ("front_desk", "manager", "accountant", "employee", "portal", "public", "stranger")

#: Who may do with a method more than the rights on its records say, and why.
MORE = {
    # The run writes by itself; an accountant starts it for what they see.
    ("practice.revenue.release", "action_release"): {"accountant"},
    # The monthly run invoices visits by itself; an accountant starts it (``_check_may_make``).
    ("practice.vat.document", "action_make"): {"accountant"},
    # Who may bill completes what is paid: administrators and accountants (``_check_may_bill``).
    ("practice.subscription.checkout", "action_complete"): {"manager", "accountant"},
    ("practice.subscription", "action_bill"): {"accountant"},
    ("practice.subscription", "action_bill_extras"): {"accountant"},
    ("practice.subscription", "action_pause"): {"accountant"},
    ("practice.subscription", "action_resume"): {"accountant"},
    ("practice.subscription", "action_undo_cancel"): {"accountant"},
    ("practice.subscription", "action_withdraw_change"): {"accountant"},
    ("practice.discount.redemption", "action_end"): {"manager", "accountant"},
    ("practice.webhook.delivery", "action_send_again"): {"manager"},
    # Pay is made by administrators and accountants (``_check_may_pay``); nobody writes it by hand.
    ("practice.pay.statement", "action_confirm"): {"manager", "accountant"},
    ("practice.pay.statement", "action_recompute"): {"manager", "accountant"},
    ("practice.pay.make", "action_make"): {"manager", "accountant"},
    # Statements for payers are made and sent by staff (``_check_may_make``); nobody writes them by hand.
    ("practice.care.statement", "action_send"): {"front_desk", "manager"},
    ("practice.subscription.period", "action_bill_again"): {"manager", "accountant"},
    # Files for the bank are handled, and its answers loaded, by accountants; nobody writes them by hand.
    **{
        ("practice.sepa.batch", name): {"accountant"}
        for name in ("action_cancel", "action_make", "action_mark_uploaded", "action_settle")
    },
    ("practice.sepa.message", "load_file"): {"accountant"},
}


@tagged("post_install", "-at_install")
class TestPublicMethods(StrangerMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        start = cls.event.start.replace(year=cls.event.start.year + 1)
        cls.coming = cls.event.copy({"start": start, "stop": start.replace(hour=start.hour + 1)})
        cls.checkout.state = "paid"
        cls.release = cls.lot.move_ids.release_ids[:1]

    def everything(self):
        """Return a record of each model that has public methods of ours; of dialogs one that names all the others."""
        samples = self.samples()
        samples |= {
            "account.account": self.env["account.account"].search([("account_type", "=", "asset_current")], limit=1),
            "calendar.event": self.coming,
            "res.partner": self.patient,
            "account.move": self.subscription.period_id.move_id,
            "product.template": self.product.product_tmpl_id,
            "product.product": self.product,
            "res.config.settings": self.env["res.config.settings"].create({}),
        }
        for model in self.env.registry:
            if self.env[model]._transient and self.env[model]._original_module == MODULE:
                samples[model] = self.env[model].create(self.fill(model, samples))
        return samples

    def fill(self, model, samples):
        """Return values for a dialog, whose relations lead to ``samples``."""
        vals = {"reason": "test", "note": "test", "code": self.code.name}
        for name, field in self.env[model]._fields.items():
            sample = samples.get(field.comodel_name)
            if field.store and field.required and field.type == "selection":
                vals[name] = field.get_values(self.env)[0]
            elif field.store and sample and field.type in ("many2one", "many2many"):
                vals[name] = sample.id if field.type == "many2one" else [Command.set(sample.ids)]
        of_model = self.env[model]._fields
        return {
            name: value
            for name, value in vals.items()
            if name in of_model and not (value == "test" and of_model[name].type == "selection")
        }

    def methods(self):
        """Return ``[(model, method)]`` of everything public that this module adds."""
        found = set()
        for model, cls in self.env.registry.items():
            for part in cls.mro():
                if getattr(part, "_module", None) == MODULE:
                    others = [it for it in cls.mro() if getattr(it, "_module", None) != MODULE]
                    found |= {
                        (model, name)
                        for name, value in vars(part).items()
                        if inspect.isfunction(value)
                        and not name.startswith("_")
                        and not getattr(value, "_api_private", False)
                        and not any(name in vars(it) for it in others)
                    }
        return sorted(found)

    def arguments(self, function, samples):
        """Return what a method is called with: the records that its arguments are named after."""
        known = {
            "subscription": samples["practice.subscription"].id,
            "kind": self.file.name,
            "quantity": 1,
            "reference": "test",
        }
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return {it.name: known.get(it.name) for it in parameters if it.default is it.empty}

    def fingerprint(self):
        """Return all that the database holds of our models and of those that follow from them."""
        self.env.flush_all()
        names = {it for it in self.env.registry if self.env[it]._original_module == MODULE}
        names |= {
            "calendar.event",
            "calendar.attendee",
            "account.move",
            "account.move.line",
            "res.partner",
            "mail.mail",
        }
        tables = {self.env[it]._table for it in names if self.env[it]._auto and not self.env[it]._transient}
        result = {}
        for table in sorted(tables):
            whole = SQL("SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM %s t", SQL.identifier(table))
            [[result[table]]] = self.env.execute_query(whole)
        return result

    def test_there_are_methods_to_walk(self):
        self.assertGreater(len(self.methods()), 50)
        left_out = {model for model, _name in self.methods()} - set(self.everything())
        self.assertFalse([it for it in left_out if self.env[it]._auto], "no record to press these buttons on")

    @mute_logger("odoo.sql_db")
    def test_a_method_refuses_or_does_nothing_for_whom_it_is_not(self):
        samples = self.everything()
        before = self.fingerprint()
        for model, name in self.methods():
            if model not in samples:
                continue
            for role in ROLES:
                if role in MORE.get((model, name), ()):
                    continue
                record = samples[model].with_user(getattr(self, role)).with_context(allowed_company_ids=None)
                if self.may_write(record):
                    continue
                with self.subTest(model=model, method=name, role=role), self.cr.savepoint() as savepoint:
                    self.env.invalidate_all()
                    function = getattr(record, name)
                    with suppress(UserError), self.cr.savepoint():
                        function(**self.arguments(getattr(type(record), name), samples))
                    self.assertEqual(self.fingerprint(), before)
                    savepoint.rollback()
                    self.env.invalidate_all()

    def may_write(self, record):
        """Return whether the user may write on a record; of a dialog, on what it is about."""
        if not record._transient:
            return record.has_access("write")
        named = [
            record.sudo()[name].with_user(record.env.user)
            for name, field in record._fields.items()
            if isinstance(field, fields.Many2one | fields.Many2many)
            and field.store
            and name not in models.MAGIC_COLUMNS
        ]
        return record.has_access("create") and all(it.has_access("read") for it in named)

    def test_a_release_of_tomorrow_waits(self):
        self.release.date = fields.Date.add(self.today(), days=1)
        self.release.with_user(self.accountant).action_release()
        self.assertEqual(self.release.state, "due")
