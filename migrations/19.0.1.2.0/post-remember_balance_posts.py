"""Balance posts are remembered from now on: those that packages, plans, credits and periods have, or have had."""


def migrate(cr, version):
    cr.execute(
        """INSERT INTO practice_balance_post
                  (company_id, account_id, active, create_uid, create_date, write_uid, write_date)
           SELECT company_id, account_id, TRUE, 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
             FROM (
                SELECT company_id, deferred_account_id AS account_id FROM practice_package
                 UNION
                SELECT company_id, deferred_account_id FROM practice_plan
                 UNION
                SELECT company_id, deferred_account_id FROM practice_credit_lot
                 UNION
                SELECT company_id, deferred_account_id FROM practice_subscription_period
                 UNION
                SELECT company_id, deferred_account_id FROM practice_revenue_release
                  ) post
            WHERE company_id IS NOT NULL AND account_id IS NOT NULL
               ON CONFLICT DO NOTHING"""
    )
