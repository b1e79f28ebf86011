"""Credits whose invoice is due on several days are given as it is paid; until now they waited for all of it."""

from odoo.api import SUPERUSER_ID, Environment


def migrate(cr, version):
    cr.execute(
        """SELECT lot.id
             FROM practice_credit_lot lot
             JOIN account_move_line item ON item.move_id = lot.invoice_id AND item.display_type = 'payment_term'
            WHERE NOT lot.is_paid
         GROUP BY lot.id
           HAVING COUNT(*) > 1"""
    )
    env = Environment(cr, SUPERUSER_ID, {})
    lots = env["practice.credit.lot"].browse(lot_id for (lot_id,) in cr.fetchall())
    lots.modified(["invoice_id"])
    env.flush_all()
