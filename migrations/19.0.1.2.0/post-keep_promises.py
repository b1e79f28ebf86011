"""The day of the agreement is kept on subscriptions; those of before get the day on which they were made.

Whoever was billed already has had their first period, and needs none.
"""


def migrate(cr, version):
    cr.execute(
        """UPDATE practice_subscription subscription
              SET promised_on = (subscription.create_date AT TIME ZONE 'UTC' AT TIME ZONE company.practice_tz)::date
             FROM res_company company
            WHERE company.id = subscription.company_id AND subscription.period_id IS NULL
              AND subscription.state IN ('trial', 'active', 'past_due', 'suspended')
              AND subscription.promised_on IS NULL"""
    )
