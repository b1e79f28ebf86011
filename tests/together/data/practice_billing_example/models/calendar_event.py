from odoo import models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _practice_take_along(self, touched, moved):
        """Have patients called who stayed away."""
        result = super()._practice_take_along(touched, moved)
        for event in self.filtered(lambda it: it.attendance == "no_show" and it.patient_id):
            if touched[event] and touched[event]["attendance"] != "no_show":
                event.patient_id.activity_schedule(
                    "mail.mail_activity_data_call",
                    summary=self.env._("Did not come: ask how it goes"),
                    user_id=event.user_id.id,
                )
        return result
