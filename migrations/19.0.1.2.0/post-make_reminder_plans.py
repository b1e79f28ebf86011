"""Who does not pay is told before access is lost; until now nobody was."""

from odoo.api import SUPERUSER_ID, Environment


def migrate(cr, version):
    Environment(cr, SUPERUSER_ID, {})["res.company"]._practice_make_reminder_plans()
