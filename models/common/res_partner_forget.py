from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

#: What somebody is reached and known by; the name is replaced.
PERSONAL_FIELDS = (
    "email",
    "phone",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "website",
    "function",
    "title",
    "ref",
    "barcode",
    "company_name",
    "company_registry",
    "vat",
    "comment",
    "image_1920",
    "category_id",
)

#: What Odoo copies of a customer onto a payment.
PAYMENT_FIELDS = ("partner_email", "partner_phone", "partner_address", "partner_zip", "partner_city", "state_message")

#: Kinds of addresses that belong to a person and are nobody else.
ADDRESS_TYPES = ("invoice", "delivery", "other")


class ResPartner(models.Model):
    """The right to be forgotten: a patient becomes a number, the books stay whole.

    Each room says what stands in the way (:meth:`_practice_find_forget_obstacles`) and forgets what it keeps
    (:meth:`_practice_forget_traces`). Posted documents and their journal items stay as the law demands: the PDF that
    was issued keeps name and address. See ``docs/privacy.md``.
    """

    _inherit = "res.partner"

    practice_forgotten_date = fields.Date(
        string="Anonymised On", readonly=True, copy=False, groups="practice_billing.group_user"
    )

    # === FORGETTING === #

    def _practice_forget(self):
        """Anonymise this patient for good, everywhere.

        :raises AccessError: for who is no administrator of the practice
        :raises UserError: when something stands in the way: each in a sentence of its own
        """
        self.ensure_one()
        self._practice_check_may_forget()
        if obstacles := self._practice_find_forget_obstacles():
            raise UserError("\n".join(obstacles))
        # sudo: the role was checked; traces are kept in more places than an administrator may write
        self_sudo = self.sudo().with_context(
            tracking_disable=True, mail_notrack=True, no_mail_to_attendees=True, dont_notify=True, active_test=False
        )
        self_sudo._practice_get_posted()._practice_keep_document()
        people_sudo = self_sudo._practice_get_person()
        people_sudo._practice_forget_traces()
        people_sudo._practice_forget_correspondence()
        for person_sudo in people_sudo:
            # Odoo looks for active logins with the context.
            person_sudo.with_context(active_test=True).write(
                {
                    **{name: False for name in PERSONAL_FIELDS if name in person_sudo._fields},
                    "name": self.env._("Patient %s, anonymised", self.id),
                    "practice_forgotten_date": self.env.company._practice_day(),
                    "active": False,
                }
            )
        people_sudo._practice_forget_messages("res.partner", people_sudo.ids)
        self_sudo._message_log(body=self.env._("Anonymised at the patient's request, by %s.", self.env.user.name))

    def _practice_check_may_forget(self):
        """Let administrators of the practice pass."""
        if not self.env.user.has_group("practice_billing.group_manager"):
            raise AccessError(self.env._("Only an administrator of the practice can do this."))
        self.check_access("write")

    def _practice_get_person(self):
        """Return this contact with the addresses that are nobody else."""
        return self | self.search([("id", "child_of", self.ids), ("type", "in", ADDRESS_TYPES)])

    def _practice_get_posted(self):
        """Return the posted invoices and credit notes of this patient."""
        return self.env["account.move"].search(
            [
                ("partner_id", "in", self._practice_get_person().ids),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
            ]
        )

    def _practice_find_forget_obstacles(self):
        """Return in sentences what has to be settled before this patient can be forgotten. A hook."""
        self.ensure_one()
        self_sudo = self.sudo().with_context(active_test=False)  # sudo: only what is said leaves
        obstacles = []
        if self_sudo.practice_forgotten_date:
            obstacles.append(self.env._("%s is anonymised already.", self.name))
        if self_sudo.is_company or any(not user.share for user in self_sudo.user_ids):
            obstacles.append(self.env._("%s is a company, or logs in as staff.", self.name))
        moves_sudo = self_sudo.env["account.move"].search(
            [("partner_id", "in", self_sudo._practice_get_person().ids), ("state", "!=", "cancel")]
        )
        open_sudo = moves_sudo.filtered(
            lambda move: (
                move.state == "draft" or (move.is_invoice() and not move.currency_id.is_zero(move.amount_residual))
            )
        )
        if open_sudo:
            obstacles.append(
                self.env._(
                    "Invoices that are drafts or not paid: %s. Have them paid, credited or written off.",
                    ", ".join(open_sudo.mapped("display_name")),
                )
            )
        elsewhere_sudo = self_sudo._practice_get_keeping_companies() | moves_sudo.company_id
        if foreign_sudo := elsewhere_sudo - self.env.companies:
            obstacles.append(
                self.env._(
                    "%(names)s keep records of this patient too. Choose these companies at the top, as an "
                    "administrator of all of them.",
                    names=", ".join(foreign_sudo.mapped("name")),
                )
            )
        return obstacles

    def _practice_get_keeping_companies(self):
        """Return the companies with records of this patient. A hook."""
        return self.env["res.company"]

    def _practice_forget_traces(self):
        """Forget what a room keeps of these people. A hook: logins, payments and addresses here."""
        for user in self.user_ids:
            user.write({"active": False, "login": f"__anonymised_{user.id}", "password": "", "signature": False})
            user.api_key_ids._remove()
        transactions = self.env["payment.transaction"].search([("partner_id", "in", self.ids)])
        transactions.write({**dict.fromkeys(PAYMENT_FIELDS, False), "partner_name": False})
        self.env["payment.token"].search([("partner_id", "in", self.ids)]).write(
            {"active": False, "payment_details": False}
        )
        # An account that was paid to, or from, is part of the books.
        used = self.env["account.payment"].search([("partner_bank_id", "in", self.bank_ids.ids)]).partner_bank_id
        used.write({"acc_holder_name": False})
        (self.bank_ids - used).unlink()
        self.activity_ids.unlink()

    # === MESSAGES AND FILES === #

    def _practice_forget_messages(self, model, ids):
        """Delete what was written about records of the patient: messages with tracked values, and files."""
        self.env["mail.message"].search([("model", "=", model), ("res_id", "in", ids)]).unlink()
        files = [("res_model", "=", model), ("res_id", "in", ids), ("res_field", "=", False)]
        self.env["ir.attachment"].search(files).unlink()

    def _practice_forget_correspondence(self):
        """Delete what these people wrote and what was sent to them alone, and their name in tracked values.

        What was said about a document of the books stays where the company keeps a restricted audit trail.
        """
        messages = self.env["mail.message"].search(
            Domain("author_id", "in", self.ids)
            | Domain("partner_ids", "in", self.ids)
            | (Domain("model", "=", "account.move") & Domain("res_id", "in", self._practice_get_posted().ids))
        )
        messages.filtered(
            lambda it: (
                it.message_type != "notification"
                and not it.account_audit_log_restricted
                and (it.author_id in self or it.partner_ids <= self)
            )
        ).unlink()
        mails = Domain("recipient_ids", "in", self.ids)
        for email in filter(None, self.mapped("email_normalized")):
            mails |= Domain("email_to", "ilike", email)
        self.env["mail.mail"].search(mails).unlink()
        for side in ("old", "new"):
            tracked = [("field_id.relation", "=", "res.partner"), (f"{side}_value_integer", "in", self.ids)]
            self.env["mail.tracking.value"].search(tracked).write({f"{side}_value_char": False})
