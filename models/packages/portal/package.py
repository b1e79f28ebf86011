from urllib.parse import urlencode

from odoo import models


class PracticePackage(models.Model):
    """Where the credits of a package are booked with."""

    _inherit = "practice.package"

    def _get_portal_book_url(self, patient, types):
        """Return where ``patient`` books an appointment with credits of this package; nothing where nobody can.

        :param types: those that the login may book
        """
        self.ensure_one()
        own = types.filtered(lambda it: it.package_id == self)
        if not own:
            return ""
        query = {"type_id": own.id, "patient_id": patient.id} if len(own) == 1 else {"patient_id": patient.id}
        return f"/my/appointments/book?{urlencode(query)}"
