"""Rows that a query of our own has read, in the cache of the ORM.

To put a question through the ORM takes 1,000 Python calls and 45 more for each column, whatever PostgreSQL answers.
"""

from functools import lru_cache

from odoo.tools import SQL


@lru_cache
def select_columns(table, names):
    """Return the SQL of the id and of the columns ``names`` (a tuple), which are not translated, of ``table``."""
    return SQL(", ").join(SQL.identifier(table, name) for name in ("id", *names))


def cache_rows(records, names, rows):
    """Put rows of ``(id, *values of names)`` into the cache and return their records, in this order.

    The values of lists are arrays of ids. What is cached already stays: it may not be written yet.
    """
    if not rows:
        return records.browse()
    ids, *columns = zip(*rows, strict=True)
    found = records.browse(ids)
    for name, column in zip(names, columns, strict=True):
        field = records._fields[name]
        field._insert_cache(found, map(tuple, column) if field.type == "one2many" else column)
    return found


def fetch_columns(records, names):
    """Fetch these columns of those records, with all rights, that lack one of them."""
    cached = [records._fields[name]._get_cache(records.env) for name in names]
    missing = tuple(id_ for id_ in records._ids if any(id_ not in values for values in cached))
    if missing:
        table, columns = SQL.identifier(records._table), select_columns(records._table, names)
        rows = records.env.execute_query(SQL("SELECT %s FROM %s WHERE id IN %s", columns, table, missing))
        cache_rows(records, names, rows)
