from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PracticePackageSale(models.TransientModel):
    """Sell a package as a gift: the patient of the dialog is who gives it, and gets a voucher instead of credits."""

    _inherit = "practice.package.sale"

    is_gift = fields.Boolean(string="As a Gift", help="For somebody else, who gets a voucher with a code.")
    receiver_name = fields.Char(string="Gift For")
    receiver_email = fields.Char(
        string="Receiver's E-mail", help="The voucher is sent there once it is paid. Empty: print it and hand it over."
    )
    message = fields.Text(string="Message on the Voucher")
    send_date = fields.Date(string="Send On", help="Empty: as soon as it is paid.")

    def _prepare_invoice_vals(self):
        vals = super()._prepare_invoice_vals()
        if self.is_gift:
            for _create, _id, line in vals["invoice_line_ids"]:
                line["practice_voucher_ids"] = [Command.create(self._prepare_voucher_vals())]
        return vals

    def _prepare_voucher_vals(self):
        """Return what the buyer says: for whom, and how they get it."""
        return {
            "receiver_name": (self.receiver_name or "").strip(),
            "receiver_email": (self.receiver_email or "").strip(),
            "message": (self.message or "").strip(),
            "send_date": self.receiver_email and self.send_date,
        }

    def action_sell(self):
        """Show the voucher of a gift, which is printed or sent from there."""
        if self.is_gift and not (self.receiver_name or "").strip():
            raise UserError(self.env._("Say for whom the gift is."))
        action = super().action_sell()
        if not self.is_gift or action.get("res_model") != "account.move":
            return action
        return self.env["account.move"].browse(action["res_id"]).practice_voucher_ids.get_formview_action()
