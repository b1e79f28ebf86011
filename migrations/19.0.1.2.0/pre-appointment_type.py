from odoo.tools.sql import column_exists, table_exists


def migrate(cr, version):
    """Fill what a type keeps of its rooms and package now, so that an update does not write on each type."""
    cr.execute(
        "ALTER TABLE practice_appointment_type"
        " ADD COLUMN IF NOT EXISTS needs_room boolean, ADD COLUMN IF NOT EXISTS weekly_visits integer"
    )
    if table_exists(cr, "practice_appointment_type_room_rel"):
        cr.execute(
            """UPDATE practice_appointment_type type SET needs_room = EXISTS (
                SELECT 1 FROM practice_appointment_type_room_rel rel JOIN practice_room room ON room.id = rel.room_id
                 WHERE rel.type_id = type.id AND room.active)"""
        )
    if column_exists(cr, "practice_package", "weekly_visits"):
        cr.execute(
            """UPDATE practice_appointment_type type SET weekly_visits = package.weekly_visits
                 FROM practice_package package WHERE package.id = type.package_id"""
        )
