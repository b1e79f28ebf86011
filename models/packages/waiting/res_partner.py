from odoo import fields, models


class ResPartner(models.Model):
    """What a patient waits for."""

    _inherit = "res.partner"

    practice_waiting_count = fields.Integer(
        compute="_compute_practice_waiting_count", groups="practice_billing.group_user"
    )

    def _compute_practice_waiting_count(self):
        counts = self.env["practice.waiting"]._count_waiting("patient_id", self)
        for partner in self:
            partner.practice_waiting_count = counts.get(partner, 0)

    def action_open_practice_waiting(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_waiting_action")
        context = {"default_patient_id": self.id, "search_default_on_the_list": 1}
        return {**action, "domain": [("patient_id", "=", self.id)], "context": context}

    def _practice_prepare_portal_todos(self, patients, packages):
        """Put the places that are held for them first: they are held for some hours only."""
        offers_sudo = self.env["practice.waiting.offer"].sudo()  # sudo: of the login's own patients
        open_ones = [
            ("patient_id", "in", patients.ids),
            ("state", "=", "open"),
            ("valid_until", ">", fields.Datetime.now()),
        ]
        todos = [
            {
                "text": self.env._(
                    "A place is free: %(type)s on %(when)s. It is held until %(until)s.",
                    type=offer.appointment_type_id.name,
                    when=offer.place_id._describe(offer.start, "EEEE d MMMM, HH:mm"),
                    until=offer.place_id._describe(offer.valid_until, "EEEE d MMMM, HH:mm"),
                ),
                "url": offer._get_url(),
                "label": self.env._("Answer"),
            }
            for offer in offers_sudo.search(open_ones, order="valid_until, id")
        ]
        return [*todos, *super()._practice_prepare_portal_todos(patients, packages)]
