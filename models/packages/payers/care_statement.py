from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ....tools.client import notification

REPORT = "practice_billing.action_report_care_statement"
TEMPLATE = "practice_billing.mail_template_care_statement"


class PracticeCareStatement(models.Model):
    """What a patient shows to who pays: visits that took place, with numbers, names and amounts as they were when it
    was issued.

    It is issued when it is made, and never changed. What turns out to be wrong stands on a later statement. No
    accounting entry is made.
    """

    _name = "practice.care.statement"
    _description = "Care Statement"
    _order = "date desc, name desc, id desc"
    _rec_names_search = ["name", "patient_name"]

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    arrangement_id = fields.Many2one(
        "practice.payer.arrangement", readonly=True, index="btree_not_null", ondelete="set null"
    )
    patient_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    payer_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    date = fields.Date(string="Issued", required=True, readonly=True)
    date_from = fields.Date(string="First Visit", required=True, readonly=True)
    date_to = fields.Date(string="Last Visit", required=True, readonly=True)
    patient_name = fields.Char(string="Name on the Statement", required=True, readonly=True)
    patient_address = fields.Text(string="Address on the Statement", readonly=True)
    insurance_number = fields.Char(readonly=True, groups="practice_billing.group_user")
    payer_name = fields.Char(string="Payer on the Statement", required=True, readonly=True)
    reference = fields.Char(string="Payer's Reference", readonly=True)
    line_ids = fields.One2many("practice.care.statement.line", "statement_id", string="Visits", readonly=True)
    # Sums of the lines, written with them.
    price = fields.Monetary(string="Paid", required=True, readonly=True, help="For the visits, tax included.")
    share = fields.Monetary(string="Payer's Share", required=True, readonly=True)
    sent_date = fields.Datetime(string="Sent", readonly=True, copy=False)
    sent_to = fields.Char(readonly=True, copy=False)

    _name_uniq = models.UniqueIndex("(company_id, name)", "Each care statement has a number of its own.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A care statement that was issued stays. What is corrected stands on the next one."))

    # === ACTIONS === #

    def action_send(self):
        """E-mail these statements, each to who is to have it; tell which of them have nobody to send to.

        :raises AccessError: when the user is no front desk, or does not see these statements
        """
        self.env["practice.payer.arrangement"]._check_may_make()
        self.check_access("read")
        recipients = {statement: statement._get_recipients() for statement in self}
        sendable = self.filtered(lambda it: recipients[it])
        if missing := self - sendable:
            message = self.env._(
                "There is no e-mail address for %(names)s. Enter one on the contact, or print the statement.",
                names=", ".join(sorted(set(missing.mapped("patient_name")))),
            )
            if not sendable:
                raise UserError(message)
        for statement in sendable:
            statement._send(recipients[statement])
        said = self.env._("Care statements sent: %s.", len(sendable))
        return notification(f"{said} {message}" if missing else said, "warning" if missing else "success")

    # === BUSINESS METHODS === #

    def _get_recipients(self):
        """Return who gets this statement by e-mail: as the arrangement says, the patient (or who represents them) or
        the payer; only those with an address."""
        self.ensure_one()
        if self.arrangement_id.send_to == "payer":
            return self.payer_id.filtered(lambda it: it.active and it.email)
        return self.patient_id._practice_get_mail_recipients()

    def _send(self, recipients):
        """Queue the e-mail with the document, and remember when and to whom."""
        self.ensure_one()
        template_sudo = self.env.ref(TEMPLATE).sudo()  # sudo: the front desk writes no e-mails of the system
        lang = recipients[:1].lang
        template_sudo.with_context(lang=lang).send_mail(
            self.id, email_values={"recipient_ids": [Command.set(recipients.ids)]}
        )
        # sudo: nobody writes statements by hand
        self.sudo().write({"sent_date": fields.Datetime.now(), "sent_to": ", ".join(recipients.mapped("name"))})

    def _get_mail_values(self):
        """Return what the template says besides the statement itself."""
        self.ensure_one()
        recipients = self._get_recipients()
        return {
            "names": ", ".join(recipients.mapped("name")),
            "patient": "" if self.patient_id in recipients else self.patient_name,
        }

    @api.model
    def _get_portal_domain(self, patients):
        """Return the statements that a login sees who is, or acts for, ``patients``."""
        return Domain("patient_id", "in", patients.ids)
