import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

#: Appointments that one batch of the run marks.
CLOSE_BATCH = 500


class CalendarEvent(models.Model):
    """The run that marks appointments as attended once they have ended."""

    _inherit = "calendar.event"

    # What the closing run searches.
    _to_close_idx = models.Index("(stop) WHERE attendance = 'planned' AND active")

    @api.model
    def _get_to_close_domain(self):
        """Return the appointments that have ended and that nobody marked."""
        today = fields.Date.context_today(self)
        return (
            Domain("practice_appointment_type_id.company_id.practice_auto_attend", "=", True)
            & Domain("attendance", "=", "planned")
            & Domain("stop", "<", fields.Datetime.now())
            & (Domain("credit_retry_date", "=", False) | Domain("credit_retry_date", "<=", today))
        )

    @api.model
    def _cron_close_appointments(self):
        """Mark appointments that have ended as attended, in batches; one that fails is set aside until tomorrow."""
        cron = self.env["ir.cron"]
        domain = self._get_to_close_domain()
        quiet = self.with_context(tracking_disable=True)
        while events := quiet.search(domain, limit=CLOSE_BATCH, order="stop, id").try_lock_for_update():
            events._close()
            if not cron._commit_progress(len(events), remaining=self.search_count(domain)):
                break

    def _close(self):
        """Mark these appointments as attended: together, or one by one when one of them fails."""
        try:
            with self.env.cr.savepoint():
                self.write({"attendance": "attended"})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as batch_error:  # noqa: BLE001 - one bad appointment may not stop the others
            if len(self) == 1:
                self._set_aside(batch_error)
            else:
                for event in self:
                    event._close()

    def _set_aside(self, error):
        """Keep ``error`` on this appointment and try it again tomorrow."""
        _logger.warning("Appointment %s could not be closed: %s", self.id, error)
        tomorrow = fields.Date.context_today(self) + timedelta(days=1)
        self.write({"credit_error": str(error), "credit_retry_date": tomorrow})
