import base64
import binascii
import hashlib

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.bank_answers import UnreadableError, read_message
from ...tools.sepa import NEW_MANDATE, RETRY, STOP, clean_iban, what_to_do
from ...tools.sepa_file import part_name
from .payment_provider import CODE
from .payment_transaction import IBAN_GROUPS


class PracticeSepaMessage(models.Model):
    """A file of the bank that says what became of collections. It is read once: the same file is the same message.

    What it says of a collection is followed once too, whichever of the bank's files says it first.
    """

    _name = "practice.sepa.message"
    _description = "Bank Answer to Direct Debits"
    _inherit = ["practice.sepa.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    name = fields.Char(string="Bank's Reference", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [
            ("pain.002", "Rejections (pain.002)"),
            ("camt.053", "Statement (camt.053)"),
            ("camt.054", "Advice (camt.054)"),
        ],
        required=True,
        readonly=True,
    )
    digest = fields.Char(required=True, readonly=True)
    file_id = fields.Many2one("ir.attachment", readonly=True, ondelete="restrict", groups=IBAN_GROUPS)
    line_ids = fields.One2many("practice.sepa.message.line", "message_id", readonly=True)
    to_look_at = fields.Boolean(compute="_compute_to_look_at", store=True, help="Something has to be sorted out.")

    _digest_uniq = models.UniqueIndex("(company_id, digest)", "This file of the bank was loaded already.")

    @api.depends("line_ids.outcome", "line_ids.is_sorted_out")
    def _compute_to_look_at(self):
        for message in self:
            message.to_look_at = any(line._is_open() for line in message.line_ids)

    # === LOADING === #

    @api.model
    def load_file(self, name, content):
        """Load a file of the bank (pain.002, camt.053, camt.054) for the company of the user, and follow it.

        :param str name: of the file
        :param str content: of the file, in base64
        :return: the id of the message; the same one when the file was loaded before, and then nothing else happens
        :rtype: int
        :raises AccessError: for who is no accountant
        :raises UserError: when it cannot be read, or is about another company: nothing of it is followed
        """
        self._check_is_accountant()
        try:
            content = base64.b64decode(content, validate=True)
            message = read_message(content)
        except (binascii.Error, ValueError, TypeError) as error:
            raise UserError(self.env._("This is no file: send its content in base64.")) from error
        except UnreadableError as error:
            raise UserError(self._describe_unreadable(error.key)) from error
        company = self.env.company
        digest = hashlib.sha256(content).hexdigest()
        if known := self.search([("company_id", "=", company.id), ("digest", "=", digest)], limit=1):
            return known.id
        self_sudo = self.sudo()  # sudo: checked above; what follows is the module's
        self_sudo._check_company_of(message, company)
        record_sudo = self_sudo.create(
            {"name": message.name or name or "-", "company_id": company.id, "kind": message.kind, "digest": digest}
        )
        record_sudo.file_id = self_sudo.env["ir.attachment"].create(
            {
                "name": (name or "answer.xml")[:100],
                "raw": content,
                "mimetype": "application/xml",
                "res_model": self._name,
                "res_id": record_sudo.id,
                "res_field": "file_id",
            }
        )
        record_sudo._follow(message.answers)
        return record_sudo.id

    @api.model
    def _check_company_of(self, message, company):
        """Refuse a file about the accounts or files of another company.

        :raises UserError: saying so
        """
        providers = self.env["payment.provider"].search([("code", "=", CODE), ("company_id", "=", company.id)])
        own = set()
        for number in providers.journal_id.bank_account_id.mapped("acc_number"):
            try:
                own.add(clean_iban(number))
            except ValueError:
                continue
        files = {answer.file for answer in message.answers if answer.file}
        foreign = self.env["practice.sepa.batch"].search(
            [("name", "in", list(files)), ("company_id", "!=", company.id)], limit=1
        )
        if foreign or (message.ibans and not message.ibans <= own):
            raise UserError(
                self.env._(
                    "This file is about an account of another company. Choose that company at the top, or "
                    "check the bank account of the payment journal."
                )
            )

    def _describe_unreadable(self, key):
        return {
            "size": self.env._("This file is larger than 20 MB. Ask the bank for a file of fewer days."),
            "xml": self.env._("This is no sound XML file. Download it from the bank again."),
            "entity": self.env._("This file declares entities, which no bank does. It is not read."),
            "kind": self.env._("This is no answer to direct debits: load a pain.002, camt.053 or camt.054."),
        }[key]

    # === FOLLOWING === #

    def _follow(self, answers):
        """Follow what the bank says, one answer after the other, and keep what became of each."""
        self.ensure_one()
        for answer in answers:
            if answer.arrived:
                self._follow_arrival(answer)
            elif answer.end_to_end:
                self._follow_one(answer)
            else:
                self._follow_whole(answer)
        if self.to_look_at:
            words = self.env._("The bank says something that does not fit what was collected. Look at the lines.")
            differences = self.line_ids.filtered("batch_id")._get_differences()
            self.activity_schedule(
                "practice_billing.mail_activity_type_bank_answer",
                note=Markup("<br/>").join([words, *differences]),
                user_id=self.company_id._practice_get_accountant().id,
            )

    def _follow_arrival(self, answer):
        """The money of a file, or of a part of it, arrived: those collections are paid, if their day did not say so.

        Only when it is as much as the file says, with or without what came back before: anything else is for a person.
        """
        batch = self._find_batch(answer)
        if not batch:
            return
        batch.lock_for_update(allow_referencing=True)
        collections = batch.transaction_ids.filtered(lambda it: it.sepa_end_to_end in answer.names)
        collections = collections or self._get_part(batch, answer) or batch.transaction_ids
        all_of_it = sum(collections.mapped("amount"))
        standing = sum(collections.filtered(lambda it: it.state != "error").mapped("amount"))
        if self._fits(answer, batch.currency_id, (all_of_it, standing)):
            if batch.state != "settled":
                self._note_uploaded(batch)
                batch._settle(collections)
                self._note(answer, "settled", batch=batch)
            return
        lines = self.env["practice.sepa.message.line"]
        vals = self._prepare_line_vals(answer, "differs", batch=batch, expected=standing)
        same = [(name, "=", vals[name]) for name in ("batch_id", "end_to_end", "amount", "expected", "outcome")]
        lines.create({**vals, "outcome": "known"} if lines.search_count(same, limit=1) else vals)

    @api.model
    def _fits(self, answer, currency, amounts):
        """Return whether an answer says one of ``amounts``, before or after what the bank keeps for itself."""
        if answer.amount is None or (answer.currency and answer.currency != currency.name):
            return False
        said = {answer.amount, answer.amount + answer.fee}
        return any(currency.compare_amounts(float(one), amount) == 0 for one in said for amount in amounts)

    @api.model
    def _get_part(self, batch, answer):
        """Return the collections of the part of a file that an answer names; none when it names none."""
        return batch.transaction_ids.filtered(lambda it: part_name(batch.name, it.sepa_sequence) == answer.part)

    def _follow_whole(self, answer):
        """A file, or a part of it, was refused: all collections in it."""
        batch = self._find_batch(answer)
        is_part = answer.part and answer.part != answer.file
        collections = self._get_part(batch, answer) if is_part else batch.transaction_ids
        if not collections:
            self._note(answer, "unknown")
        for collection in collections:
            self._follow_collection(collection, answer, ours=True)

    def _follow_one(self, answer):
        collection = self.env["payment.transaction"].search(
            [("sepa_end_to_end", "=", answer.end_to_end), ("company_id", "=", self.company_id.id)]
        )
        if (
            not collection
            or not collection.sepa_batch_id
            or (answer.file and answer.file != collection.sepa_batch_id.name and self.kind == "pain.002")
        ):
            self._note(answer, "unknown", collection)
        elif (answer.amount is None and self.kind != "pain.002") or (
            answer.amount is not None
            and (
                collection.currency_id.compare_amounts(float(answer.amount), collection.amount)
                or (answer.currency and answer.currency != collection.currency_id.name)
            )
        ):
            self._note(answer, "differs", collection)
        else:
            self._follow_collection(collection, answer)

    def _follow_collection(self, collection, answer, ours=False):
        batch = collection.sepa_batch_id
        (batch | batch.browse()).lock_for_update(allow_referencing=True)
        collection.lock_for_update(allow_referencing=True)
        self._note_uploaded(batch)
        day = answer.day or self.company_id._practice_day()
        changed = collection._practice_come_back(answer.code, day, ours=ours)
        self._note(answer, "followed" if changed else "known", collection, batch)

    def _note_uploaded(self, batch):
        """A bank that answers has got the file, whether or not somebody said so."""
        if batch.state == "draft":
            batch._upload(self.env.user)

    def _find_batch(self, answer):
        """Return the file that an answer is about, by its own name or that of a part of it."""
        names = {answer.file, answer.part, *(answer.part.rsplit("-", 1)[:1] if answer.part else ())} - {""}
        return self.env["practice.sepa.batch"].search(
            [("name", "in", list(names)), ("company_id", "=", self.company_id.id), ("state", "!=", "cancelled")],
            limit=1,
        )

    def _note(self, answer, outcome, collection=None, batch=None):
        """Keep what became of an answer."""
        vals = self._prepare_line_vals(answer, outcome, collection, batch)
        self.env["practice.sepa.message.line"].create(vals)

    def _prepare_line_vals(self, answer, outcome, collection=None, batch=None, expected=0.0):
        return {
            "message_id": self.id,
            "end_to_end": answer.end_to_end or answer.part or answer.file,
            "amount": float(answer.amount or 0.0),
            "expected": expected,
            "fee": float(answer.fee),
            "fee_currency": answer.fee_currency,
            "code": answer.code,
            "day": answer.day,
            "outcome": outcome,
            "transaction_id": collection and collection.id,
            "batch_id": batch and batch.id,
        }

    # === WORDS === #

    @api.model
    def _describe_reason(self, code):
        """Return in words for people why a collection came back, and what follows."""
        then = {
            RETRY: self.env._("It can be collected again."),
            NEW_MANDATE: self.env._("Another mandate is needed."),
            STOP: self.env._("It is not collected again: talk to the debtor."),
        }[what_to_do(code)]
        return self.env._("%(reason)s (%(code)s). %(then)s", reason=self._get_reason(code), code=code, then=then)

    @api.model
    def _get_reason(self, code):
        """Return what a reason code means, in the language of the context."""
        words = {
            "AC01": self.env._("The account number is wrong"),
            "AC04": self.env._("The account is closed"),
            "AC06": self.env._("The account is blocked"),
            "AC13": self.env._("The account is of a consumer, the mandate for companies"),
            "AG01": self.env._("This account does not allow direct debits"),
            "AG02": self.env._("The bank did not expect this kind of collection"),
            "AM04": self.env._("There was not enough money in the account"),
            "AM05": self.env._("It was collected twice"),
            "BE05": self.env._("The creditor identifier is not known"),
            "CNOR": self.env._("The bank of the creditor is not known under this BIC"),
            "DNOR": self.env._("The bank of the debtor is not known under this BIC"),
            "ED05": self.env._("Settlement between the banks failed"),
            "FF01": self.env._("The file is not sound"),
            "FF05": self.env._("This kind of direct debit is not possible"),
            "FOCR": self.env._("It was returned because the creditor's bank asked for it"),
            "MD01": self.env._("The bank has no mandate"),
            "MD02": self.env._("The mandate is not complete"),
            "MD06": self.env._("The debtor had it returned"),
            "MD07": self.env._("The debtor has died"),
            "MS02": self.env._("The debtor refused it"),
            "MS03": self.env._("The bank gave no reason"),
            "RC01": self.env._("The BIC is wrong"),
            "RR01": self.env._("The bank lacks the debtor's account or identification"),
            "RR02": self.env._("The bank lacks the debtor's name or address"),
            "RR03": self.env._("The bank lacks the creditor's name or address"),
            "RR04": self.env._("The bank did not say why, by law"),
            "SL01": self.env._("The debtor does not allow collections of this creditor"),
            "TM01": self.env._("The file came after the cut-off time"),
        }
        return words.get(code) or self.env._("The bank gave a reason that is not known here")
