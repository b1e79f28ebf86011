from odoo import api, models
from odoo.tools import str2bool


class IrConfigParameter(models.Model):
    """Switches of shortcuts, for whoever has to do without one before the next version."""

    _inherit = "ir.config_parameter"

    @api.model
    def _practice_is_on(self, switch):
        """Return whether a shortcut is taken: unless its parameter says ``0`` or ``False``."""
        value = self.sudo().get_param(switch)  # sudo: whoever does the work
        return str2bool(value, default=True) if value else True
