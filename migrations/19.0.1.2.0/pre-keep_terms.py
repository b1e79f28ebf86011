"""Discounts keep the terms of their code; those given before get the terms of today, without being written anew."""


def migrate(cr, version):
    cr.execute(
        """ALTER TABLE practice_discount_redemption
             ADD COLUMN IF NOT EXISTS kind varchar,
             ADD COLUMN IF NOT EXISTS value double precision,
             ADD COLUMN IF NOT EXISTS duration varchar,
             ADD COLUMN IF NOT EXISTS periods integer,
             ADD COLUMN IF NOT EXISTS currency_id integer"""
    )
    cr.execute(
        """UPDATE practice_discount_redemption redemption
              SET kind = code.kind, duration = code.duration, periods = code.periods, currency_id = code.currency_id,
                  value = CASE code.kind WHEN 'percentage' THEN code.percentage ELSE code.amount END
             FROM practice_discount_code code
            WHERE code.id = redemption.code_id AND redemption.kind IS NULL"""
    )
    # As Odoo would make it, which then adds the references.
    cr.execute(
        """CREATE TABLE IF NOT EXISTS practice_discount_redemption_plan_rel (
               redemption_id integer NOT NULL, plan_id integer NOT NULL, PRIMARY KEY (redemption_id, plan_id)
           )"""
    )
    cr.execute(
        """CREATE INDEX IF NOT EXISTS practice_discount_redemption_plan_rel_plan_id_redemption_id_idx
               ON practice_discount_redemption_plan_rel (plan_id, redemption_id)"""
    )
    cr.execute(
        """INSERT INTO practice_discount_redemption_plan_rel (redemption_id, plan_id)
           SELECT redemption.id, plan.practice_plan_id
             FROM practice_discount_redemption redemption
             JOIN practice_discount_code_practice_plan_rel plan ON plan.practice_discount_code_id = redemption.code_id
               ON CONFLICT DO NOTHING"""
    )
