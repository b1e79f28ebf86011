def migrate(cr, version):
    """Let the invoices of fees say which invoice they are for, so that they are with what is open."""
    cr.execute(
        """
        UPDATE account_move fee
           SET practice_fee_origin_id = reminder.move_id
          FROM (SELECT fee_move_id, max(move_id) AS move_id FROM practice_reminder GROUP BY fee_move_id) reminder
         WHERE fee.id = reminder.fee_move_id
           AND fee.practice_fee_origin_id IS NULL
        """
    )
