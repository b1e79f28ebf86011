from odoo import api, fields, models
from odoo.tools import SQL

from .credit_proof import DOCUMENT_TYPE, Source


class PracticeCreditProof(models.Model):
    """Down payments of sale orders wait on a balance post too, where the company has no account of its own for them.

    They are what the customer still has to get, so they are a column of the proof: the invoice of the down payment
    brings it, the final invoice takes it back and gives credits instead. What a final invoice takes back more than its
    order brought to the account was never there: a row of the kind *not received* undoes it, and the difference shows.

    Only Sales makes such lines; without it there are none. Each names no product, and a line of an order that is a down
    payment, so nothing else on a balance post passes for one.
    """

    _inherit = "practice.credit.proof"

    kind = fields.Selection(
        selection_add=[("down_payment", "Down payment"), ("unreceived", "Down payment not received")],
        ondelete={"down_payment": "cascade", "unreceived": "cascade"},
    )
    down_payments = fields.Monetary(
        readonly=True, help="Down payments of sale orders that the final invoice has not deducted yet."
    )

    @api.model
    def _get_claims(self):
        return [*super()._get_claims(), "down_payments"]

    @api.model
    def _get_more_columns(self):
        return {**super()._get_more_columns(), "down_payments": SQL("0.0")}

    @api.model
    def _get_sources(self, posts):
        sources = super()._get_sources(posts)
        if self.env["account.move.line"]._practice_get_order_fields():
            more = ("package_id", "line_id", "down_payments")
            sources += [
                Source("down_payment", self._select_down_payments(), more),
                Source("unreceived", self._select_unreceived(), more),
            ]
        return sources

    @api.model
    def _get_tables(self, posts):
        tables = super()._get_tables(posts)
        if self.env["account.move.line"]._practice_get_order_fields():
            tables["down_payment"] = SQL("(%s)", self._select_down_payment_items(posts))
        return tables

    @api.model
    def _select_down_payment_items(self, posts):
        """Return the posted items of down payments on balance posts, credit positive, with their order."""
        return SQL(
            """
            SELECT item.id AS line_id, item.date, item.company_id, item.account_id, sole.package_id,
                   %s AS payer_id, -item.balance AS amount, MIN(ordered.order_id) AS order_id,
                   %s AS document_type
              FROM account_move_line item
              JOIN sole ON sole.account_id = item.account_id AND sole.company_id = item.company_id
              JOIN sale_order_line_invoice_rel invoiced ON invoiced.invoice_line_id = item.id
              JOIN sale_order_line ordered ON ordered.id = invoiced.order_line_id AND ordered.is_downpayment
             WHERE item.is_downpayment AND item.product_id IS NULL AND item.practice_package_id IS NULL
               AND item.parent_state = 'posted'
          GROUP BY item.id, sole.package_id
            """,
            self._get_item_customer(posts),
            DOCUMENT_TYPE,
        )

    @api.model
    def _select_down_payments(self):
        return SQL(
            """
            SELECT line_id AS source_id, date, company_id, account_id, package_id, payer_id, line_id,
                   amount AS down_payments, document_type
              FROM down_payment
            """
        )

    @api.model
    def _select_unreceived(self):
        """Return what orders took back from an account although it never came there."""
        return SQL(
            """
            SELECT MIN(line_id) AS source_id, MAX(date) AS date, company_id, account_id, MIN(package_id) AS package_id,
                   MAX(payer_id) AS payer_id, MAX(line_id) AS line_id, -SUM(amount) AS down_payments
              FROM down_payment
          GROUP BY order_id, company_id, account_id
            HAVING SUM(amount) < 0
            """
        )
