"""Seats get the invoice line that charged them, credit notes the line they credit: refunds go by what was billed.

Invoices did not keep it, but were written in a known order. Where somebody has added or taken out lines since, a seat
may stay without a line: it is then not given back, and whoever takes it over is charged.
"""

from odoo.api import SUPERUSER_ID, Environment
from odoo.tools import SQL


def migrate(cr, version):
    cr.execute(
        """UPDATE practice_subscription_period period
              SET is_membership = TRUE
             FROM practice_plan plan
             JOIN product_product product ON product.id = plan.product_id
             JOIN product_template template ON template.id = product.product_tmpl_id
            WHERE plan.id = period.plan_id AND period.kind <> 'extras' AND period.is_membership IS NOT TRUE
              AND (template.package_id IS NOT NULL AND plan.deferred_account_id IS NULL
                   OR EXISTS (SELECT FROM practice_credit_lot lot
                                JOIN account_move_line line ON line.id = lot.invoice_line_id
                               WHERE line.practice_period_id = period.id))"""
    )
    env = Environment(cr, SUPERUSER_ID, {"active_test": False})
    env.invalidate_all()
    licences = env["practice.subscription.licence"].search([("invoice_line_id", "=", False)], order="id")
    charged, taken = [], []
    for (billed, period), of_line in licences.grouped(lambda it: (it.billed_period_id, it.period_id)).items():
        lines = billed.move_id.invoice_line_ids.filtered(lambda it: it.display_type == "product").sorted("id")
        charged += _find_charged(billed, period, of_line, lines)
        taken += _find_discounts(period, of_line, lines)
    _link(cr, "practice_subscription_licence", "invoice_line_id", charged)
    _link(cr, "practice_subscription_licence", "discount_line_id", taken)
    documents = env["account.move"].search([("practice_period_id.move_id", "!=", False)], order="id")
    documents = documents.filtered(lambda it: it.practice_period_id.move_id != it)
    _link(cr, "account_move_line", "practice_origin_id", [row for it in documents for row in _find_origins(it)])
    env.invalidate_all()
    documents.practice_period_id._follow_documents(documents.filtered(lambda it: not it.reversed_entry_id))
    licences.filtered("invoice_line_id")._follow_lines()
    licences.filtered(lambda it: not it.invoice_line_id).is_paid_for = False


def _find_charged(billed, period, licences, lines):
    """Return ``[(seat, line)]`` of the seats of ``period`` that the invoice of ``billed``, with ``lines``, charges."""
    # Additions and memberships have a line for each seat, the others one for each kind.
    alone = billed != period or period.is_membership
    groups = licences.grouped(lambda it: it.id if alone else it.kind)
    # What is charged for a period comes after what is given back of it.
    lines = lines.filtered(lambda it: it.practice_period_id == period and it._practice_get_net() >= 0)
    pairs = zip(groups.values(), lines[-len(groups) :], strict=False)
    return [(licence.id, line.id) for group, line in pairs for licence in group]


def _find_discounts(period, licences, lines):
    """Return ``[(seat, line)]`` of the seats that a code made cheaper, by a line of its own."""
    lines = lines.filtered(lambda it: it.practice_period_id.plan_id == period.plan_id and it._practice_get_net() < 0)
    if period.is_membership or not lines:
        return []
    return [(licence.id, lines[-1:].id) for licence in licences.filtered("discount_rate")]


def _find_origins(document):
    """Return ``[(line, line that it credits or repeats)]`` of a credit note, or of an invoice that was made anew."""
    invoice = document.practice_period_id.move_id
    origins = {(line.name, line.practice_period_id): line for line in invoice.invoice_line_ids}
    lines = document.invoice_line_ids.filtered("practice_period_id")
    found = [(line.id, origins.get((line.name, line.practice_period_id))) for line in lines]
    return [(line, origin.id) for line, origin in found if origin]


def _link(cr, table, column, pairs):
    if pairs:
        rows = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in pairs)
        sql = "UPDATE %s AS t SET %s = pair.other FROM (VALUES %s) AS pair (id, other) WHERE t.id = pair.id"
        cr.execute(SQL(sql, SQL.identifier(table), SQL.identifier(column), rows))
