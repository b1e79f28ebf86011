"""Appointments keep the package whose credits they take: those they have taken, else those their type says today."""


def migrate(cr, version):
    cr.execute(
        """UPDATE calendar_event event
              SET practice_package_id = COALESCE(
                  (SELECT package_id FROM practice_credit_move WHERE event_id = event.id ORDER BY id DESC LIMIT 1),
                  type.package_id)
             FROM practice_appointment_type type
            WHERE type.id = event.practice_appointment_type_id AND event.practice_late_policy IS NOT NULL"""
    )
