from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: What e-invoices say of a voucher: its sale is no supply, so it is outside the scope of VAT.
VOUCHER_CODES = {"ubl_cii_tax_category_code": "O", "ubl_cii_tax_exemption_reason_code": "VATEX-EU-O"}


class ResCompany(models.Model):
    """What packages with VAT at each visit need: a tax for their sale, and an account for VAT not invoiced yet."""

    _inherit = "res.company"

    practice_voucher_tax_id = fields.Many2one(
        "account.tax",
        string="Tax of Vouchers",
        domain="[('type_tax_use', '=', 'sale'), ('amount', '=', 0), ('company_id', 'parent_of', id)]",
        ondelete="restrict",
        help="Packages with VAT at each visit are sold with it: 0 %, in no grid of the VAT return. Made when it is "
        "first needed.",
    )
    practice_used_account_id = fields.Many2one(
        "account.account",
        string="Used, to Be Invoiced",
        domain="[('account_type', '=', 'liability_current'), ('reconcile', '=', True), "
        "('company_ids', 'parent_of', id)]",
        ondelete="restrict",
        help="Packages with VAT at each visit: the VAT of visits that took place waits on it until the invoice of the "
        "month. A current liability that can be reconciled, for nothing else.",
    )
    practice_mail_visit_invoices = fields.Boolean(
        string="Send Invoices of Visits", help="Send the monthly invoices of visits to who paid for them."
    )
    practice_visits_invoiced_until = fields.Date(
        string="Visits Invoiced Until", readonly=True, help="The last day that the monthly run has looked at."
    )

    @api.constrains("practice_used_account_id")
    def _check_practice_used_account(self):
        for company in self:
            account = company.practice_used_account_id
            if account and (account.account_type != "liability_current" or not account.reconcile):
                raise ValidationError(
                    self.env._(
                        "%s cannot hold the VAT of visits that are not invoiced yet: choose a current liability that "
                        "allows reconciliation.",
                        account.display_name,
                    )
                )
            if not account and company._practice_needs_used_account():
                raise ValidationError(
                    self.env._(
                        "%s sells packages with VAT at each visit: choose another account for what is used and not "
                        "invoiced yet, instead of none.",
                        company.name,
                    )
                )

    @api.constrains("practice_voucher_tax_id")
    def _check_practice_voucher_tax(self):
        for company in self:
            tax = company.practice_voucher_tax_id
            if tax and (tax.amount or tax.amount_type != "percent" or tax.type_tax_use != "sale"):
                raise ValidationError(
                    self.env._("%s cannot be the tax of vouchers: choose a sales tax of 0 %%.", tax.display_name)
                )

    def _practice_needs_used_account(self):
        """Return whether something is sold, or ever was, whose VAT is due at each visit: it may come back."""
        self.ensure_one()
        packages_sudo = self.env["practice.package"].sudo()  # sudo: whether there is one
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: as above
        own = ("company_id", "=", self.id)
        return bool(
            packages_sudo.search_count([own, ("vat_moment", "=", "use")], limit=1)
            or lots_sudo.search_count([own, ("vat_at_use", "=", True)], limit=1)
        )

    def _practice_get_used_account(self):
        """Return the account of VAT that is used and not invoiced yet; a branch may have that of its parent.

        :raises UserError: when there is none
        """
        self.ensure_one()
        for company_sudo in reversed(self.sudo().parent_ids):  # sudo: a setting, whoever sells
            if company_sudo.practice_used_account_id:
                return company_sudo.practice_used_account_id.sudo(self.env.su)
        raise UserError(
            self.env._(
                "%s has no account for what is used and not invoiced yet. An accountant chooses it in Settings > "
                "Practice, Used, to Be Invoiced; packages with VAT at each visit can be sold then.",
                self.name,
            )
        )

    def _practice_get_voucher_tax(self):
        """Return the tax with which this company sells packages with VAT at each visit; made when there is none."""
        self.ensure_one()
        company_sudo = self.sudo()  # sudo: a setting that follows from the package, whoever sells it
        if not company_sudo.practice_voucher_tax_id:
            company_sudo.practice_voucher_tax_id = company_sudo._practice_make_voucher_tax()
        return company_sudo.practice_voucher_tax_id.sudo(self.env.su)

    def _practice_make_voucher_tax(self):
        taxes = self.env["account.tax"].with_company(self)
        codes = {field: code for field, code in VOUCHER_CODES.items() if field in taxes._fields}
        name = self.env._("Voucher, VAT at Use")
        tax = taxes.create({"name": name, "amount": 0.0, "type_tax_use": "sale", "company_id": self.id, **codes})
        for lang, _name in self.env["res.lang"].get_installed():
            speaking = self.with_context(lang=lang)
            tax.with_context(lang=lang).write(
                {
                    "name": speaking.env._("Voucher, VAT at Use"),
                    "invoice_label": speaking.env._("VAT at use"),
                    "invoice_legal_notes": speaking.env._(
                        "Multi-purpose voucher: no VAT is due on its sale, it is due at each use (Article 30b of "
                        "Directive 2006/112/EC)."
                    ),
                }
            )
        return tax
