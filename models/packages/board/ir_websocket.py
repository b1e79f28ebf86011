from odoo import models

from .calendar_event_live import BOARD


class IrWebsocket(models.AbstractModel):
    """Staff hears of what changes on the boards of their companies, and nobody else does."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        # A browser can ask for channels that are texts only: those of records are given to it here.
        channels = super()._build_bus_channel_list(channels)
        if self.env["calendar.event"]._practice_is_staff():
            # sudo: a branch plans with the appointment types of its parents
            companies_sudo = self.env.user.company_ids.sudo().parent_ids
            channels.extend((company, BOARD) for company in companies_sudo)
        return channels
