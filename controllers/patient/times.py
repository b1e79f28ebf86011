"""A patient chooses a time on three pages: a week of free times, what one of them means, and what its button did."""

from urllib.parse import urlencode

from odoo.exceptions import UserError
from odoo.http import request

from ...models.packages.portal.appointment_type_booking import TimeTakenError


def redirect_with(path, **query):
    return request.redirect(f"{path}?{urlencode(query)}" if query else path)


def undo():
    """Forget what was written, and the e-mails that would follow, before a page says why nothing was done."""
    request.env.cr.rollback()


class TimeChoice:
    """A new time for one thing of a patient's; ``/confirm`` and ``/plan`` are below the address of its free times.

    Whoever shows the pages gives ``render(page, **values)``, which makes the page *times* or *confirm*.
    """

    #: The appointment that is moved, when it is no new one.
    event_sudo = None
    #: Who gives it, unless the patient asks for somebody else.
    practitioner_sudo = None

    def __init__(self, type_sudo, patient, address, done, render):
        self.type_sudo, self.patient = type_sudo, patient
        self.address, self.done, self.render = address, done, render

    # === WHAT IT IS FOR === #

    def find(self, booking):
        """Return ``(practitioner, start)`` of a chosen time in an address, or ``None`` when it is not for this."""
        raise NotImplementedError

    def check(self, practitioner, start):
        """Check that it can be had, before the page says what it means.

        :raises TimeTakenError: when it is not free
        :raises UserError: when it cannot be had for another reason
        """
        raise NotImplementedError

    def prepare(self, practitioner, start):
        """Return what the page shows of a chosen time."""
        raise NotImplementedError

    def take(self, practitioner, start):
        """Take a chosen time; raises as :meth:`check`."""
        raise NotImplementedError

    # === THE PAGES === #

    def show_times(self, practitioner_id, week, message):
        """Show a week of free times.

        :param str practitioner_id: who was asked for; an empty text asks for anybody
        """
        givers_sudo = self.type_sudo.practitioner_ids.filtered("active")
        wanted_sudo = givers_sudo.filtered(lambda it: str(it.id) == practitioner_id)
        if practitioner_id is None and self.practitioner_sudo:
            wanted_sudo = givers_sudo & self.practitioner_sudo
        return self.render(
            "times",
            message=message,
            confirm=f"{self.address}/confirm",
            practitioners=givers_sudo,
            practitioner=wanted_sudo,
            query=urlencode({"practitioner_id": wanted_sudo.id or ""}),
            week=self.type_sudo._prepare_week(wanted_sudo or givers_sudo, self.patient, week, self.event_sudo),
        )

    def confirm(self, booking):
        """Show what a chosen time means; other times when it is not free."""
        return self._follow(booking, self.check, self._explain)

    def plan(self, booking):
        """Take a chosen time, if it is still possible; otherwise show other times, or why not."""
        return self._follow(booking, self.take, lambda *_chosen: redirect_with(self.done))

    def _follow(self, booking, act, show):
        """Let ``act`` do its part with a chosen time and answer as ``show`` does, or say why it cannot be had.

        :param act, show: functions of the practitioner and the start
        """
        chosen = self.find(booking)
        if not chosen:
            return redirect_with(self.address, message="unknown")
        try:
            act(*chosen)
        except TimeTakenError:
            undo()
            return self._show_others(*chosen)
        except UserError as error:
            undo()
            return self._explain(*chosen, error=str(error))
        return show(*chosen)

    def _explain(self, practitioner, start, error=None):
        return self.render("confirm", offer=self.prepare(practitioner, start), error=error)

    def _show_others(self, practitioner, start):
        """Show what else is free in the week of a time that is not."""
        week = self.type_sudo._get_day(start).isoformat()
        return redirect_with(self.address, practitioner_id=practitioner.id, week=week, message="taken")


class MoveChoice(TimeChoice):
    """A new time for an appointment of a patient's."""

    def __init__(self, event_sudo, mover, address, done, render):
        super().__init__(event_sudo.practice_appointment_type_id, event_sudo.patient_id, address, done, render)
        self.event_sudo, self.practitioner_sudo, self.mover = event_sudo, event_sudo.user_id, mover

    def find(self, booking):
        return self.event_sudo._practice_read_move(booking)

    def check(self, practitioner, start):
        self.event_sudo._practice_check_movable(practitioner, start)

    def prepare(self, practitioner, start):
        return self.event_sudo._practice_prepare_move(practitioner, start)

    def take(self, practitioner, start):
        self.event_sudo._practice_move_by_patient(practitioner, start, self.mover)

    def was_taken(self, booking):
        """Return whether this is when it takes place: the button was pressed twice."""
        chosen = self.find(booking)
        return bool(chosen) and self.event_sudo._practice_is_planned_at(*chosen)

    def plan(self, booking):
        return redirect_with(self.done) if self.was_taken(booking) else super().plan(booking)
