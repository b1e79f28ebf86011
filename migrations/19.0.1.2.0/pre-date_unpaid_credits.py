"""Credits know when their invoice was to be paid. Filled in here: computing it would rewrite each of them."""


def migrate(cr, version):
    cr.execute("ALTER TABLE practice_credit_lot ADD COLUMN IF NOT EXISTS due_date date")
    cr.execute(
        """UPDATE practice_credit_lot lot SET due_date = invoice.invoice_date_due
             FROM account_move invoice WHERE invoice.id = lot.invoice_id"""
    )
