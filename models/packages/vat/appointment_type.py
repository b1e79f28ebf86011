from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PracticeAppointmentType(models.Model):
    """An appointment type says with which tax it is given; packages with VAT at each visit need it."""

    _inherit = "practice.appointment.type"

    tax_id = fields.Many2one(
        "account.tax",
        domain="[('type_tax_use', '=', 'sale'), ('amount_type', '=', 'percent'), "
        "('company_id', 'parent_of', company_id)]",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        index="btree_not_null",
        help="Of a visit; one of 0 % where it is exempt. Packages with VAT at each visit take it out of what was paid, "
        "whether or not prices include it.",
    )

    @api.constrains("tax_id")
    def _check_tax(self):
        for appointment_type in self:
            tax = appointment_type.tax_id
            voucher = appointment_type.company_id.practice_voucher_tax_id
            if tax and (tax.type_tax_use != "sale" or tax.amount_type != "percent" or not tax.active or tax == voucher):
                raise ValidationError(
                    self.env._(
                        "%(tax)s cannot be the tax of %(type)s: choose an active sales tax that is a percentage, one "
                        "of 0 %% where it is exempt.",
                        tax=tax.name,
                        type=appointment_type.name,
                    )
                )

    @api.constrains("tax_id", "package_id", "active")
    def _check_vat_of_package(self):
        active = self.filtered("active")
        active.package_id._check_vat()
        untaxed = active.filtered(lambda it: it.package_id and not it.tax_id)
        # sudo: whether there are any credits; they may have been sold before the package changed, and come back
        lots_sudo = self.env["practice.credit.lot"].sudo()
        sold = [("package_id", "in", untaxed.package_id.ids), ("vat_at_use", "=", True)]
        if untaxed and (lots_sudo := lots_sudo.search(sold, limit=1)):
            raise ValidationError(
                self.env._(
                    "Credits of %(package)s were sold with VAT at each visit: choose a tax for %(types)s, one of 0 %% "
                    "where it is exempt.",
                    package=lots_sudo.package_id.name,
                    types=", ".join(untaxed.filtered(lambda it: it.package_id == lots_sudo.package_id).mapped("name")),
                )
            )
