from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PracticeAppointmentType(models.Model):
    """A type can be for several patients at once: a class, a group, a couple."""

    _inherit = "practice.appointment.type"

    places = fields.Integer(
        default=1,
        required=True,
        tracking=True,
        help="How many patients come to one appointment: 1 for the usual visit. An appointment can be given another "
        "number.",
    )
    one_pays = fields.Boolean(
        string="One Pays for All",
        tracking=True,
        help="The appointment takes its credits once, of the participant who was added first: a couple, a family. "
        "Otherwise each participant takes them.",
    )

    _places_range = models.Constraint(
        "CHECK (places BETWEEN 1 AND 500)", "An appointment has at least 1 and at most 500 places."
    )

    def _get_group_places(self):
        """Return how many patients come to one appointment of this type; 0 for the usual visit of one."""
        return self.places if self.places > 1 else 0

    @api.constrains("one_pays", "online_booking")
    def _check_one_pays(self):
        for appointment_type in self:
            if appointment_type.one_pays and appointment_type.online_booking:
                raise ValidationError(
                    self.env._(
                        "%s is paid by one for all: the practice plans it with those who come, so it cannot be open "
                        "for online booking.",
                        appointment_type.name,
                    )
                )
