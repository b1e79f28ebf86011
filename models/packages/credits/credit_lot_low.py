from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ....tools.credits import is_low, open_credits_change
from ....tools.slots import span_of_days
from ...common.retry_mixin import Step

#: Movements that bring a balance down because credits were spent. Refunds and expiry are known to the patient.
SPENDING_KINDS = ("use", "forfeit")


class PracticeCreditLot(models.Model):
    """Credits that run low: the patient is told once per purchase, with a way to buy more.

    What spends credits only notes on the lot that somebody should look (:meth:`_note_if_low`); a cron looks, decides
    with the numbers of that moment, and queues the mail.
    """

    _inherit = "practice.credit.lot"

    low_due = fields.Datetime(
        index="btree_not_null", readonly=True, help="From when on the run looks whether to tell that credits run low."
    )
    low_warned = fields.Boolean(readonly=True, help="The patient was told that these credits run low.")
    low_error = fields.Char(
        string="Mail Not Sent", readonly=True, help="Why it could not be told that credits run low."
    )

    def _note_if_low(self, moves):
        """Note that this lot needs a look when these movements, which have been applied, brought it down."""
        self.ensure_one()
        spent = -sum(open_credits_change(move.kind, move.credits) for move in moves if move.kind in SPENDING_KINDS)
        if spent > 0 and not self.low_warned and not self.low_due and self._is_low():
            self.low_due = fields.Datetime.now()

    def _is_low(self):
        """Return whether this lot has run low, as its company sees it; it need not be all that the patient has."""
        self.ensure_one()
        company = self.company_id
        left = self.credits_available + self.credits_reserved
        return company.practice_low_warning and is_low(left, self._count_kept(), company.practice_low_threshold)

    # === RUN === #

    @api.model
    def _get_low_domain(self):
        """Return the lots to look at now; one that waits for payment is looked at when it is paid."""
        return Domain("low_due", "<=", fields.Datetime.now()) & Domain("state", "!=", "pending")

    @api.model
    def _cron_warn_low(self):
        """Tell patients whose credits run low, committing each batch; it can be cut and resumed anywhere."""
        warn, postpone = type(self)._warn_low, type(self)._postpone_low
        self._practice_run([Step(self, self._get_low_domain(), warn, postpone, size=50, order="low_due, id")])

    def _warn_low(self):
        """Queue the mail for those of these lots that are all the patient has, one for each patient and package.

        A lot whose mail fails keeps the reason and is tried again tomorrow; the others go on.
        """
        wanted = self.filtered(lambda lot: lot.state in ("active", "used_up") and lot.partner_id.active)
        left = wanted._get_own_credits()
        wanted = wanted.filtered(
            lambda lot: lot._is_low() and left[lot.partner_id, lot.package_id] <= lot.company_id.practice_low_threshold
        )
        (self - wanted).low_due = False
        for lots in wanted.grouped(lambda lot: (lot.partner_id, lot.package_id)).values():
            lots._practice_try(type(self)._tell_low, set_aside=type(self)._postpone_low, whole=True)

    def _tell_low(self):
        """Tell a patient that these credits, all of one package, run low."""
        failed = self.filtered("low_error")
        self[-1:]._send_low_mail()
        self.write({"low_due": False, "low_warned": True, "low_error": False})
        failed._practice_untell()

    def _postpone_low(self, reason):
        """Keep why it could not be told on these credits, and look again tomorrow."""
        for company, lots in self.grouped("company_id").items():
            tomorrow = company._practice_day() + timedelta(days=1)
            midnight, _end = span_of_days(tomorrow, tomorrow, company.practice_tz)
            lots.write({"low_due": midnight, "low_error": reason})
        self._practice_try_to_tell(reason)

    def _get_own_credits(self):
        """Return ``{(patient, package): open credits}`` of the owners of these lots; those to be paid count."""
        rows = self._read_group(
            Domain("partner_id", "in", self.partner_id.ids)
            & Domain("package_id", "in", self.package_id.ids)
            & Domain("state", "in", ("active", "pending"))
            & self._get_own_domain(),
            ["partner_id", "package_id"],
            ["credits_available:sum", "credits_reserved:sum"],
        )
        credits = {(patient, package): available + reserved for patient, package, available, reserved in rows}
        return {owner: credits.get(owner, 0) for owner in ((lot.partner_id, lot.package_id) for lot in self)}

    def _send_low_mail(self):
        self.ensure_one()
        if self._get_mail_recipients():
            self.env.ref("practice_billing.mail_template_credits_low").send_mail(self.id)
        else:
            self.message_post(body=self.env._("Nobody was told that credits run low: there is no e-mail address."))

    # === WHAT MAILS SAY === #

    def _get_mail_recipients(self):
        """Return who is written to about these credits: the patient, else those who represent them."""
        self.ensure_one()
        return self.partner_id._practice_get_mail_recipients()

    def _get_mail_values(self):
        """Return what the templates of credits say besides the lot: recipients, balance, where to buy."""
        self.ensure_one()
        recipients = self._get_mail_recipients()
        owner = (self.partner_id, self.package_id)
        balance, buy_url = self._get_balances({owner})[owner], self._get_buy_url(recipients)
        return {
            "names": ", ".join(recipients.mapped("name")),
            "patient": self.partner_id.name if recipients and self.partner_id not in recipients else "",
            "left": balance["available"],
            "planned": balance["reserved"],
            # Who cannot buy here sees what is left, and can ask for more.
            "can_buy": bool(buy_url),
            "buy_url": buy_url or self._get_credits_url(recipients),
        }

    def _get_credits_url(self, recipients):
        """Return where ``recipients`` see these credits. A hook of the portal."""
        self.ensure_one()
        return ""

    def _get_buy_url(self, recipients):
        """Return where ``recipients`` buy more of this package; nothing when none of them can. A hook of the shop."""
        self.ensure_one()
        return ""
