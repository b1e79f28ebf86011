from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.payment.utils import generate_access_token

from ...tools.sepa import LARGEST_AMOUNT, clean_identifier
from .payment_provider import CODE

#: Who may read account numbers.
IBAN_GROUPS = "account.group_account_user"


class PaymentTransaction(models.Model):
    """A collection: it is pending from the moment it is asked for until the day on which the bank collects it.

    ``sepa_batch_id`` says which file it is in, so it is in one at most. Until that file is uploaded it can go back.
    """

    _name = "payment.transaction"
    _inherit = ["payment.transaction", "practice.retry.mixin"]

    _practice_error_field = "sepa_error"
    _practice_retry_field = "sepa_retry_date"

    sepa_batch_id = fields.Many2one(
        "practice.sepa.batch",
        string="Payment File",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    sepa_end_to_end = fields.Char(
        string="End-to-End Reference", readonly=True, copy=False, help="Names this collection at every bank."
    )
    sepa_day = fields.Date(
        string="Not Before", readonly=True, copy=False, help="The first day that the debtor was given to expect it."
    )
    sepa_sequence = fields.Selection(
        [("FRST", "First"), ("RCUR", "Recurring")], string="Sequence", readonly=True, copy=False
    )
    sepa_iban = fields.Char(
        string="Debtor's Account", readonly=True, copy=False, groups=IBAN_GROUPS, help="As it stands in the file."
    )
    sepa_original_iban = fields.Char(
        string="Account Before",
        readonly=True,
        copy=False,
        groups=IBAN_GROUPS,
        help="This file tells the bank that the mandate has another account.",
    )
    sepa_return_code = fields.Char(string="Reason Code", readonly=True, copy=False)
    sepa_returned_on = fields.Date(
        string="Came Back On",
        readonly=True,
        copy=False,
        help="Day on which the bank refused or returned it.",
    )
    sepa_error = fields.Char(string="Why It Is in No File", readonly=True, copy=False)
    sepa_retry_date = fields.Date(readonly=True, copy=False)

    _sepa_end_to_end_uniq = models.UniqueIndex(
        "(sepa_end_to_end) WHERE sepa_end_to_end IS NOT NULL", "This end-to-end reference is used already."
    )
    # What is in a file was asked for, and names itself there.
    _sepa_in_file_sound = models.Constraint(
        "CHECK (sepa_batch_id IS NULL OR (sepa_end_to_end IS NOT NULL AND sepa_sequence IS NOT NULL"
        " AND state IN ('pending', 'done', 'error')))",
        "A collection in a file for the bank was asked for, and is not cancelled.",
    )
    # What waits for a file.
    _sepa_waiting_idx = models.Index(
        "(provider_id) WHERE sepa_end_to_end IS NOT NULL AND sepa_batch_id IS NULL AND state = 'pending'"
    )

    # === ASKING === #

    def _send_payment_request(self):
        if self.provider_code != CODE:
            return super()._send_payment_request()
        self._practice_ask_bank()
        return None

    def _practice_ask_bank(self):
        """Let these collections wait for the next file; one that cannot be collected fails, in words."""
        # What is asked for again stands already.
        for collection in self.filtered(lambda it: it.state == "draft"):
            if problem := collection._practice_find_sepa_problem():
                collection._set_error(problem)
                continue
            provider = collection.provider_id
            collection.write(
                {
                    "sepa_end_to_end": clean_identifier(collection.reference, f"PB-{collection.id}"),
                    "sepa_day": provider._practice_get_sepa_day(told_on=provider.company_id._practice_day()),
                }
            )
            collection._set_pending()
        self._practice_run_direct_debit()

    @api.model
    def _practice_run_direct_debit(self):
        """Have the run of direct debits begin once this transaction is committed."""
        self.env.ref("practice_billing.ir_cron_direct_debit").sudo()._trigger()  # sudo: the run belongs to the system

    def _practice_find_sepa_problem(self):
        """Return in words why this collection may not go into a file, or nothing."""
        self.ensure_one()
        mandate_sudo = self.token_id._practice_get_mandate_sudo()
        if self.currency_id.name != "EUR":
            return self.env._("Direct debits are in euros, this amount is in %s.", self.currency_id.name)
        if not 0 < self.amount <= LARGEST_AMOUNT:
            return self.env._("This amount cannot be collected by direct debit.")
        if not mandate_sudo or mandate_sudo.provider_id != self.provider_id:
            return self.env._("There is no mandate for direct debits.")
        if mandate_sudo.partner_id.commercial_partner_id != self.partner_id.commercial_partner_id:
            return self.env._("The mandate is somebody else's.")
        if mandate_sudo.state == "active" and mandate_sudo.expires_on < mandate_sudo.company_id._practice_day():
            return self.env._("The mandate has expired: nothing was collected with it for 36 months.")
        if mandate_sudo.state != "active":
            return self.env._("The mandate is not valid any more.")
        return self._practice_find_unowed()

    def _practice_find_unowed(self):
        """Return in words why what this collection is for is not owed any more, or nothing."""
        if not self.invoice_ids:
            return None
        owed = self.invoice_ids.filtered(lambda move: move.state != "cancel")
        open_amount = sum(owed.mapped("amount_residual"))
        if self.currency_id.compare_amounts(open_amount, self.amount) < 0:
            return self.env._("Less than this is open: it was paid in another way, credited or cancelled.")
        return None

    @api.model
    def _practice_get_waiting_domain(self):
        """Return the collections that wait for a file."""
        return (
            Domain("state", "=", "pending")
            & Domain("sepa_batch_id", "=", False)
            & Domain("sepa_end_to_end", "!=", False)
        )

    # === SET ASIDE === #

    def _practice_tell(self, reason):
        """Tell the accountant on the mandate; the other collections go into the file without this one."""
        for collection in self:
            collection.token_id._practice_get_mandate_sudo()._practice_note_problem(
                self.env._(
                    "%(payment)s was left out of the file for the bank: %(reason)s",
                    payment=collection.reference,
                    reason=reason,
                )
            )

    def _practice_untell(self):
        self.token_id._practice_get_mandate_sudo()._practice_untell()

    def _practice_describe_sepa_fault(self, name):
        """Return in words what is wrong with a field of this collection's ``Collection``, and what to do."""
        self.ensure_one()
        mandate_sudo = self.token_id._practice_get_mandate_sudo()
        words = {
            "mandate": self.env._(
                "The reference %s of the mandate cannot stand in a file: at most 35 letters and digits, "
                "without spaces. Mend the sequence of mandates, revoke this one and have another one signed.",
                mandate_sudo.name,
            ),
            "iban": self.env._(
                "The account of the mandate %s is no IBAN. Use New IBAN and Change the Account.", mandate_sudo.name
            ),
            "bic": self.env._(
                "%(bic)s, the BIC of the mandate %(mandate)s, is none. Revoke the mandate and have another one signed.",
                bic=mandate_sudo.bic,
                mandate=mandate_sudo.name,
            ),
        }
        return words.get(name) or self.env._(
            "No bank would take %(payment)s (%(field)s). Ask your administrator.", payment=self.reference, field=name
        )

    # === FILES === #

    def _practice_leave_file(self):
        """Take these collections out of their file, which no bank has got: they go into the next one."""
        mandates_sudo = self.token_id._practice_get_mandate_sudo()
        for mandate_sudo, collections in self.grouped(lambda it: it.token_id._practice_get_mandate_sudo()).items():
            collections._practice_give_back_amendment(mandate_sudo)
            mandate_sudo._count(-len(collections))
        self.write({"sepa_batch_id": False, "sepa_sequence": False, "sepa_iban": False, "sepa_original_iban": False})
        mandates_sudo._follow_collections()

    def _practice_give_back_amendment(self, mandate_sudo):
        """Have the next file tell the bank of the other account; the oldest is the one that the bank knows."""
        for collection in self.filtered("sepa_original_iban").sorted("id", reverse=True):
            known = collection.sepa_original_iban
            mandate_sudo.original_iban = known if known != mandate_sudo.iban else False

    def _practice_settle(self):
        """The bank has collected these: they are paid. What cannot be entered in the books is tried again by Odoo."""
        collected = self._set_done()
        for collection in collected:
            collection._practice_try(
                type(collection)._practice_enter_settled, set_aside=type(collection)._practice_note_not_entered
            )
        return collected

    def _practice_enter_settled(self):
        """Let Odoo enter what the bank collected: a payment for each, on the outstanding account."""
        # A payment that a person made with the mandate was cancelled by Odoo while the bank had not collected it.
        cancelled = self.payment_id.filtered(lambda payment: payment.state == "canceled")
        cancelled.action_draft()
        cancelled.action_post()
        self._post_process()
        for collection in self.filtered(lambda it: it.payment_id in cancelled):
            payment = collection.payment_id
            (payment.move_id.line_ids + collection.invoice_ids.line_ids).filtered(
                lambda line, payment=payment: (
                    line.account_id == payment.destination_account_id
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            ).reconcile()

    def _practice_note_not_entered(self, reason):
        """Say on the file which collections could not be entered in the books; Odoo's own run tries again."""
        for collection in self:
            collection.sepa_batch_id._message_log(
                body=self.env._(
                    "%(payment)s was collected and could not be entered in the books: %(error)s",
                    payment=collection.reference,
                    error=reason,
                )
            )

    # === SIGNING === #

    def _get_specific_processing_values(self, processing_values):
        values = super()._get_specific_processing_values(processing_values)
        if self.provider_code != CODE:
            return values
        token = generate_access_token(self.reference, self.amount, self.partner_id.id)
        return {**values, "sepa_access_token": token}

    def _practice_sign_mandate_sudo(self, values):
        """Sign a mandate with this payment, which was begun on a page, and go on with it.

        :param dict values: ``holder``, ``iban``, ``bic``, ``address`` (of the network) and ``version`` of the text
        :raises UserError: when it was begun long ago, or the mandate is not sound
        """
        self.ensure_one()
        mandates_sudo = self.env["practice.sepa.mandate"].sudo()  # sudo: who signs need not read mandates
        mandate_sudo = mandates_sudo._sign(self.provider_id, self.partner_id, self.payment_method_id, **values)
        self.write({"token_id": mandate_sudo.token_id.id, "tokenize": False})
        if self.operation == "validation":
            self._set_done()
        else:
            self._practice_ask_bank()
        return mandate_sudo
