from functools import lru_cache

from odoo import api, models
from odoo.tools import SQL, ormcache

#: What Odoo adds to each row.
LOGGED = ("create_uid", "create_date", "write_uid", "write_date")

#: What of the ORM is done in another way here, and whose overrides have to be asked.
REPLACED = ("_create", "_prepare_create_values", "_add_missing_default_values", "modified", "_validate_fields")

#: What the cache holds of a field of these types is not always what it is given.
CONVERTED = ("date", "datetime", "float")


class PracticeInsertMixin(models.AbstractModel):
    """Complete rows of a model, inserted together.

    The ORM takes some 450 calls for each row that it creates: defaults, access, a cache for each field. Rows of these
    models come from one place, complete. Where another add-on has a column of its own, a rule or a say in how rows are
    made, the ORM makes them.

    ``_insert_columns`` names the columns, all of which have to be given; ``_insert_empty`` what stands for nothing in
    those in which it is not NULL. Amounts have to be rounded already.
    """

    _name = "practice.insert.mixin"
    _description = "Rows That Are Inserted Together"

    _insert_columns = ()
    _insert_empty = {}

    @api.model_create_multi
    def create(self, vals_list):
        return self._insert(vals_list) if self._may_insert(vals_list) else super().create(vals_list)

    @api.model
    def _may_insert(self, vals_list):
        """Return whether these rows need nothing of the ORM: they are complete, and nobody else has a say in them."""
        required = set(self._insert_columns)
        complete = bool(vals_list) and all(vals.keys() == required for vals in vals_list)
        return complete and self.env.su and self._is_left_to_us()

    @api.model
    @ormcache()
    def _is_left_to_us(self):
        """Return whether no other add-on has a say in how rows are made: a column, a rule, or a method. What extends
        ``create`` of this model is asked before."""
        columns = {field.name for field in self._fields.values() if field.store and field.column_type}
        asked_after = [parent for parent in type(self).mro() if vars(parent).get("_name") == "base"]
        return (
            columns == {"id", *self._insert_columns, *LOGGED}
            and not self._constraint_methods
            and not any(it.domain for name in self._insert_columns for it in self._get_lists_by(name))
            and not any("create" in vars(parent) for parent in asked_after)
            and all(getattr(type(self), name) is getattr(models.BaseModel, name) for name in REPLACED)
        )

    @api.model
    def _insert(self, vals_list):
        """Insert complete rows with one statement; cache, inverses and what is computed follow, as the ORM does it."""
        now, number = self.env.cr.now(), len(vals_list)
        values = {name: self._get_column(name, vals_list) for name in self._insert_columns}
        values |= {name: [self.env.uid] * number for name in ("create_uid", "write_uid")}
        values |= {name: [now] * number for name in ("create_date", "write_date")}
        rows = self.browse(id_ for [id_] in self.env.execute_query(self._get_insert_sql(values)))
        for name, column in values.items():
            self._fields[name]._insert_cache(rows, column)
        for field in self._fields.values():
            if field.store and not field.column_type:
                field._insert_cache(rows, [()] * number)
        for inverse, column in ((it, values[name]) for name in self._insert_columns for it in self._get_lists_by(name)):
            known = inverse._get_cache(self.env)
            for id_, value in zip(rows._ids, column, strict=True):
                if value in known:
                    known[value] += (id_,)
        with self.env.protecting([self._fields[name] for name in self._insert_columns], rows):
            rows.modified(self._fields, create=True)
        return rows

    @api.model
    def _get_column(self, name, vals_list):
        """Return what the column ``name`` of each row holds."""
        field, empty = self._fields[name], self._insert_empty.get(name)
        column = [vals[name] or empty for vals in vals_list]
        return [field.convert_to_cache(it, self) for it in column] if field.type in CONVERTED else column

    @api.model
    def _get_insert_sql(self, values):
        """Return the statement that inserts rows and returns their ids in order.

        What differs from row to row goes as arrays: the fifty rows of a series differ in their appointment only.

        :param dict values: ``{column: [value of each row]}``
        """
        same = {name: column[0] for name, column in values.items() if column.count(column[0]) == len(column)}
        others = [name for name in values if name not in same]
        insert = SQL("INSERT INTO %s (%s)", SQL.identifier(self._table), _get_identifiers((*same, *others)))
        if not others:
            return SQL("%s VALUES %s RETURNING id", insert, tuple(same.values()))
        arrays = (SQL("%s::%s[]", values[name], SQL(self._fields[name].column_type[0])) for name in others)
        return SQL(
            "%s SELECT %s, entry.* FROM unnest(%s) AS entry RETURNING id",
            insert,
            SQL(", ").join(SQL("%s", value) for value in same.values()),
            SQL(", ").join(arrays),
        )

    @api.model
    def _get_lists_by(self, name):
        """Return the fields that list the rows whose field ``name`` has a record."""
        return self.pool.field_inverses[self._fields[name]]


@lru_cache
def _get_identifiers(names):
    return SQL(", ").join(map(SQL.identifier, names))
