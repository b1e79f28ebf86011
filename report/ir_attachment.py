from odoo import api, models
from odoo.exceptions import UserError

#: What makes a file another one.
CONTENT_FIELDS = {"datas", "db_datas", "name", "raw", "res_id", "res_model", "store_fname"}


class IrAttachment(models.Model):
    """What was frozen at the end of a month stays as it is."""

    _inherit = "ir.attachment"

    def write(self, vals):
        if CONTENT_FIELDS & vals.keys():
            self._practice_check_not_frozen()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_practice_not_frozen(self):
        self._practice_check_not_frozen()

    def _practice_check_not_frozen(self):
        """Refuse to change or delete reports that were frozen by a closing.

        :raises UserError: naming the file
        """
        # sudo: whether it is one; Odoo asks by itself whether the user may write on it
        files_sudo = self.sudo().filtered(lambda file: file.res_model == "practice.month.closing")
        closings_sudo = files_sudo.env["practice.month.closing"]
        if closing_sudo := files_sudo and closings_sudo.search([("file_ids", "in", files_sudo.ids)], limit=1):
            raise UserError(
                self.env._(
                    "%(file)s was frozen when %(month)s was closed, and stays as it was.",
                    file=(files_sudo & closing_sudo.file_ids)[:1].name,
                    month=closing_sudo.name,
                )
            )
