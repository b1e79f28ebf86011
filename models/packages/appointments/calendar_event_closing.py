from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...common.retry_mixin import Step

#: Appointments that one batch of the run marks.
CLOSE_BATCH = 500


class CalendarEvent(models.Model):
    """The run that marks appointments as attended once they have ended."""

    _name = "calendar.event"
    _inherit = ["calendar.event", "practice.retry.mixin"]

    _practice_error_field = "credit_error"
    _practice_retry_field = "credit_retry_date"

    # What the closing run searches.
    _to_close_idx = models.Index("(stop) WHERE attendance = 'planned' AND active IS TRUE")

    def write(self, vals):
        """Somebody who marks an appointment has looked at what kept it from being closed."""
        if "attendance" not in vals:
            return super().write(vals)
        # sudo: hidden field
        failed_sudo = self.sudo().filtered("credit_error")
        result = super().write(vals)
        failed_sudo.practice_package_id._untell_books()
        return result

    @api.model
    def _practice_get_to_close_domain(self):
        """Return the appointments that have ended and that nobody marked."""
        companies = self.env["res.company"].search([("practice_auto_attend", "=", True)])
        ended = Domain("attendance", "=", "planned") & Domain("stop", "<", fields.Datetime.now())
        return ended & Domain.OR(
            Domain("practice_appointment_type_id.company_id", "=", company.id)
            & self._practice_get_retry_domain(company._practice_day())
            for company in companies
        )

    @api.model
    def _cron_close_appointments(self):
        """Mark appointments that have ended as attended, in batches; one that fails is set aside until tomorrow."""
        quiet = self.with_context(tracking_disable=True)
        close = type(self)._practice_close
        self._practice_run(
            [Step(quiet, self._practice_get_to_close_domain(), close, size=CLOSE_BATCH, order="stop, id")]
        )

    def _practice_close(self):
        """Mark these appointments as attended.

        :raises UserError: when the patient or the practitioner of one is archived: nobody knows whether it took place
        """
        system = self.env.ref("base.user_root")  # archived, and nobody
        for event in self:
            archived = [it.name for it in (event.patient_id, event.user_id - system) if it and not it.active]
            if archived:
                raise UserError(
                    self.env._(
                        "%s is archived, so the visit is not marked by itself. Mark it as attended, or cancel it.",
                        ", ".join(archived),
                    )
                )
        self.write({"attendance": "attended"})

    def _practice_get_retry_company(self):
        return self._practice_get_company()

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        package = self._practice_get_package()
        package._tell_books(self.env._("Appointments could not be closed"), reason)
        return result
