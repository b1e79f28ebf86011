from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list, formatLang

from ..models.common.words import count_credits
from ..tools.credits import credits_covered


class PracticePackageSale(models.TransientModel):
    """Sell a package to a patient in one step: invoice, e-mail and, when the patient pays at the desk, the payment."""

    _name = "practice.package.sale"
    _description = "Sell Package"

    partner_id = fields.Many2one("res.partner", string="Patient", required=True)
    payer_id = fields.Many2one(
        "res.partner",
        string="Invoice To",
        compute="_compute_payer_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Who pays: the patient, or a parent, an employer, an insurer.",
    )
    payer_note = fields.Text(compute="_compute_payer_note")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    package_id = fields.Many2one("practice.package", help="Only products of this package are offered.")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain="[('package_id', '!=', False), ('package_id.active', '=', True), ('sale_ok', '=', True), "
        "('package_id.company_id', 'parent_of', company_id), "
        "('package_id', '=?', package_id)]",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    lacks_accounts = fields.Boolean(related="product_id.practice_lacks_accounts")
    credits = fields.Integer(compute="_compute_amounts", help="Credits that the patient gets once it is paid.")
    amount_untaxed = fields.Monetary(compute="_compute_amounts", string="Without Tax")
    amount_tax = fields.Monetary(compute="_compute_amounts", string="Tax")
    tax_names = fields.Char(compute="_compute_amounts", help="The taxes that the invoice will have.")
    amount_total = fields.Monetary(compute="_compute_amounts", string="Total", help="With tax.")
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        compute="_compute_payment_term_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="With several due dates the credits are given as they are paid.",
    )
    parts_note = fields.Char(compute="_compute_parts_note", help="What paying in parts means for the credits.")
    payment_journal_id = fields.Many2one(
        "account.journal",
        string="Payment Method",
        domain="[('type', 'in', ('bank', 'cash', 'credit')), ('company_id', '=', company_id)]",
        help="Choose it when the patient pays now: the whole, or the first part. Empty: the invoice waits for payment, "
        "and so do the credits.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_payer_id(self):
        for sale in self:
            sale.payer_id = sale._get_paying_arrangement().payer_id or sale.partner_id

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Propose who pays what this product sells, unless somebody else was chosen by hand."""
        proposed = self._get_arrangements(any_package=True).filtered(lambda it: it._pays_all()).payer_id
        if self.payer_id in self.partner_id | proposed:
            self.payer_id = self._get_paying_arrangement().payer_id or self.partner_id

    @api.depends("partner_id", "payer_id", "product_id", "company_id")
    def _compute_payer_note(self):
        for sale in self:
            sale.payer_note = "\n".join(it._describe_sale(sale.payer_id) for it in sale._get_arrangements()) or False

    def _get_arrangements(self, any_package=False):
        """Return the arrangements of the patient that hold today for what is sold, those first that pay all of it."""
        self.ensure_one()
        patient, company = self.partner_id._origin, self.company_id
        if not patient or not company:
            return self.env["practice.payer.arrangement"]
        package = self.product_id.package_id or self.package_id
        return patient._practice_get_arrangements(company, None if any_package else package)

    def _get_paying_arrangement(self):
        """Return the arrangement of who pays all of what is sold, if there is one."""
        return self._get_arrangements().filtered(lambda it: it._pays_all())[:1]

    @api.depends("package_id", "company_id", "partner_id")
    def _compute_product_id(self):
        for sale in self:
            sale.product_id = sale.product_id or sale._get_usual_product()

    def _get_usual_product(self):
        """Return what this patient bought last, or the only product there is; otherwise nothing is chosen."""
        self.ensure_one()
        domain = [
            ("package_id", "=", self.package_id.id) if self.package_id else ("package_id", "!=", False),
            ("package_id.active", "=", True),
            ("package_id.company_id", "parent_of", self.company_id.ids),
            ("sale_ok", "=", True),
        ]
        lots = self.env["practice.credit.lot"].search(
            [("partner_id", "=", self.partner_id.id), ("invoice_line_id", "!=", False)], order="id desc"
        )
        bought = lots.invoice_line_id.product_id.filtered_domain(domain)
        products = self.env["product.product"].search(domain, limit=2)
        return bought[:1] or (products if len(products) == 1 else False)

    @api.depends("product_id", "quantity", "payer_id", "company_id")
    def _compute_amounts(self):
        for sale in self:
            draft = self.env["account.move"].new(sale._prepare_invoice_vals()) if sale.product_id else False
            lines = draft.invoice_line_ids if draft else self.env["account.move.line"]
            sale.amount_untaxed = sum(lines.mapped("price_subtotal"))
            sale.amount_total = sum(lines.mapped("price_total"))
            sale.amount_tax = sale.amount_total - sale.amount_untaxed
            sale.tax_names = format_list(self.env, lines.tax_ids.mapped("name")) if lines.tax_ids else False
            sale.credits = sale.quantity * sale.product_id.package_credits

    @api.depends("payer_id", "company_id")
    def _compute_payment_term_id(self):
        for sale in self:
            sale.payment_term_id = sale.payer_id.with_company(sale.company_id).property_payment_term_id

    @api.depends("payment_term_id", "product_id", "quantity", "payer_id", "company_id", "payment_journal_id")
    def _compute_parts_note(self):
        for sale in self:
            parts = sale._get_parts() if sale.product_id and sale.payment_term_id else []
            sale.parts_note = sale._describe_parts(parts) if len(parts) > 1 else False

    def _get_parts(self):
        """Return ``[(day, amount, credits)]``: what would be due when, and how many are covered once it is paid."""
        draft = self.env["account.move"].new(self._prepare_invoice_vals())
        lines, currency = draft.invoice_line_ids, draft.currency_id
        untaxed, total = sum(lines.mapped("price_subtotal")), sum(lines.mapped("price_total"))
        terms = self.payment_term_id._compute_terms(
            date_ref=self.company_id._practice_day(),
            currency=currency,
            company=self.company_id,
            tax_amount=total - untaxed,
            tax_amount_currency=total - untaxed,
            untaxed_amount=untaxed,
            untaxed_amount_currency=untaxed,
            sign=1,
        )
        due = {}  # Odoo makes one item for each day
        for part in terms["line_ids"]:
            due[part["date"]] = due.get(part["date"], 0.0) + part["foreign_amount"]
        parts, paid = [], 0.0
        for day, amount in sorted(due.items()):
            paid = currency.round(paid + amount)
            covered = credits_covered(self.credits, Fraction(str(paid)), Fraction(str(total)))
            parts.append((day, formatLang(self.env, amount, currency_obj=currency), covered))
        return parts

    def _describe_parts(self, parts):
        """Return in sentences what paying in these parts means; see :meth:`_get_parts`."""
        due = [
            self.env._("%(amount)s on %(day)s", amount=amount, day=format_date(self.env, day))
            for day, amount, _credits in parts
        ]
        numbers = {
            "count": len(parts),
            "parts": format_list(self.env, due),
            "credits": format_list(self.env, [str(credits) for _day, _amount, credits in parts], style="unit"),
            "amount": parts[0][1],
            "first": count_credits(self.env, parts[0][2]),
        }
        if self.payment_journal_id:
            return self.env._(
                "%(count)s parts: %(parts)s. The first part, %(amount)s, is paid now: %(first)s can be planned "
                "at once. After each part: %(credits)s.",
                **numbers,
            )
        return self.env._(
            "%(count)s parts: %(parts)s. The credits are given as they are paid, after each part: %(credits)s.",
            **numbers,
        )

    # === ACTIONS === #

    def action_sell(self):
        """Post the invoice (Odoo's send queue mails it) and register the payment when a journal was chosen.

        Of an invoice in parts that is the first part, as Odoo's own dialog proposes it.
        """
        self.ensure_one()
        if not self.product_id.package_id:
            raise UserError(self.env._("%s gives no credits: choose a package product.", self.product_id.display_name))
        package = self.product_id.package_id
        if package._is_over(self.company_id._practice_day()):
            raise UserError(
                self.env._(
                    "%(package)s could be used until %(day)s at most. Choose a later day on the package before you "
                    "sell it.",
                    package=package.name,
                    day=format_date(self.env, package.validity_date),
                )
            )
        invoice = self.env["account.move"].create(self._prepare_invoice_vals())
        invoice.action_post()
        if self.payment_journal_id and invoice.payment_state == "not_paid":
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"journal_id": self.payment_journal_id.id})._create_payments()
        if self.env.context.get("practice_stay"):
            return {"type": "ir.actions.act_window_close"}
        return invoice.get_formview_action()

    # === BUSINESS METHODS === #

    def _prepare_invoice_vals(self):
        self.ensure_one()
        vals = self.env["account.move"]._practice_prepare_package_sale_vals(
            self.company_id, self.payer_id, self.product_id, patient=self.partner_id, quantity=self.quantity
        )
        paying = self._get_arrangements().filtered(lambda it: it._pays_all() and it.payer_id == self.payer_id)[:1]
        vals["invoice_payment_term_id"] = self.payment_term_id.id
        return {**vals, "ref": paying.reference} if paying.reference else vals
