from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command


class PracticeFirstSteps(models.TransientModel):
    """The checklist of an empty database, for the administrator of the practice.

    Odoo's onboarding panels keep whether a step was confirmed; these lines look whether it is done, so they are right
    also after an import, or when the last package is archived.
    """

    _name = "practice.first.steps"
    _description = "First Steps"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    step_ids = fields.One2many("practice.first.step", "checklist_id", string="Steps")
    done_count = fields.Integer(compute="_compute_counts")
    step_count = fields.Integer(compute="_compute_counts")
    is_closed = fields.Boolean(related="company_id.practice_first_steps_closed")

    def _compute_display_name(self):
        for checklist in self:
            checklist.display_name = self.env._("First Steps")

    @api.depends("step_ids.done")
    def _compute_counts(self):
        for checklist in self:
            needed = checklist.step_ids.filtered(lambda step: not step.optional)
            checklist.step_count = len(needed)
            checklist.done_count = len(needed.filtered("done"))

    @api.model
    def action_open_checklist(self):
        """Make the checklist of the company and open it.

        :raises AccessError: for whoever is no administrator of the practice
        """
        names = self.env["practice.first.step"]._get_shown()
        checklist = self.create({"step_ids": [Command.create({"name": name}) for name in names]})
        actions = self.env["ir.actions.actions"]
        action = actions._for_xml_id("practice_billing.practice_first_steps_action")
        # Named as the action of the menu, so that the menu of the practice stands above it, also after a reload.
        menu = actions._for_xml_id("practice_billing.practice_first_steps_action_open")
        return {**action, "id": menu["id"], "path": "first-steps", "res_id": checklist.id}

    @api.model
    def action_open_home(self):
        """Open where somebody who works for the practice begins: the checklist while it is open, else the day's work.

        Once all is done the checklist is not opened by itself any more.
        """
        user, company = self.env.user, self.env.company
        if user.has_group("practice_billing.group_manager") and not company.practice_first_steps_closed:
            step = self.env["practice.first.step"]
            needed = [name for name in step._get_shown() if not step.new({"name": name}).optional]
            if not all(step._is_done(name, company) for name in needed):
                return self.action_open_checklist()
            self._close(company)
        packages = not user.has_group("practice_billing.group_without_packages")
        if not user.has_group("practice_billing.group_user"):
            name = "practice_month_closing_action"
        else:
            name = "calendar_event_action_board" if packages else "practice_subscription_overview_action"
        return self.env["ir.actions.actions"]._for_xml_id(f"practice_billing.{name}")

    def action_dismiss(self):
        """Open the checklist no more by itself; it stays in the menu."""
        self.ensure_one()
        self._close(self.company_id)
        return self.action_open_home()

    @api.model
    def _close(self, company):
        """Keep that the checklist of ``company`` is not opened by itself any more.

        :raises AccessError: for whoever is no administrator of the practice
        """
        if company not in self.env.user.company_ids:
            raise AccessError(self.env._("%s is no company of yours.", company.name))
        self.check_access("create")
        company.sudo().practice_first_steps_closed = True  # sudo: checked above; nobody's rights depend on it
