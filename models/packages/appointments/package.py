from odoo import models


class PracticePackage(models.Model):
    """Appointments that could not be closed are a matter of their package."""

    _inherit = "practice.package"

    def _has_failures(self):
        events_sudo = self.env["calendar.event"].sudo()  # sudo: whether there is one
        failed = [("practice_package_id", "=", self.id), ("credit_error", "!=", False)]
        return bool(events_sudo.search_count(failed, limit=1)) or super()._has_failures()
