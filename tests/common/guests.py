"""What people do in Odoo who have nothing to do with the practice, and what becomes of it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo.api import SUPERUSER_ID, Environment
from odoo.fields import Command, Datetime
from odoo.models import MAGIC_COLUMNS, BaseModel
from odoo.sql_db import Savepoint
from odoo.tests import new_test_user
from odoo.tools import mute_logger

MODULE = "practice_billing"
CONTEXT = {"no_mail_to_attendees": True, "no_reset_password": True, "tz": "Europe/Brussels"}

#: One of each kind of person that has no role in the practice.
ROLES = {
    "employee": "base.group_user,base.group_partner_manager",
    "accountant": "account.group_account_manager",
    "invoicing": "account.group_account_invoice",
    "salesperson": "sales_team.group_sale_manager",
    "settings": "base.group_system",
    "portal": "base.group_portal",
}
#: What is different each time that it is looked at, or lists the groups of all modules.
FICKLE = {*MAGIC_COLUMNS, "access_token", "view_group_hierarchy"}
#: Where something lies in memory, in the name of a record that is not saved for one.
ADDRESS = re.compile("0x[0-9a-f]+")
#: Types of fields that somebody groups by.
GROUPED = ("many2one", "selection", "char", "boolean", "integer", "date", "datetime")
#: Models in which every module has records, so that there are others without us: we add views, or hide ours.
CATALOGUES = {"ir.ui.view", "ir.ui.menu", "ir.actions.act_window.view"}
#: Loggers that speak of what is refused, which is nothing to worry about here.
MUTED = ("odoo.sql_db", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule", "odoo.models")


def extended_models(registry):
    """Return the names of Odoo's models that the module adds something to, and of which there are records of people."""
    return sorted(
        name
        for name, cls in registry.items()
        if not cls._abstract
        and name not in CATALOGUES
        and cls._original_module != MODULE
        and any(getattr(part, "_module", None) == MODULE for part in cls.mro())
    )


def own_fields(registry, model):
    """Return the fields that the module added to ``model``."""
    return [field for field in registry[model]._fields.values() if MODULE in field._modules]


@dataclass
class World:
    """Plain data of an Odoo in which nobody sells credits: records by model, and what one more is made of."""

    samples: dict
    vals: dict
    logins: list

    @classmethod
    def make(cls, env):
        """Make people and one or more records of every model that the module extends."""
        env = env(context={**env.context, **CONTEXT})
        users = {role: new_test_user(env, f"guest_{role}", groups) for role, groups in ROLES.items()}
        boss = new_test_user(env, "guest_boss", "base.group_user")
        people = sum((user.partner_id for user in users.values()), boss.partner_id)
        maker = _Maker(env, boss, users, people)
        records = {
            "calendar.event": maker.events(),
            "res.partner": maker.contacts(),
            "product.template": maker.product.product_tmpl_id,
            "product.product": maker.product,
            "account.move": maker.invoices(),
            "payment.provider": maker.provider,
            "payment.token": maker.token(),
            "payment.transaction": maker.transactions(),
            "res.company": env.company,
            "ir.config_parameter": env["ir.config_parameter"].create({"key": "guest", "value": "x"}),
        }
        records["calendar.attendee"] = records["calendar.event"][:2].attendee_ids[:3]
        records["account.move.line"] = records["account.move"][1].line_ids
        return cls(
            {model: found.ids for model, found in records.items()},
            {**maker.vals(), **maker.sending(records["account.move"])},
            [user.login for user in users.values()],
        )


