from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...tools.sepa import clean_bic, clean_iban, kept_until, mandate_expiry, mask_iban
from .payment_provider import CODE
from .payment_transaction import IBAN_GROUPS

#: What staff may write while it is a draft; afterwards it is what the debtor signed.
DRAFT_FIELDS = {"partner_id", "provider_id", "scheme", "holder", "iban", "bic", "signed_on", "scan", "scan_name"}


class PracticeSepaMandate(models.Model):
    """A debtor allows the company to collect from an account. Odoo's saved payment method stands for it.

    Signed on a page it is active at once; on paper, once somebody has entered it with the scan. It ends when the debtor
    revokes it, when the bank says that it is worth nothing, or 36 months after the last collection.
    """

    _name = "practice.sepa.mandate"
    _description = "Direct Debit Mandate"
    _inherit = ["practice.sepa.mixin", "practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Reference", readonly=True, copy=False, default="/")
    provider_id = fields.Many2one(
        "payment.provider",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("code", "=", CODE)],
        default=lambda self: self._default_provider(),
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True, index=True)
    creditor_identifier = fields.Char(readonly=True, copy=False, help="With which it was signed.")
    partner_id = fields.Many2one(
        "res.partner", string="Debtor", required=True, index=True, ondelete="restrict", tracking=True
    )
    token_id = fields.Many2one(
        "payment.token", string="Saved Method", readonly=True, copy=False, index=True, ondelete="restrict"
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("revoked", "Revoked"), ("expired", "Expired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    scheme = fields.Selection([("CORE", "Core"), ("B2B", "B2B")], default="CORE", required=True)
    holder = fields.Char(string="Account Holder", required=True)
    iban = fields.Char(string="IBAN", required=True, copy=False, groups=IBAN_GROUPS)
    masked_iban = fields.Char(string="Account", compute="_compute_masked_iban")
    bic = fields.Char(string="BIC", help="Only for banks outside the European Economic Area.")
    new_iban = fields.Char(string="New IBAN", copy=False, groups=IBAN_GROUPS)
    original_iban = fields.Char(
        string="Account That the Bank Knows",
        readonly=True,
        copy=False,
        groups=IBAN_GROUPS,
        help="The next file tells the bank that the mandate has another account now.",
    )
    signed_on = fields.Date(copy=False)
    signed_by = fields.Char(readonly=True, copy=False, help="Login of who signed it on a page, or entered the paper.")
    signed_address = fields.Char(string="Signed From", readonly=True, copy=False, help="Address of the network.")
    text = fields.Text(string="Text That Was Shown", readonly=True, copy=False)
    text_version = fields.Char(readonly=True, copy=False)
    lang = fields.Char(string="Language", readonly=True, copy=False)
    scan = fields.Binary(string="Signed Paper", attachment=True, copy=False, groups=IBAN_GROUPS)
    scan_name = fields.Char(copy=False)
    # What has account numbers in it is for those who may read them: an attachment of a field follows its groups.
    document_id = fields.Many2one(
        "ir.attachment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=IBAN_GROUPS,
    )
    collection_count = fields.Integer(
        string="Collections", readonly=True, copy=False, help="In files that were not cancelled, without refused ones."
    )
    last_collected_on = fields.Date(string="Last Collection", readonly=True, copy=False)
    expires_on = fields.Date(string="Usable Until", compute="_compute_expires_on", store=True)
    ended_on = fields.Date(readonly=True, copy=False)
    end_reason = fields.Char(readonly=True, copy=False)
    left_out = fields.Text(
        string="Left Out of Files",
        compute="_compute_left_out",
        help="Collections with this mandate that no bank would take, and why.",
    )
    error = fields.Char(string="Problem", readonly=True, copy=False)
    retry_date = fields.Date(readonly=True, copy=False)

    _reference_uniq = models.UniqueIndex(
        "(creditor_identifier, name) WHERE creditor_identifier IS NOT NULL", "This reference of a mandate is in use."
    )
    _token_uniq = models.UniqueIndex(
        "(token_id) WHERE token_id IS NOT NULL", "This payment method stands for another mandate."
    )
    _active_is_signed = models.Constraint(
        "CHECK (state = 'draft' OR (signed_on IS NOT NULL AND creditor_identifier IS NOT NULL))",
        "A mandate is valid once it is signed.",
    )
    _collections_sound = models.Constraint("CHECK (collection_count >= 0)", "Collections are counted from zero.")

    @api.model
    def _default_provider(self):
        # sudo: providers are the administrators' of the database
        return (
            self.env["payment.provider"]
            .sudo()
            .search(
                [("code", "=", CODE), ("company_id", "=", self.env.company.id), ("state", "!=", "disabled")], limit=1
            )
            .id
        )

    # === COMPUTE METHODS === #

    @api.depends("iban")
    def _compute_masked_iban(self):
        for mandate in self:
            mandate.masked_iban = mask_iban(mandate.sudo().iban)  # sudo: masked

    @api.depends("signed_on", "last_collected_on")
    def _compute_expires_on(self):
        for mandate in self:
            mandate.expires_on = mandate.signed_on and mandate_expiry(mandate.signed_on, mandate.last_collected_on)

    @api.depends("token_id")
    def _compute_left_out(self):
        transactions_sudo = self.env["payment.transaction"].sudo()  # sudo: whoever may read the mandate
        domain = transactions_sudo._practice_get_waiting_domain() & Domain("token_id", "in", self.token_id.ids)
        found = transactions_sudo.search(domain & Domain("sepa_error", "!=", False), order="id").grouped("token_id")
        for mandate in self:
            aside = found.get(mandate.sudo().token_id, ())
            mandate.left_out = "\n".join(f"{it.reference}: {it.sepa_error}" for it in aside)

    @api.depends("name", "holder")
    def _compute_display_name(self):
        for mandate in self:
            mandate.display_name = f"{mandate.name} ({mandate.holder})" if mandate.holder else mandate.name

    # === CONSTRAINT METHODS === #

    @api.constrains("iban", "bic")
    def _check_iban(self):
        for mandate in self:
            mandate_sudo = mandate.sudo()  # sudo: checked, whoever writes
            try:
                sound = mandate_sudo.state != "active" or clean_iban(mandate_sudo.iban) == mandate_sudo.iban
                if mandate_sudo.state == "draft":
                    clean_iban(mandate_sudo.iban)
            except ValueError:
                sound = False
            if not sound:
                raise ValidationError(self.env._("This is no IBAN. Compare it with a bank card or a statement."))
            try:
                if mandate.bic:
                    clean_bic(mandate.bic)
            except ValueError as error:
                raise ValidationError(
                    self.env._("%s is no BIC. Leave it empty when you do not know it.", mandate.bic)
                ) from error

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        clean = []
        for vals in vals_list:
            if not self.env.su and (kept := set(vals) & self._get_kept_names()):
                raise AccessError(self.env._("These fields follow from what happens: %s", ", ".join(sorted(kept))))
            clean.append(self._clean(vals))
        return super().create(clean)

    def write(self, vals):
        if not self.env.su and DRAFT_FIELDS & set(vals) and any(mandate.state != "draft" for mandate in self):
            raise UserError(
                self.env._(
                    "A mandate is what the debtor signed. Revoke it and have another one signed; for another "
                    "account of the same debtor, use Change the Account."
                )
            )
        return super().write(self._clean(vals))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(mandate.state != "draft" for mandate in self):
            raise UserError(self.env._("A mandate that was valid is kept. Revoke it instead."))

    @api.model
    def _get_kept_names(self):
        """Return the fields that only the module writes."""
        return {
            name
            for name, field in self._fields.items()
            if field.readonly and field.store and not field.automatic and field.type != "one2many"
        } - {"message_main_attachment_id"}

    @api.model
    def _clean(self, vals):
        """Return ``vals`` with account numbers as banks write them; what is none is refused by the constraint."""
        result = dict(vals)
        for name in ("iban", "new_iban", "bic"):
            if result.get(name):
                result[name] = "".join(result[name].split()).upper()
        return result

    # === ACTIONS === #

    def action_activate(self):
        """Let the mandates count that were signed on paper.

        :raises UserError: when the day of signing or the scan is missing
        """
        self._check_may_handle()
        for mandate in self:
            if mandate.state != "draft":
                raise UserError(self.env._("%s is not a draft.", mandate.display_name))
            if not mandate.signed_on or not mandate.scan:
                raise UserError(
                    self.env._("%s: enter the day on which it was signed, and add the scanned paper.", mandate.holder)
                )
            if mandate.signed_on > mandate.company_id._practice_day():
                raise UserError(self.env._("%s: it was not signed in the future.", mandate.holder))
            mandate.sudo()._activate(self.env.user.login)  # sudo: checked above

    def action_revoke(self):
        """End these mandates at the wish of the debtor: nothing is collected with them any more."""
        self._check_may_handle()
        self.sudo()._revoke(self.env._("Revoked by %s.", self.env.user.name))  # sudo: checked above

    def action_change_account(self):
        """Go on with the new IBAN of the same debtor; the next file tells the bank."""
        self._check_may_handle()
        for mandate in self:
            if not mandate.new_iban:
                raise UserError(self.env._("Enter the new IBAN first."))
            mandate.sudo()._amend(mandate.new_iban)  # sudo: checked above

    # === LIFE === #

    def _activate(self, signed_by):
        """Give this draft its reference and its saved method."""
        self.ensure_one()
        provider = self.provider_id
        if not provider.sepa_creditor_identifier or provider.state == "disabled":
            raise UserError(self.env._("Direct debit is not set up for %s.", self.company_id.name))
        method = provider.with_context(active_test=False).payment_method_ids[:1]
        iban = self.iban
        self.token_id = self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": self.partner_id.id,
                "payment_details": mask_iban(iban),
                "provider_ref": "mandate",
            }
        )
        self.write(
            {
                "name": self.env["ir.sequence"].next_by_code("practice.sepa.mandate"),
                "creditor_identifier": provider.sepa_creditor_identifier,
                "signed_by": signed_by,
                "state": "active",
            }
        )
        self.token_id.provider_ref = self.name

    def _revoke(self, reason, state="revoked"):
        """End these mandates, and their saved methods with them."""
        ending = self.filtered(lambda mandate: mandate.state == "active")
        for mandate in ending:
            mandate.write({"state": state, "ended_on": mandate.company_id._practice_day(), "end_reason": reason})
            mandate._message_log(body=reason)
        ending.token_id.filtered("active").active = False

    def _amend(self, iban):
        """Go on with another account of the same debtor.

        :raises UserError: when the mandate is not active, or waits in a file that was not uploaded
        """
        self.ensure_one()
        self.lock_for_update(allow_referencing=True)
        if self.state != "active":
            raise UserError(self.env._("%s is not active.", self.display_name))
        try:
            iban = clean_iban(iban)
        except ValueError as error:
            raise UserError(self.env._("This is no IBAN. Compare it with a bank card or a statement.")) from error
        if self.env["payment.transaction"].search_count(
            [("token_id", "=", self.token_id.id), ("sepa_batch_id.state", "=", "draft")], limit=1
        ):
            raise UserError(
                self.env._(
                    "A file with this account waits to be uploaded. Upload or cancel it first, then change the account."
                )
            )
        old = self.iban
        if iban != old:
            known = self.original_iban or (self.collection_count and old)
            # Back to what the bank knows: there is nothing to tell.
            self.write({"iban": iban, "original_iban": known if known != iban else False, "new_iban": False})
            self.token_id.payment_details = mask_iban(iban)
            self._message_log(
                body=self.env._("Another account: %(old)s, now %(new)s.", old=mask_iban(old), new=mask_iban(iban))
            )

    def _count(self, number):
        """Count collections in files. It writes the row in any case, so that of two at once one is repeated."""
        for mandate in self:
            mandate.collection_count = max(0, mandate.collection_count + number)

    def _follow_collections(self):
        """Let the last collection be that of files that were not cancelled, without what was refused."""
        collections = self.env["payment.transaction"].search(
            [("token_id", "in", self.token_id.ids), ("sepa_batch_id", "!=", False)]
        )
        collected = collections.filtered(lambda it: it.state in ("pending", "done") or it.payment_id)
        by_token = collected.grouped("token_id")
        for mandate in self:
            days = by_token.get(mandate.token_id, collected.browse()).sepa_batch_id.mapped("requested_day")
            mandate.last_collected_on = max(days, default=False)

    @api.model
    def _get_expired_domain(self):
        """Return the mandates whose last day is over, in the time zone of their company."""
        return Domain("state", "=", "active") & self.env["res.company"]._practice_get_due_domain("expires_on", days=1)

    def _expire(self):
        self._revoke(self.env._("Nothing was collected with it for 36 months."), "expired")

    def _get_kept_until(self):
        """Return the day until which this mandate has to be at hand."""
        self.ensure_one()
        return self.signed_on and kept_until(self.signed_on, self.last_collected_on)

    # === TELLING === #

    def _practice_tell(self, reason):
        for mandate in self:
            mandate._practice_note_problem(reason)

    def _practice_untell(self):
        self.activity_unlink(["practice_billing.mail_activity_type_direct_debit"])

    def _practice_note_problem(self, note):
        """Tell the accountant; the newest problem takes the place of the one before."""
        for mandate_sudo in self.sudo():  # sudo: the run
            mandate_sudo._practice_untell()
            mandate_sudo.activity_schedule(
                "practice_billing.mail_activity_type_direct_debit",
                note=note,
                user_id=mandate_sudo.company_id._practice_get_accountant().id,
            )
