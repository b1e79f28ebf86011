from hashlib import sha256

from odoo import api, models
from odoo.tools import email_normalize
from odoo.tools.misc import hash_sign, verify_hash_signed

#: What the links of e-mails about credits are signed for, and how many hours they work.
SCOPE, LINK_HOURS = "practice_billing.credits", 24 * 180

#: What somebody with a link can ask the practice for.
WISHES = ("appointment", "package")


class PracticeCreditLot(models.Model):
    """Who has no login sees with the link of an e-mail what is left, and asks the practice for an appointment or more.

    The link is signed, not kept: it ends after some months, and when the e-mail address that it was sent to changes.
    """

    _inherit = "practice.credit.lot"

    def _get_credits_url(self, recipients):
        """Return where ``recipients`` see these credits: their packages when all of them have a login, else a link."""
        self.ensure_one()
        base, users_sudo = self.company_id.get_base_url(), recipients.sudo().user_ids  # sudo: only whether there are
        if recipients and users_sudo.filtered("active").partner_id >= recipients:
            return f"{base}/my/packages"
        return f"{base}{self._get_link_path()}"

    def _get_link_path(self):
        """Return the page of these credits for whoever has no login, below the address of the server."""
        self.ensure_one()
        said = [self.id, self._get_recipients_fingerprint()]
        token = hash_sign(self.sudo().env, SCOPE, said, expiration_hours=LINK_HOURS)  # sudo: the secret of the database
        return f"/practice/credits/{token}"

    def _get_recipients_fingerprint(self):
        addresses = sorted(filter(None, map(email_normalize, self._get_mail_recipients().mapped("email"))))
        return sha256(repr(addresses).encode()).hexdigest()[:16]

    @api.model
    def _find_by_token_sudo(self, token):
        """Return the credits whose link this is, with all rights, or an empty record."""
        lots_sudo = self.sudo().browse()  # sudo: who has the link may follow it
        try:
            lot_id, recipients = verify_hash_signed(lots_sudo.env, SCOPE, token) or (0, "")
        except ValueError:
            return lots_sudo
        lot_sudo = lots_sudo.browse(lot_id).exists()
        still_theirs = lot_sudo.partner_id.active and recipients == lot_sudo._get_recipients_fingerprint()
        return lot_sudo if lot_sudo and still_theirs else lots_sudo

    def _prepare_link_page(self):
        """Return what the page behind a link shows of the package of these credits: numbers, and when visits are."""
        self.ensure_one()
        patient, package = self.partner_id, self.package_id
        balances = self._prepare_portal_balances(patient, self.env.user)
        events = self.env["calendar.event"]
        coming = events.search(events._practice_get_portal_domain(patient, coming=True), order="start, id", limit=10)
        return {
            "company": self.company_id,
            "name": package.name,
            "patient": patient.name,
            "card": next((it for it in balances if it["package"] == package and it["owner"] == patient), None),
            "validity": self._describe_validity() if self.state == "active" else "",
            "visits": [
                event._practice_describe_start() for event in coming if event._practice_get_package() == package
            ],
            "asked": [wish for wish in WISHES if self._find_request(wish)],
        }

    # === ASKING === #

    def _ask(self, wish):
        """Have the practice call the patient: staff gets an activity, one for each wish that is not done yet.

        :param str wish: one of ``WISHES``
        """
        self.ensure_one()
        if wish not in WISHES or self._find_request(wish):
            return
        responsible = self.company_id._practice_get_responsible()
        words = self.with_context(lang=responsible.lang)
        if wish == "package":
            note = words.env._("Asked with the link of an e-mail for more credits of %s.", words.package_id.name)
        else:
            note = words.env._("Asked with the link of an e-mail for an appointment, of %s.", words.package_id.name)
        self.partner_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self._get_request_name(wish),
            note=note,
            user_id=responsible.id,
        )

    def _find_request(self, wish):
        """Return the activity by which the practice knows of a wish already."""
        return self.partner_id.activity_ids.filtered(lambda it: it.summary == self._get_request_name(wish))

    def _get_request_name(self, wish):
        """Return how the activity of a wish is called, in the language of who gets it."""
        words = self.with_context(lang=self.company_id._practice_get_responsible().lang)
        if wish == "package":
            return words.env._("Wants more credits (%s)", words.package_id.name)
        return words.env._("Wants an appointment (%s)", words.package_id.name)
