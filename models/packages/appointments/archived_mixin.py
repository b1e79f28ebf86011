from odoo import fields, models
from odoo.fields import Domain


class PracticeArchivedMixin(models.AbstractModel):
    """People who are archived while appointments are planned with them: staff sees which, or is told.

    Nothing is cancelled by itself: whoever has died and whoever has a second contact are archived alike. The run that
    marks what has ended leaves these appointments to a person.
    """

    _name = "practice.archived.mixin"
    _description = "People with Planned Appointments"

    def write(self, vals):
        archived = self.filtered("active") if vals.get("active") is False else self.browse()
        result = super().write(vals)
        if archived:
            archived._practice_tell_planned()
        return result

    def action_archive(self):
        """Archive them, and show staff what is planned all the same."""
        result = super().action_archive()
        if not self.env["calendar.event"]._practice_is_staff():
            return result
        planned = self._practice_get_planned_sudo()
        if not planned:
            return result
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        name = self.env._("Planned all the same: cancel, or give to somebody else")
        return {**action, "name": name, "domain": [("id", "in", planned.ids)], "views": [(False, "list")]}

    def _practice_get_planned_sudo(self):
        """Return the appointments to come that are planned with these people, soonest first."""
        # sudo: whoever may archive somebody need not be able to see appointments, and is told of none
        events_sudo = self.env["calendar.event"].sudo()
        coming = Domain("attendance", "=", "planned") & Domain("stop", ">", fields.Datetime.now())
        return events_sudo.search(coming & self._practice_get_planned_domain(), order="start, id")

    def _practice_get_planned_domain(self):
        """Return which appointments are with these people. A hook."""
        return Domain.FALSE

    def _practice_tell_planned(self):
        """Tell who is responsible which appointments are planned with people who were archived.

        It is said on the appointment type, which only staff can read: a contact is read by everybody.
        """
        names = ", ".join(self.mapped("name"))
        of_type = self._practice_get_planned_sudo().grouped("practice_appointment_type_id")
        for appointment_type, events in of_type.items():
            appointment_type.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Archived, and appointments are planned"),
                note=self.env._(
                    "%(names)s: archived by %(user)s. Appointments that are planned: %(count)s, the first %(start)s. "
                    "Cancel them or give them to somebody else; they are not marked as attended by themselves.",
                    names=names,
                    user=self.env.user.name,
                    count=len(events),
                    start=events[0]._practice_describe_start(),
                ),
                user_id=appointment_type.company_id._practice_get_responsible().id,
            )
