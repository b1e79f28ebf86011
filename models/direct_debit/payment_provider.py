from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...tools.sepa import clean_bic, clean_creditor, clean_iban, clean_text, requested_day, target_day
from ...tools.sepa_file import PACKAGE, Creditor, is_available

CODE = "practice_sepa"


class PaymentProvider(models.Model):
    """Direct debit without a provider: collections go to the company's own bank in a file.

    Its tokens are mandates. What is collected waits as *pending* until a file takes it (``practice.sepa.batch``).
    """

    _name = "payment.provider"
    _inherit = ["payment.provider", "practice.retry.mixin"]

    _practice_error_field = "sepa_error"
    _practice_retry_field = "sepa_retry_date"

    code = fields.Selection(selection_add=[(CODE, "Direct Debit")], ondelete={CODE: "set default"})
    sepa_creditor_identifier = fields.Char(
        string="Creditor Identifier",
        required_if_provider=CODE,
        help="What the bank, or in some countries an authority, gave the company to collect with: BE69ZZZ0123456789.",
    )
    sepa_scheme = fields.Selection(
        [("CORE", "Core: everybody"), ("B2B", "B2B: companies only, without refunds")],
        string="Scheme",
        default="CORE",
        required=True,
        help="Of new mandates. A B2B mandate has to be known to the debtor's bank before the first collection.",
    )
    sepa_lead_days = fields.Integer(
        string="Lead Days",
        default=1,
        required=True,
        help="Banking days that the bank wants between receiving a file and collecting; ask your bank.",
    )
    sepa_cut_off_hour = fields.Integer(
        string="Cut-Off Hour",
        default=15,
        required=True,
        help="From this hour of the day on, in the practice's time zone, the bank counts a file as one of the next "
        "banking day. 24: never.",
    )
    sepa_notice_days = fields.Integer(
        string="Days of Notice",
        default=5,
        required=True,
        help="Days between telling the debtor and collecting. The rules say 14, unless both agreed to fewer: the text "
        "of the mandate says this number.",
    )
    sepa_file_version = fields.Selection(
        [("pain.008.001.08", "pain.008.001.08"), ("pain.008.001.02", "pain.008.001.02 (older)")],
        string="File Version",
        default="pain.008.001.08",
        required=True,
    )
    sepa_return_fee_product_id = fields.Many2one(
        "product.product",
        string="Fee for a Return",
        domain="[('type', '=', 'service')]",
        check_company=True,
        ondelete="restrict",
        help="Empty: none. When an account was closed, blocked or had not enough money (AC04, AC06, AM04), an invoice "
        "of its own charges this product, once for each return. The law limits it, in Belgium for consumers by Book "
        "XIX of the Code of Economic Law: your terms have to say it, the first reminder is free, and nothing may be "
        "asked before 14 days after it. Leave it empty for consumers. Fees of the reminder plan come on top.",
    )
    sepa_return_fee = fields.Float(
        string="Amount of the Fee", digits=(16, 2), help="In euros, without tax; the product says which tax, if any."
    )
    sepa_problems = fields.Text(string="What Is Missing", compute="_compute_practice_sepa_problems")
    sepa_error = fields.Char(string="Why No File Could Be Made", readonly=True, copy=False)
    sepa_retry_date = fields.Date(readonly=True, copy=False)

    _sepa_days_sound = models.Constraint(
        "CHECK (sepa_lead_days BETWEEN 0 AND 10 AND sepa_notice_days BETWEEN 0 AND 60"
        " AND sepa_cut_off_hour BETWEEN 0 AND 24 AND COALESCE(sepa_return_fee, 0) >= 0)",
        "Lead days are 0 to 10, days of notice 0 to 60, the cut-off is an hour from 0 to 24, no fee is negative.",
    )

    # === COMPUTE METHODS === #

    def _compute_feature_support_fields(self):
        result = super()._compute_feature_support_fields()
        self.filtered(lambda provider: provider.code == CODE).support_tokenization = True
        return result

    @api.depends("code", "sepa_creditor_identifier", "journal_id", "sepa_file_version")
    def _compute_practice_sepa_problems(self):
        for provider in self:
            problems = provider._practice_find_sepa_problems() if provider.code == CODE else []
            provider.sepa_problems = "\n".join(problems)

    # === CONSTRAINT METHODS === #

    @api.constrains("sepa_return_fee_product_id", "sepa_return_fee")
    def _check_practice_sepa_return_fee(self):
        for provider in self:
            if bool(provider.sepa_return_fee_product_id) != bool(provider.sepa_return_fee):
                raise ValidationError(
                    self.env._("The fee for a return needs a product and an amount. Give both or neither.")
                )

    @api.constrains("sepa_creditor_identifier")
    def _check_practice_sepa_creditor(self):
        for provider in self.filtered("sepa_creditor_identifier"):
            try:
                sound = clean_creditor(provider.sepa_creditor_identifier) == provider.sepa_creditor_identifier
            except ValueError:
                sound = False
            if not sound:
                raise ValidationError(
                    self.env._(
                        "%s is no creditor identifier: its check digits do not fit. Copy it from the letter of the "
                        "bank, without spaces.",
                        provider.sepa_creditor_identifier,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._practice_clean_sepa(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._practice_clean_sepa(vals))

    @api.model
    def _practice_clean_sepa(self, vals):
        """Return ``vals`` with the creditor identifier as banks write it."""
        if identifier := vals.get("sepa_creditor_identifier"):
            return {**vals, "sepa_creditor_identifier": "".join(identifier.split()).upper()}
        return vals

    # === OF ODOO === #

    def _get_default_payment_method_codes(self):
        if self.code == CODE:
            return {"sepa_direct_debit"}
        return super()._get_default_payment_method_codes()

    def _get_supported_currencies(self):
        currencies = super()._get_supported_currencies()
        if self.code == CODE:
            return currencies.filtered(lambda currency: currency.name == "EUR")
        return currencies

    def _is_tokenization_required(self, **kwargs):
        # Without a mandate nothing can be collected.
        return super()._is_tokenization_required(**kwargs) or (len(self) == 1 and self.code == CODE)

    # === READINESS === #

    def _practice_find_sepa_problems(self):
        """Return in sentences what is missing before a file can be made."""
        self.ensure_one()
        problems = []
        if not clean_text(self.company_id.name, 70):
            problems.append(
                self.env._("The name of the company cannot be written for a bank: it has no letter that banks take.")
            )
        if not is_available():
            problems.append(
                self.env._(
                    "Files are written with the Python package %s, which is not installed. Ask who looks after the "
                    "server to install it: pip install sepaxml",
                    PACKAGE,
                )
            )
        if not self.sepa_creditor_identifier:
            problems.append(self.env._("The creditor identifier is missing."))
        bank = self.journal_id.bank_account_id
        try:
            clean_iban(bank.acc_number)
        except ValueError:
            problems.append(self.env._("The payment journal has no bank account with an IBAN."))
        try:
            bic = clean_bic(bank.bank_bic) if bank.bank_bic else ""
        except ValueError:
            bic = ""
            problems.append(self.env._("The BIC of the bank of the payment journal is wrong."))
        if self.sepa_file_version == "pain.008.001.02" and not bic:
            problems.append(self.env._("This version of the file needs the BIC of the bank of the payment journal."))
        if not self._practice_get_sepa_method_line().payment_account_id:
            problems.append(
                self.env._(
                    "The payment method of the journal has no outstanding account: there collections wait until the "
                    "bank statement shows them."
                )
            )
        return problems

    def _practice_get_sepa_method_line(self):
        """Return the line of the journal that payments of this provider are booked with."""
        self.ensure_one()
        return self.journal_id.inbound_payment_method_line_ids.filtered(lambda it: it.payment_provider_id == self)[:1]

    def _practice_get_sepa_creditor(self):
        """Return who collects, as it stands in a file."""
        bank = self.journal_id.bank_account_id
        return Creditor(
            clean_text(self.company_id.name, 70),
            clean_iban(bank.acc_number),
            clean_bic(bank.bank_bic) if bank.bank_bic else "",
            self.sepa_creditor_identifier,
        )

    # === DAYS === #

    def _practice_get_sepa_now(self):
        """Return the moment in the practice's time zone, naive."""
        zone = pytz.timezone(self.company_id.practice_tz or "UTC")
        return pytz.utc.localize(fields.Datetime.now()).astimezone(zone).replace(tzinfo=None)

    def _practice_get_sepa_day(self, told_on=None):
        """Return the first day on which a file that is made now can collect.

        :param date told_on: the day on which the debtor is told, when they have to be
        """
        self.ensure_one()
        now = self._practice_get_sepa_now()
        return requested_day(
            max(now, datetime.combine(told_on or now.date(), time.min)),
            cut_off=self.sepa_cut_off_hour,
            lead_days=self.sepa_lead_days,
            told_on=told_on,
            notice_days=self.sepa_notice_days,
        )

    # === TOLD === #

    def _practice_tell(self, reason):
        """Tell the accountant on the mandate of the first collection that waits for a file."""
        for provider in self:
            waiting = self.env["payment.transaction"].search(provider._practice_get_sepa_waiting_domain(), limit=1)
            mandate_sudo = waiting.token_id._practice_get_mandate_sudo()
            mandate_sudo._practice_note_problem(
                self.env._(
                    "No file for the bank could be made for %(company)s: %(reason)s",
                    company=provider.company_id.name,
                    reason=reason,
                )
            )

    def _practice_untell(self):
        waiting = self.env["payment.transaction"].search([("provider_id", "in", self.ids), ("state", "=", "pending")])
        waiting = waiting.filtered(lambda it: not it.sepa_error)
        waiting.token_id._practice_get_mandate_sudo().activity_unlink(
            ["practice_billing.mail_activity_type_direct_debit"]
        )

    def _practice_set_aside(self, reason):
        """Keep why no file could be made, and try again tomorrow."""
        for provider in self:
            tomorrow = provider.company_id._practice_day() + timedelta(days=1)
            # sudo: the run
            provider.sudo().write({"sepa_error": reason[:500], "sepa_retry_date": tomorrow})
        self._practice_try_to_tell(reason)

    # === FILES === #

    def _practice_get_sepa_waiting_domain(self):
        """Return the collections of these providers that wait for a file."""
        waiting = self.env["payment.transaction"]._practice_get_waiting_domain()
        return Domain("provider_id", "in", self.ids) & waiting

    def _practice_make_sepa_files(self, again=False):
        """Return new files with all that waits, one for each scheme and day. What may not be collected fails.

        :param bool again: whether what was set aside is tried before its day
        :raises UserError: in words what is missing
        """
        transactions, batches = self.env["payment.transaction"], self.env["practice.sepa.batch"]
        for provider in self:
            domain = provider._practice_get_sepa_waiting_domain()
            found = transactions.search(
                domain if again else domain & transactions._practice_get_ready_domain(), order="id"
            )
            # What somebody else holds goes into the next file.
            mandates_sudo = found.token_id._practice_get_mandate_sudo()
            held_sudo = mandates_sudo - mandates_sudo.try_lock_for_update(allow_referencing=True)
            waiting = found.filtered(lambda it, held=held_sudo: it.token_id not in held.token_id)
            waiting = waiting.try_lock_for_update(allow_referencing=True)
            for collection in waiting:
                if problem := collection._practice_find_sepa_problem():
                    collection._set_error(problem)
            failed, waiting = (
                waiting.filtered(lambda it: it.state == "error"),
                waiting.filtered(lambda it: it.state == "pending"),
            )
            if failed:
                self.env.ref("payment.cron_post_process_payment_tx")._trigger()
            if waiting and (problems := provider._practice_find_sepa_problems()):
                raise UserError("\n".join(problems))
            first = provider._practice_get_sepa_day()
            groups = waiting.grouped(
                lambda it, first=first: (
                    it.token_id._practice_get_mandate_sudo().scheme,
                    max(first, target_day(it.sepa_day)),
                )
            )
            for (scheme, day), collections in sorted(groups.items(), key=lambda group: group[0]):
                batches += provider._practice_make_sepa_file(scheme, day, collections)
        return batches

    def _practice_make_sepa_file(self, scheme, day, collections):
        """Return a new file with those of these collections that can stand in one; each of the others is set aside.

        :raises UserError: when nothing can, for one and the same reason: that is no collection's fault
        """
        batches, faulty = self.env["practice.sepa.batch"], {}

        def make(some):
            return batches._make(self, scheme, day, some)

        def rehearse(some):
            with self.env.cr.savepoint() as rehearsal:
                make(some)
                rehearsal.rollback()

        def note(some, reason):
            faulty[some] = reason

        if not (made := collections._practice_try(make, set_aside=note, whole=True)):
            # Rare: so only now it is asked whose fault it is, with half of them at a time.
            faulty.clear()
            collections._practice_try(rehearse, set_aside=note)
            # What is wrong with a mandate names it: only what is nobody's own is the same for several.
            is_common = len(collections.token_id) > 1 and len(set(faulty.values())) == 1
            if is_common and len(faulty) == len(collections):
                raise UserError(next(iter(faulty.values())))
            for collection, reason in faulty.items():
                collection._practice_set_aside(reason)
            collections = collections.filtered(lambda it: it not in faulty)
            made = [make(collections)] if collections else []
        collections._practice_clear()
        return batches.union(*made)
