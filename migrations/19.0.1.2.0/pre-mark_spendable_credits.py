"""How many credits are paid and can be planned: what this module said by their state until now.

Without it Odoo would compute both one credit at a time, in the name of whoever updates.
"""


def migrate(cr, version):
    # There are no gift vouchers yet, so nothing is kept for one.
    cr.execute(
        """ALTER TABLE practice_credit_lot ADD COLUMN IF NOT EXISTS credits_paid int4,
                                           ADD COLUMN IF NOT EXISTS credits_unpaid int4,
                                           ADD COLUMN IF NOT EXISTS credits_spendable int4,
                                           ADD COLUMN IF NOT EXISTS keeping_voucher_id int4,
                                           ADD COLUMN IF NOT EXISTS credits_overdrawn int4"""
    )
    # is_paid is marked by the script before this one, in the order of their names.
    cr.execute(
        """UPDATE practice_credit_lot
              SET credits_paid = CASE WHEN is_paid THEN credits_total - credits_refunded ELSE 0 END,
                  credits_unpaid = CASE WHEN is_paid THEN 0 ELSE credits_total - credits_refunded END,
                  credits_spendable = CASE WHEN state = 'active' THEN credits_available ELSE 0 END,
                  credits_overdrawn = CASE WHEN is_paid THEN 0
                                           ELSE credits_total - credits_refunded - credits_available END"""
    )
