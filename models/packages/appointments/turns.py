"""Of several who want the same, one comes first and the others see what they did."""

from odoo.tools import SQL


def take_turn(records, counter):
    """Make sure that nobody else takes what ``records`` are about in the meantime.

    Looking whether something is free and then taking it is not safe by itself: under REPEATABLE READ two requests both
    find it free. Each therefore updates these rows; of two at once the second one gets a serialization failure, Odoo
    repeats its request, and then it sees what the first one took.

    :param str counter: the field that is counted up
    """
    if turn := get_turn_sql(records, counter):
        # A conflict is what this is for: no error to write down.
        records.env.cr.execute(turn, log_exceptions=False)


def get_turn_sql(records, counter):
    """Return the statement of :func:`take_turn`, or ``None`` when there is nothing to take."""
    if not records.ids:
        return None
    names = {"table": SQL.identifier(records._table), "counter": SQL.identifier(counter)}
    return SQL(
        """UPDATE %(table)s SET %(counter)s = COALESCE(%(counter)s, 0) + 1
             FROM (SELECT id FROM %(table)s WHERE id IN %(ids)s ORDER BY id FOR NO KEY UPDATE) AS in_order
            WHERE %(table)s.id = in_order.id""",
        ids=tuple(records.ids),
        **names,
    )
