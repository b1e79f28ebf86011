from odoo import models
from odoo.exceptions import UserError


class PracticeAbsence(models.Model):
    """Undo an absence while nobody has been told: the appointments are planned again."""

    _inherit = "practice.absence"

    def action_undo(self):
        """Plan the appointments again, as far as their times and credits are still there.

        What cannot be planned again stays cancelled and says why; its patients are told. Telling and undoing write the
        same rows, so of two at once one comes first and the other one sees what it did.

        :raises UserError: when somebody has been told already
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "draft":
            return None
        if told := self._get_told():
            raise UserError(
                self.env._(
                    "It cannot be undone: of %(all)s appointments the patients of %(told)s have been told already. "
                    "Plan those who come again one by one.",
                    all=len(self.line_ids),
                    told=len(told),
                )
            )
        self._take_turns()
        self.event_id.sudo().unlink()  # sudo: it was made by the system, in the calendar of somebody else
        self.line_ids._undo()
        if failed := self.line_ids.filtered(lambda line: line.state == "cancelled"):
            return self._notify(
                self.env._(
                    "Appointments that are planned again: %(planned)s. Those that could not be, because their time or "
                    "credits are gone: %(failed)s. Their patients are told.",
                    planned=len(self.line_ids) - len(failed),
                    failed=len(failed),
                )
            )
        self.line_ids.sudo().write({"state": "planned", "told": False})  # sudo: people do not write the fields
        self.sudo().write({"state": "draft", "told_from": False})  # sudo: as above
        return None

    def _take_turns(self):
        """Make sure that nobody else books with these people in the meantime."""
        users_sudo = (self.practitioner_id | self.line_ids.colleague_id).sudo()  # sudo: who they are
        (users_sudo.partner_id | self.line_ids.patient_id)._practice_take_booking_turn()
