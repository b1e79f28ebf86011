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
        if not (files := self.filtered(lambda file: file.res_model == "practice.month.closing")):
            return
        # sudo: whether it is one; who may write on attachments need not read closings
        closing_sudo = self.env["practice.month.closing"].sudo().search([("file_ids", "in", files.ids)], limit=1)
        if closing_sudo:
            raise UserError(
                self.env._(
                    "%(file)s was frozen when %(month)s was closed, and stays as it was.",
                    file=(files & closing_sudo.file_ids)[:1].name,
                    month=closing_sudo.name,
                )
            )