@dataclass
class _Maker:
    """Makes the records of a world."""

    env: Environment
    boss: BaseModel
    users: dict
    people: BaseModel

    def __post_init__(self):
        self.company = self.env["res.partner"].create(
            {"name": "Guest Ltd", "is_company": True, "email": "g@example.com"}
        )
        self.product = self.env["product.product"].create({"name": "Guest chair", "list_price": 100.0})
        self.provider = self.env["payment.provider"].search([("code", "=", "demo")], limit=1)
        self.method = self.provider.payment_method_ids[:1] or self.env["payment.method"].search([], limit=1)

    def contacts(self):
        person = self.company.create({"name": "Guest person", "parent_id": self.company.id, "phone": "016 00 00 00"})
        return self.company | person | self.users["portal"].partner_id

    def events(self):
        """A private meeting of somebody else, one with everybody, and a series with everybody."""
        start = Datetime.now() + timedelta(days=1)
        vals = {"start": start, "stop": start + timedelta(hours=1), "description": "Nobody's business"}
        everybody = {**vals, "partner_ids": [Command.set(self.people.ids)]}
        weekly = {"recurrency": True, "rrule_type": "weekly", "count": 3, "end_type": "count", "event_tz": "UTC"}
        day = {start.strftime("%a").lower(): True}
        return (
            self.env["calendar.event"]
            .with_user(self.boss)
            .sudo()
            .create(
                [
                    {**vals, "name": "Private", "privacy": "private", "location": "Secret place"},
                    {**everybody, "name": "Everybody"},
                    {**everybody, **weekly, **day, "name": "Series"},
                ]
            )
        )

    def invoices(self):
        draft, posted = self.env["account.move"].create([self.vals()["account.move"] for _ in range(2)])
        posted.action_post()
        return draft | posted

    def sending(self, invoices):
        """Return what somebody chooses who sends invoices: one of them, or several."""
        _draft, posted = invoices
        return {
            "account.move.send.wizard": {"move_id": posted.id},
            "account.move.send.batch.wizard": {"move_ids": [Command.set(posted.ids)]},
        }

    def token(self):
        return self.env["payment.token"].create(self.vals()["payment.token"])

    def transactions(self):
        draft, done = self.env["payment.transaction"].create(
            [{**self.vals()["payment.transaction"], "reference": f"guest {number}"} for number in range(2)]
        )
        done.state = "done"
        return draft | done

    def vals(self):
        """Return for each model what somebody types who makes one."""
        start = Datetime.now() + timedelta(days=3)
        payment = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "partner_id": self.users["portal"].partner_id.id,
        }
        line = {"product_id": self.product.id, "quantity": 2, "price_unit": 100.0}
        return {
            "calendar.event": {"name": "Mine", "start": start, "stop": start + timedelta(hours=1)},
            "res.partner": {"name": "Another"},
            "res.users": {"name": "Colleague", "login": "guest_colleague"},
            "product.template": {"name": "Table"},
            "product.product": {"name": "Lamp"},
            "account.move": {
                "move_type": "out_invoice",
                "partner_id": self.company.id,
                "invoice_line_ids": [Command.create(line)],
            },
            "account.move.line": {**line, "name": "More"},
            "payment.provider": {"name": "Other", "code": "none"},
            "payment.token": {**payment, "provider_ref": "guest", "payment_details": "1234"},
            "payment.transaction": {
                **payment,
                "reference": "guest",
                "amount": 10.0,
                "currency_id": self.env.company.currency_id.id,
                "operation": "offline",
            },
            "res.company": {"name": "Guest company"},
            "ir.config_parameter": {"key": "guest.other", "value": "y"},
            "calendar.attendee": {"partner_id": self.company.id},
            "account.account": {"name": "Guest account", "code": "GUEST1", "account_type": "expense"},
            "ir.attachment": {
                "name": "Guest file",
                "raw": b"guest",
                "res_model": "res.partner",
                "res_id": self.company.id,
            },
            "mail.followers": {
                "res_model": "res.partner",
                "res_id": self.company.id,
                "partner_id": self.boss.partner_id.id,
            },
            "mail.notification": {"res_partner_id": self.boss.partner_id.id},
            "res.config.settings": {},
            "base.partner.merge.automatic.wizard": {"group_by_email": True},
        }


