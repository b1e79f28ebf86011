from datetime import timedelta

from odoo import fields, models

from .absence_line_pick import LINK_DAYS


class ResPartner(models.Model):
    """Patients whose appointment an absence cancelled pick a new time."""

    _inherit = "res.partner"

    def _practice_prepare_portal_todos(self, patients, packages):
        lines_sudo = self.env["practice.absence.line"].sudo()  # sudo: of the login's own patients
        since = fields.Datetime.now() - timedelta(days=LINK_DAYS)
        # Looked for by patient; what an event says is not searched, because cancelled ones may be archived.
        found = lines_sudo.search([("patient_id", "in", patients.ids), ("outcome", "=", "open")], order="id desc")
        todos = [
            {
                "text": self.env._(
                    "%(practitioner)s is away: your appointment of %(when)s does not take place.",
                    practitioner=line.practitioner_id.name,
                    when=line.event_id._practice_describe_start(),
                ),
                "url": line._get_pick_url(self),
                "label": self.env._("Pick a new time"),
            }
            for line in found
            if line.event_id.start > since and line.told == "sent"
        ]
        return [*todos, *super()._practice_prepare_portal_todos(patients, packages)]
