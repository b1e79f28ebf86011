"""Appointments keep the policy that held when they were planned; those that were planned before get that of today."""


def migrate(cr, version):
    cr.execute(
        """UPDATE calendar_event event
              SET practice_late_policy = type.late_policy, practice_cancel_hours = type.cancel_hours
             FROM practice_appointment_type type
            WHERE type.id = event.practice_appointment_type_id AND event.practice_late_policy IS NULL"""
    )
