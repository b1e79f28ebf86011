from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CalendarEvent(models.Model):
    """Who may see an appointment, where Odoo's rules alone would tell.

    The rules on events, attendees and series say who may (``security/practice_rules.xml``). Names are shown and ids are
    kept in more places than rules reach: what is not to be seen has no name there, and is not led to.
    """

    _inherit = "calendar.event"

    # What the rule of series asks: the series that consist of appointments.
    _practice_series_idx = models.Index(
        "(recurrence_id) WHERE recurrence_id IS NOT NULL AND practice_appointment_type_id IS NOT NULL"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_display_name(self):
        # Many2one fields show names with all rights: the name itself has to know who looks.
        hidden = self._practice_filter_nameless()
        hidden.display_name = self.env._("Busy")
        return super(CalendarEvent, self - hidden)._compute_display_name()

    def _practice_filter_nameless(self):
        """Return the appointments whose name the user may not see.

        Whoever takes part, or acts for the patient, knows the name although the portal shows them no events. The system
        and visitors without a login see no fields of others; what they send by mail names what it is about.
        """
        user = self.env.user
        if self.env.uid == SUPERUSER_ID or user._is_public() or not self.ids:
            return self.browse()
        known = Domain("partner_ids", "in", user.partner_id.ids) | Domain(
            "patient_id.practice_representative_ids", "in", user.partner_id.ids
        )
        # sudo: only ids leave the search; a record that is read here would stay in the cache of the user.
        hidden_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search(Domain("id", "in", self.ids) & self._practice_get_hidden_domain() & ~known)
        )
        hidden_ids = set(hidden_sudo.ids)
        return self.filtered(lambda event: event._origin.id in hidden_ids)

    @api.model
    def _practice_get_hidden_domain(self):
        """Return the appointments that the rules hide from the user."""
        rules = self.env["ir.rule"].sudo(False)._compute_domain(self._name, "read")
        return Domain("practice_appointment_type_id", "!=", False) & ~Domain(rules)

    @api.model
    def _practice_get_hidden_sql(self, event_id):
        """Return a condition that is true where ``event_id``, an SQL expression, is hidden from the user."""
        # sudo: the condition says what the user may not see
        query = self.sudo().with_context(active_test=False)._search(self._practice_get_hidden_domain())
        query.add_where(SQL("%s = %s", SQL.identifier(self._table, "id"), event_id))
        return SQL("EXISTS (%s)", query.select(SQL("1")))

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # Odoo reads here who is invited, which fails for what the user may not read.
        readable = self._filtered_access("read")
        result = super(CalendarEvent, readable)._mail_get_operation_for_mail_message_operation(message_operation)
        return {**result, **dict.fromkeys(self - readable, "read")}

    # === OTHER PEOPLE'S CALENDARS === #

    def _check_access(self, operation):
        # Odoo has our record rule read its fields as sudo, and in the user's cache: see _practice_hidden_sudo.
        return super(CalendarEvent, self.with_context(prefetch_fields=False))._check_access(operation)

    def _check_private_event_conditions(self):
        # An appointment belongs to the practice: its staff sees it in every calendar, and nobody else does (the
        # record rules keep others away).
        if self._practice_is_staff() and self._practice_get_appointments():
            return False
        return super()._check_private_event_conditions()

    def _get_default_privacy_domain(self):
        # The same, for totals and groups.
        domain = super()._get_default_privacy_domain()
        if self._practice_is_staff():
            domain = Domain(domain) | Domain("practice_appointment_type_id", "!=", False)
        return domain

    @api.depends("practice_appointment_type_id")
    def _compute_user_can_edit(self):
        result = super()._compute_user_can_edit()
        if self._practice_is_staff():
            self.filtered("practice_appointment_type_id").user_can_edit = True
        return result
