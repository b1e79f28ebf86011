from odoo import api, models

#: The channel of each company, and what is sent over it.
BOARD = "practice_board"

#: Fields of which a change shows on a board.
SHOWN_FIELDS = {
    *("practice_appointment_type_id", "patient_id", "user_id", "attendance", "active", "credit_waived", "credit_error"),
    *("start", "stop", "start_date", "stop_date", "allday", "duration", "recurrency", "practice_overrule_reason"),
    *("practice_group_id", "practice_places", "practice_room_id", "location"),
}

#: Fields with which Odoo makes the events of a series anew, and these may be gone.
REMAKING_FIELDS = {"recurrency", "recurrence_update"}


class CalendarEvent(models.Model):
    """What one plans appears on the boards of the others within seconds.

    They are told which days of which company changed, once the change is committed, and look for themselves: nothing
    about anybody travels.
    """

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._practice_announce()
        return events

    def write(self, vals):
        if vals.keys().isdisjoint(SHOWN_FIELDS):
            return super().write(vals)
        makes_anew = not vals.keys().isdisjoint(REMAKING_FIELDS)
        self._practice_announce()  # where it is taken from
        result = super().write(vals)
        (self.exists() if makes_anew else self)._practice_announce()
        return result

    def unlink(self):
        self._practice_announce()
        return super().unlink()

    def _practice_announce(self):
        """Have the boards told, when this transaction is committed, that the days of these appointments changed."""
        appointments_sudo = self._practice_hidden_sudo().filtered("practice_appointment_type_id")
        if not appointments_sudo:
            return
        changed = self.env.cr.precommit.data.get(BOARD)
        if changed is None:
            changed = self.env.cr.precommit.data[BOARD] = {}
            self.env.cr.precommit.add(self.env["calendar.event"]._practice_tell_boards)
        for company, events_sudo in appointments_sudo._practice_group_by_company().items():
            first = company._practice_day(min(events_sudo.mapped("start")))
            last = company._practice_day(max(events_sudo.mapped("stop")))
            known = changed.setdefault(company.id, (first, last))
            changed[company.id] = (min(first, known[0]), max(last, known[1]))

    @api.model
    def _practice_tell_boards(self):
        """Send one message a company; the bus delivers it after the commit."""
        for company_id, (first, last) in self.env.cr.precommit.data.pop(BOARD, {}).items():
            company = self.env["res.company"].browse(company_id)
            message = {"company_id": company_id, "first_day": first.isoformat(), "last_day": last.isoformat()}
            self.env["bus.bus"]._sendone((company, BOARD), BOARD, message)
