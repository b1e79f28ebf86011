"""The buffer of online booking becomes one before and one after, which hold for everybody who plans."""


def migrate(cr, version):
    cr.execute(
        """SELECT 1 FROM information_schema.columns
            WHERE table_name = 'practice_appointment_type' AND column_name = 'booking_buffer'"""
    )
    if not cr.fetchone():
        return
    cr.execute(
        """ALTER TABLE practice_appointment_type
             ADD COLUMN IF NOT EXISTS buffer_before integer,
             ADD COLUMN IF NOT EXISTS buffer_after integer"""
    )
    cr.execute(
        """UPDATE practice_appointment_type SET buffer_before = booking_buffer, buffer_after = booking_buffer
            WHERE buffer_before IS NULL AND buffer_after IS NULL"""
    )
