import base64

from odoo import api, models
from odoo.exceptions import UserError

from ...tools.sepa import clean_iban

#: Changes with every change of the text.
TEXT_VERSION = "2026-1"


class PracticeSepaMandate(models.Model):
    """Signing on a page: what was shown is kept as it was shown, and its document is mailed."""

    _inherit = "practice.sepa.mandate"

    @api.model
    def _get_text_version(self):
        return TEXT_VERSION

    @api.model
    def _get_text(self, provider):
        """Return what a debtor agrees to, in the language of the context."""
        names = {
            "creditor": provider.company_id.name,
            "identifier": provider.sepa_creditor_identifier or "",
            "days": provider.sepa_notice_days,
        }
        if provider.sepa_scheme == "B2B":
            rights = self.env._(
                "This mandate is only intended for business-to-business transactions. You are not entitled to a refund "
                "from your bank after your account has been debited, but you are entitled to request your bank not to "
                "debit your account up until the day on which the payment is due."
            )
        else:
            rights = self.env._(
                "As part of your rights, you are entitled to a refund from your bank under the terms and conditions of "
                "your agreement with your bank. A refund must be claimed within 8 weeks starting from the date on "
                "which your account was debited."
            )
        return "\n\n".join(
            (
                self.env._(
                    "By signing this mandate form, you authorise %(creditor)s to send instructions to your bank to "
                    "debit your account, and your bank to debit your account in accordance with the instructions from "
                    "%(creditor)s.",
                    **names,
                ),
                rights,
                self.env._(
                    "You are told the amount and the day of each collection at least %(days)s days before it. Creditor "
                    "identifier: %(identifier)s. Recurrent payments.",
                    **names,
                ),
            )
        )

    @api.model
    def _sign(self, provider, partner, method, *, holder, iban, bic="", address="", version=TEXT_VERSION):
        """Return a new active mandate that ``partner`` signs now, with the text of the context's language.

        The same person who signs the same account twice gets the mandate that is there.

        :raises UserError: when the IBAN or the holder is not sound, or another version of the text was shown
        """
        if version != TEXT_VERSION:
            raise UserError(self.env._("The text of the mandate has changed. Load this page again and read it."))
        holder = " ".join((holder or "").split())
        if not 2 <= len(holder) <= 70:
            raise UserError(self.env._("Enter the name of the account holder, at most 70 characters."))
        try:
            iban = clean_iban(iban)
        except ValueError as error:
            raise UserError(self.env._("This is no IBAN. Compare it with your bank card or a statement.")) from error
        known = self.search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "=", partner.id),
                ("iban", "=", iban),
                ("state", "=", "active"),
                ("scheme", "=", provider.sepa_scheme),
            ],
            limit=1,
        )
        if known:
            return known
        mandate = self.create(
            {
                "provider_id": provider.id,
                "partner_id": partner.id,
                "scheme": provider.sepa_scheme,
                "holder": holder,
                "iban": iban,
                "bic": bic,
                "signed_on": provider.company_id._practice_day(),
                "signed_address": address,
                "text": self._get_text(provider),
                "text_version": version,
                "lang": self.env.context.get("lang") or self.env.user.lang,
            }
        )
        mandate._activate(self.env.user.login)
        self.env["payment.transaction"]._practice_run_direct_debit()
        return mandate

    # === DOCUMENT === #

    @api.model
    def _get_undocumented_domain(self):
        """Return the mandates that were signed on a page and whose document was not made and mailed yet."""
        return [("state", "=", "active"), ("text", "!=", False), ("document_id", "=", False)]

    def _document(self):
        """Make the document of these mandates, and mail it to the debtor."""
        for mandate in self:
            report = self.env["ir.actions.report"].with_context(lang=mandate.lang)
            pdf, _type = report._render_qweb_pdf("practice_billing.action_report_sepa_mandate", mandate.ids)
            mandate.document_id = self.env["ir.attachment"].create(
                {
                    "name": f"{mandate.name}.pdf",
                    "datas": base64.b64encode(pdf),
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": mandate.id,
                    "res_field": "document_id",
                }
            )
            if mandate.partner_id.email:
                self.env.ref("practice_billing.mail_template_sepa_mandate").send_mail(
                    mandate.id, email_values={"attachment_ids": [(4, mandate.document_id.id)]}
                )
