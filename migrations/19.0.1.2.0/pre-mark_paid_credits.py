"""Credits know whether they are paid. Filled in here: computing it would rewrite each of them.

What could be used so far stays so, also where its invoice was written off.
"""


def migrate(cr, version):
    cr.execute("ALTER TABLE practice_credit_lot ADD COLUMN IF NOT EXISTS is_paid boolean")
    cr.execute(
        """UPDATE practice_credit_lot lot
              SET is_paid = CASE lot.state
                  WHEN 'pending' THEN FALSE
                  WHEN 'active' THEN TRUE
                  ELSE lot.origin NOT IN ('invoice', 'plan') OR EXISTS (
                      SELECT FROM account_move invoice
                       WHERE invoice.id = lot.invoice_id
                         AND invoice.payment_state IN ('paid', 'in_payment', 'reversed')
                  )
              END"""
    )
