"""Credits keep what they were sold under, and invoice lines what they sold; until now their package was asked."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE practice_credit_lot lot
           SET release_method = package.release_method,
               validity_months = package.validity_months,
               income_account_id = COALESCE(income.account_dest_id, package.income_account_id),
               breakage_account_id = COALESCE(
                   breakage.account_dest_id, package.breakage_account_id,
                   income.account_dest_id, package.income_account_id)
          FROM practice_package package, practice_credit_lot it
          LEFT JOIN account_move invoice ON invoice.id = it.invoice_id
          LEFT JOIN practice_package of_it ON of_it.id = it.package_id
          LEFT JOIN account_fiscal_position_account income
                 ON income.position_id = invoice.fiscal_position_id
                AND income.account_src_id = of_it.income_account_id
          LEFT JOIN account_fiscal_position_account breakage
                 ON breakage.position_id = invoice.fiscal_position_id
                AND breakage.account_src_id = of_it.breakage_account_id
         WHERE it.id = lot.id AND package.id = lot.package_id
        """
    )
    # What a posted line sold is known from its lot, and what a draft sells from its product.
    cr.execute(
        """
        UPDATE account_move_line line
           SET practice_package_id = COALESCE(lot.package_id, line.practice_package_id),
               practice_credits_per_unit = CASE
                   WHEN lot.credits_total > 0 AND line.quantity > 0 AND line.product_uom_id = template.uom_id
                   THEN GREATEST(round(lot.credits_total / line.quantity), 1) ELSE template.package_credits END,
               practice_credits = COALESCE(lot.credits_total, -taken.credits, 0),
               practice_deferred_account_id = COALESCE(lot.deferred_account_id, taken.account_id,
                   CASE WHEN lot.id IS NULL THEN package.deferred_account_id END)
          FROM product_product product
          JOIN product_template template ON template.id = product.product_tmpl_id,
               account_move_line it
          LEFT JOIN practice_credit_lot lot ON lot.invoice_line_id = it.id
          LEFT JOIN practice_package package ON package.id = it.practice_package_id
          LEFT JOIN LATERAL (
               SELECT -SUM(move.credits) AS credits, MIN(of_move.deferred_account_id) AS account_id
                 FROM practice_credit_move move
                 JOIN practice_credit_lot of_move ON of_move.id = move.lot_id
                WHERE move.invoice_line_id = it.id AND move.kind = 'refund') taken ON true
         WHERE it.id = line.id AND product.id = line.product_id AND line.display_type = 'product'
           AND (line.practice_package_id IS NOT NULL OR lot.id IS NOT NULL)
        """
    )
    # A credit note takes back a line of its invoice; where that sold a product once, it is clear which.
    cr.execute(
        """
        UPDATE account_move_line line SET practice_sold_line_id = sold.id
          FROM account_move note, (
               SELECT move_id, product_id, MIN(id) AS id FROM account_move_line
                WHERE practice_package_id IS NOT NULL AND display_type = 'product'
             GROUP BY move_id, product_id HAVING count(*) = 1) sold
         WHERE note.id = line.move_id AND note.move_type = 'out_refund' AND sold.move_id = note.reversed_entry_id
           AND sold.product_id = line.product_id AND line.practice_package_id IS NOT NULL
        """
    )
