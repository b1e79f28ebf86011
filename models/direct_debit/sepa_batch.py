from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .payment_transaction import IBAN_GROUPS


class PracticeSepaBatch(models.Model):
    """A file for the bank: collections of one scheme and day. It is written once, with the records that it names.

    Cancelled before it was uploaded it gives its collections back, to go into the next one; uploaded it waits for its
    day, on which the collections are paid unless the bank said otherwise.
    """

    _name = "practice.sepa.batch"
    _description = "Direct Debit File"
    _inherit = ["practice.sepa.mixin", "practice.retry.mixin", "mail.thread"]
    _order = "id desc"

    name = fields.Char(string="Message", required=True, readonly=True, copy=False, help="Names the file at the bank.")
    provider_id = fields.Many2one("payment.provider", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    scheme = fields.Selection([("CORE", "Core"), ("B2B", "B2B")], required=True, readonly=True)
    requested_day = fields.Date(string="Collected On", required=True, readonly=True, index=True)
    state = fields.Selection(
        [("draft", "To Upload"), ("uploaded", "Uploaded"), ("settled", "Settled"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    message_line_ids = fields.One2many(
        "practice.sepa.message.line", "batch_id", string="What the Bank Says of It", readonly=True
    )
    arrival_problem = fields.Text(string="Another Amount Arrived", compute="_compute_arrival_problem")
    transaction_ids = fields.One2many("payment.transaction", "sepa_batch_id", string="Collections", readonly=True)
    collection_count = fields.Integer(string="Collections in the File", readonly=True)
    amount_total = fields.Monetary(string="Control Sum", readonly=True, help="Of the file as it was written.")
    returned_count = fields.Integer(string="Came Back", compute="_compute_returned_count")
    is_late = fields.Boolean(
        compute="_compute_is_late", help="Its day can no longer be reached: cancel it and make another one."
    )
    file_id = fields.Many2one("ir.attachment", readonly=True, copy=False, ondelete="restrict", groups=IBAN_GROUPS)
    uploaded_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    uploaded_on = fields.Datetime(readonly=True, copy=False)
    settled_on = fields.Date(readonly=True, copy=False)
    error = fields.Char(string="Problem", readonly=True, copy=False)
    retry_date = fields.Date(readonly=True, copy=False)

    _name_uniq = models.UniqueIndex("(name)", "This message was made already.")
    _content_sound = models.Constraint(
        "CHECK (collection_count > 0 AND amount_total > 0)", "A file collects something."
    )

    # === COMPUTE METHODS === #

    @api.depends("transaction_ids.state")
    def _compute_returned_count(self):
        for batch in self:
            batch.returned_count = len(
                batch.sudo().transaction_ids.filtered(lambda it: it.state == "error")
            )  # sudo: a number

    @api.depends("message_line_ids.outcome", "message_line_ids.is_sorted_out", "message_line_ids.transaction_id")
    def _compute_arrival_problem(self):
        for batch in self:
            lines = batch.message_line_ids.filtered(lambda line: not line.transaction_id)
            batch.arrival_problem = "\n".join(lines._get_differences())

    @api.depends("state", "requested_day")
    def _compute_is_late(self):
        for batch in self:
            # sudo: providers are the administrators' of the database
            provider_sudo = batch.provider_id.sudo()
            batch.is_late = batch.state == "draft" and batch.requested_day < provider_sudo._practice_get_sepa_day()

    # === ACTIONS === #

    def action_download(self):
        """Return the file."""
        self.ensure_one()
        self._check_may_handle()
        return {"type": "ir.actions.act_url", "url": f"/web/content/{self.file_id.id}?download=true", "target": "self"}

    def action_mark_uploaded(self):
        """Say that the bank has got these files.

        :raises UserError: when one is not to be uploaded any more, or a collection in it may not be made: which and why
        """
        self._check_may_handle()
        for batch_sudo in self._lock_sudo():
            if batch_sudo.state != "draft":
                raise UserError(self.env._("%s is not to be uploaded any more.", batch_sudo.name))
            if problems := batch_sudo._find_problems():
                raise UserError(
                    self.env._("Cancel this file and make another one, without what may not be collected:")
                    + "\n"
                    + "\n".join(problems)
                )
            batch_sudo._upload(self.env.user)

    def action_cancel(self):
        """Cancel files that no bank has got: their collections go into the next ones.

        :raises UserError: when one was uploaded
        """
        self._check_may_handle()
        for batch_sudo in self._lock_sudo():
            if batch_sudo.state != "draft":
                raise UserError(
                    self.env._(
                        "%s was uploaded or cancelled already. What is uploaded is recalled at the bank, whose "
                        "answer you load here.",
                        batch_sudo.name,
                    )
                )
            batch_sudo.state = "cancelled"
            batch_sudo.transaction_ids._practice_leave_file()
        self.env["payment.transaction"]._practice_run_direct_debit()

    def action_settle(self):
        """Say that the bank has collected, before or after the day itself.

        :raises UserError: when a file is not uploaded, or settled already
        """
        self._check_may_handle()
        for batch_sudo in self._lock_sudo():
            if batch_sudo.state != "uploaded":
                raise UserError(self.env._("%s is not uploaded, or settled already.", batch_sudo.name))
            batch_sudo._settle()

    def _lock_sudo(self):
        """Return these files, locked against whoever does something with them at the same time."""
        self.lock_for_update(allow_referencing=True)
        return self.sudo()  # sudo: checked by the caller; the module writes them

    # === LIFE === #

    def _find_problems(self):
        """Return in sentences which collections of this file may not be made any more."""
        self.ensure_one()
        problems = []
        for collection in self.transaction_ids.filtered(lambda it: it.state == "pending"):
            mandate_sudo = collection.token_id._practice_get_mandate_sudo()
            problem = collection._practice_find_sepa_problem()
            if not problem and mandate_sudo.iban != collection.sepa_iban:
                problem = self.env._("The mandate has another account now.")
            if problem:
                problems.append(f"{collection.reference}: {problem}")
        return problems

    def _upload(self, user):
        self.write({"state": "uploaded", "uploaded_by_id": user.id, "uploaded_on": fields.Datetime.now()})

    @api.model
    def _get_due_domain(self):
        """Return the files whose day has come, without those that brought another amount, which a person looks at."""
        due = self.env["res.company"]._practice_get_due_domain("requested_day")
        differs = [("outcome", "=", "differs"), ("transaction_id", "=", False), ("is_sorted_out", "=", False)]
        return Domain("state", "=", "uploaded") & due & Domain("message_line_ids", "not any", differs)

    def _settle(self, collections=None):
        """Let what the bank did not refuse be paid: all of it, or those of ``collections``, which are of one file."""
        for batch in self:
            waiting = batch.transaction_ids.filtered(lambda it: it.state == "pending")
            settled = waiting if collections is None else waiting & collections
            if settled == waiting:
                batch.write({"state": "settled", "settled_on": batch.company_id._practice_day()})
            settled._practice_settle()
