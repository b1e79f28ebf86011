"""Whatever can be changed of master data: derived from the models, so that a new field is attacked by itself.

What a test gives are the records, and for each related model the records to choose from. A field for which no other
value can be found fails the test, until it is left out with a reason.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

NUMBERS = (0, 1, 3, 12, 7.5, 99.99)


@dataclass
class Subject:
    """Records of one model, and the modules whose fields of it matter; without any all of them do."""

    records: models.BaseModel
    modules: tuple = ()


@dataclass
class MasterData:
    """Records to change, what their relations can point at, and the fields that are left out.

    :param list subjects: :class:`Subject`
    :param dict pools: ``{model: records}`` that a relation can get
    :param dict left_out: ``{"model.field": why}``
    """

    subjects: list
    pools: dict
    left_out: dict = field(default_factory=dict)

    # === WHICH FIELDS === #

    @staticmethod
    def writable(subject):
        """Return the names of all fields of a model that people write and the database keeps.

        Lists of other records (``one2many``) are fields of those.
        """
        return [
            name
            for name, it in sorted(subject.records._fields.items())
            if it.store and not it.readonly and it.type != "one2many"
            if name not in models.MAGIC_COLUMNS
            if not subject.modules or set(it._modules) & set(subject.modules)
        ]

    def attacked(self, subject):
        """Return the names of the fields of a model that are changed."""
        model = subject.records._name
        return [name for name in self.writable(subject) if f"{model}.{name}" not in self.left_out]

    def problems(self):
        """Return fields that are neither attacked nor left out, and what is left out for nothing."""
        known = {f"{it.records._name}.{name}" for it in self.subjects for name in self.writable(it)}
        without = [
            f"{subject.records._name}.{name}: no other value is known; give records to choose from, or leave it out"
            for subject in self.subjects
            for name in self.attacked(subject)
            if not any(self.values(record, name) for record in subject.records)
        ]
        return without + [f"{name}: left out, and there is no such field" for name in self.left_out.keys() - known]

    # === WHICH VALUES === #

    def values(self, record, name):
        """Return other values of a field of ``record``, as they are written, for each kind of field."""
        now, it = record[name], record._fields[name]
        if it.type == "boolean":
            return [not now]
        if it.type == "selection":
            return [key for key, _label in it._description_selection(record.env) if key != now][:20]
        if it.type in ("integer", "float", "monetary"):
            numbers = {int(number) for number in NUMBERS} if it.type == "integer" else NUMBERS
            return [number for number in sorted(numbers) if number != now]
        if it.type in ("char", "text", "html"):
            return [f"{now or ''} (changed)"]
        if it.type == "date":
            day = now or record.env.company._practice_day()
            return [day + timedelta(days=days) for days in (-40, -1, 1, 40)]
        pool = self.pools.get(it.comodel_name)
        if it.type == "many2one" and pool is not None:
            return [choice.id for choice in [*pool, pool.browse()] if choice != now]
        if it.type == "many2many" and pool is not None:
            return [[(Command.unlink if choice in now else Command.link)(choice.id)] for choice in pool]
        return []

    def all_changes(self):
        """Yield ``(words, record, name, value)`` of every change to every field."""
        for subject in self.subjects:
            for name in self.attacked(subject):
                for record in subject.records:
                    for value in self.values(record, name):
                        yield self.describe(record, name, value), record, name, value

    def choose(self, dice):
        """Return ``(record, name, value)`` of one change."""
        subject = dice.one(self.subjects)
        name = dice.one(self.attacked(subject))
        record = dice.one(subject.records)
        return record, name, dice.one(self.values(record, name) or [record[name]])

    @staticmethod
    def describe(record, name, value):
        it = record._fields[name]
        shown = record.env[it.comodel_name].browse(value).display_name if value and it.type == "many2one" else value
        return f"{record._name} {record.display_name}: {name} = {shown}"

    @staticmethod
    def change(record, name, value):
        """Write it, as a form would.

        :raises UserError: when it is refused, by the database as well
        """
        try:
            with mute_logger("odoo.sql_db"):
                record.write({name: value})
                record.env.flush_all()
        except psycopg2.IntegrityError as error:
            raise UserError(str(error)) from error
