from odoo import models
from odoo.exceptions import UserError

from ....tools.slots import week_of


class PracticeAppointmentType(models.Model):
    """Patients book and move to weeks only in which their package allows one more visit."""

    _inherit = "practice.appointment.type"

    def _get_free_times(self, practitioners, patient, *, ignore=None, **options):
        """Leave out the weeks that are full for this patient."""
        times = super()._get_free_times(practitioners, patient, ignore=ignore, **options)
        starts = [start for of_one in times.values() for start in of_one]
        full = starts and self._get_full_weeks(patient, min(starts), max(starts), ignore)
        if not full:
            return times
        weeks = {start: week_of(self._get_day(start))[0] for start in starts}
        return {user: [start for start in of_one if weeks[start] not in full] for user, of_one in times.items()}

    def _check_bookable(self, practitioner, patient, start):
        self._check_week(patient, start)
        return super()._check_bookable(practitioner, patient, start)

    def _check_week(self, patient, start, ignore=None):
        """Check that ``patient`` may have another visit in the week of ``start``.

        :param ignore: an appointment that does not count, because it is about to be moved
        :raises UserError: with the numbers
        """
        for monday, number in self._get_full_weeks(patient, start, start, ignore).items():
            package = self._get_limiting_package(ignore)
            words = self.env["calendar.event"]._practice_describe_full_week(patient, package, monday, number)
            raise UserError(self.env._("%s Please choose another week, or call the practice.", words))

    def _get_full_weeks(self, patient, first, last, ignore=None):
        """Return ``{Monday: visits}`` of the weeks from the moment ``first`` to ``last`` in which nothing more fits."""
        package = self._get_limiting_package(ignore)
        visits = self.env["calendar.event"]._practice_get_weekly_visits(
            patient, package, self._get_day(first), self._get_day(last), self.company_id
        )
        ignored = set(ignore.ids if ignore else ())
        numbers = {monday: len(ids - ignored) for (_patient, _package, monday), ids in visits.items()}
        return {monday: number for monday, number in numbers.items() if number >= package.weekly_visits}

    def _get_limiting_package(self, event=None):
        return event._practice_get_package() if event else self.package_id