class Visit:
    """A person who tries everything in one database, each thing as if it was the first one."""

    def __init__(self, registry, cr, login, world):
        self.cr, self.world = cr, world
        root = Environment(cr, SUPERUSER_ID, {})
        self.uid = root["res.users"].search([("login", "=", login)]).id
        self.registry = registry

    def names(self, model):
        """Return the fields that this person sees."""
        return sorted(Environment(self.cr, self.uid, CONTEXT)[model].fields_get().keys() - FICKLE)

    def lively(self, model):
        """Return the fields of ``model`` on which something happens in a form as soon as they change."""
        return set(Environment(self.cr, self.uid, CONTEXT)[model]._onchange_methods)

    def outcomes(self, model, names, lively):
        """Return what becomes of everything that can be done with ``model``.

        :param names: its fields
        :param lively: those that are changed one by one in a form
        """
        return {title: self._attempt(model, names, work) for title, work in self._works(model, names, lively)}

    def _attempt(self, model, names, work):
        """Do one thing and undo it; return the name of what was raised, or the result and what can be read then.

        What was read meanwhile is in the cache of the same environment, so this shows also what it left there.
        """
        env = Environment(self.cr, self.uid, CONTEXT)
        savepoint = Savepoint(self.cr)
        try:
            with mute_logger(*MUTED):
                result = work(env[model])
                env.flush_all()
            return result, self._read(env[model], names)
        except Exception as error:  # noqa: BLE001
            return type(error).__name__
        finally:
            env.transaction.clear()
            savepoint.rollback()
            savepoint.close()

    def _read(self, records, names):
        """Return the samples of a model as this person reads them, without what differs from one run to the next."""
        seen = {}
        for record in records.browse(self.world.samples.get(records._name, ())):
            try:
                with mute_logger(*MUTED):
                    seen[record.id] = comparable(record.read(names)[0])
            except Exception as error:  # noqa: BLE001
                seen[record.id] = type(error).__name__
        return seen

    # === WHAT IS DONE === #

    def _works(self, model, names, lively):
        """Yield a title and a function of the empty recordset for each thing that can be done."""
        vals = self.world.vals[model]
        yield "default_get", lambda it: comparable(it.default_get(names))
        yield "display_name of all", lambda it: it.search([]).mapped("display_name") and None
        yield "name_search", lambda it: comparable(it.name_search("guest", limit=5))
        yield from self._onchange_works(model, names, lively)
        yield from self._group_works(model, names)
        yield "create", lambda it: it.create(dict(vals)).read(names) and None
        yield "create and save again", lambda it: it.create(dict(vals)).web_save(self._change(it, names), {}) and None
        yield "web_save of a new one", lambda it: it.web_save(dict(vals), {"display_name": {}}) and None
        for number, record_id in enumerate(self.world.samples.get(model, ())):
            for title, work in self._record_works(model, names):
                yield f"{title} {number}", lambda it, record_id=record_id, work=work: work(it.browse(record_id))

    def _onchange_works(self, model, names, lively):
        """A new form, then a change in each field that something happens on, then all of them at once."""
        spec = {name: {} for name in names}
        vals = {name: value for name, value in self.world.vals[model].items() if name in names}
        yield "new form", lambda it: comparable(it.onchange({}, [], spec)["value"])
        for name in sorted(lively.intersection(names)):
            yield f"onchange {name}", lambda it, name=name: comparable(it.onchange(vals, [name], spec).get("value", {}))
        yield "onchange of all", lambda it: comparable(it.onchange(vals, names, spec).get("value", {}))

    def _group_works(self, model, names):
        for name in names:
            field = self.registry[model]._fields[name]
            if field.store and field.type in GROUPED:
                by = f"{name}:month" if field.type in ("date", "datetime") else name
                yield f"group by {name}", lambda it, by=by: len(it.formatted_read_group([], [by], ["__count"]))

    def _record_works(self, model, names):
        """Yield what can be done with a record that is there."""
        spec = {name: {} for name in names}
        yield "display_name", lambda record: record.display_name
        yield "web_read", lambda record: comparable(record.web_read(spec)[0])
        yield "onchange of", lambda record: comparable(record.onchange({}, names[:0], spec).get("value", {}))
        yield "copy_data", lambda record: _only(names, record.copy_data()[0])
        yield "copy", lambda record: record.copy().read(names) and None
        yield "write", lambda record: record.write(self._change(record, names)) and None
        yield "web_save", lambda record: record.web_save(self._change(record, names), spec) and None
        yield "export", lambda record: comparable(record.export_data(["id", *names])["datas"][0][1:])
        yield "archive", lambda record: "active" in names and record.action_archive() and None
        yield "delete", lambda record: record.unlink() and None
        if model == "calendar.event":
            yield from self._event_works()

    def _event_works(self):
        """Yield what people do with meetings besides: repeat, move a series, hand over, invite, answer."""
        later = {"start": Datetime.now() + timedelta(days=2), "stop": Datetime.now() + timedelta(days=2, hours=1)}
        repeat = {"recurrency": True, "rrule_type": "daily", "count": 3, "end_type": "count", "event_tz": "UTC"}
        yield "repeat", lambda event: event.write(dict(repeat)) and None
        for scope in ("self_only", "future_events", "all_events"):
            moved = {**later, "recurrence_update": scope}
            yield f"move {scope}", lambda event, moved=moved: event.write(dict(moved)) and None
            yield f"cancel {scope}", lambda event, scope=scope: event.action_mass_archive(scope) and None
        yield "hand over", lambda event: event.write({"user_id": SUPERUSER_ID}) and None
        spec = {"user_id": {}, "partner_ids": {}, "name": {}}
        yield "hand over in a form", lambda event: comparable(event.onchange({"user_id": 2}, ["user_id"], spec))
        invited = {"partner_ids": [Command.link(self.world.samples["res.partner"][0])]}
        yield "invite", lambda event: event.write(dict(invited)) and None
        for answer in ("do_accept", "do_decline"):
            yield answer, lambda event, answer=answer: getattr(event.attendee_ids, answer)() and None

    def _change(self, records, names):
        """Return a change of one plain field, as somebody types it."""
        found = (it for it in ("name", "value", "payment_details", "email", "reference") if it in names)
        name = next(found, None)
        return {name: "Changed"} if name and records._fields[name].type == "char" else {}


def _only(names, vals):
    """Return the values of Odoo's own fields; of their lines only how many, because ours have fields too."""
    return {
        name: len(value) if isinstance(value, list) else comparable(value)
        for name, value in vals.items()
        if name in names
    }


def comparable(value):
    """Return ``value`` in a way in which two databases can be compared: of many records only how many."""
    if isinstance(value, dict):
        return {ADDRESS.sub("", str(key)): comparable(it) for key, it in value.items()}
    if isinstance(value, BaseModel):
        return len(value)
    if isinstance(value, list | tuple):
        if value and all(isinstance(it, int) and not isinstance(it, bool) for it in value):
            return len(value)
        return [comparable(it) for it in value]
    if isinstance(value, date | datetime | int | float | bool | None):
        return value
    return ADDRESS.sub("", str(value))
