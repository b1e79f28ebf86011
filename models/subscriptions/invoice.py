from functools import cached_property

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from ...tools.credits import round_money

#: The sections of an invoice in order, and the sections of a bill that each holds.
SECTIONS = (
    ("credit", ("credit", "returned")),
    ("licence", ("licence", "change")),
    ("addition", ("addition",)),
    ("usage", ("usage",)),
    ("discount", ("discount",)),
)


class InvoiceFacts:
    """What all invoices of a company on a day have in common, read once for the batch.

    :param date day: the invoice date, in the company's time zone
    """

    def __init__(self, company, day):
        self.company = company
        self.day = day
        self._rates, self._positions = {}, {}

    @cached_property
    def journal(self):
        """The journal of subscription invoices.

        :raises UserError: when the company has no sales journal
        """
        return self.company._get_subscription_journal()

    @cached_property
    def locked_until(self):
        """The last locked day that the invoice date falls under, or ``None``."""
        return self.company._get_release_lock(self.journal, self.day)

    @cached_property
    def _automatic(self):
        """The fiscal positions that Odoo chooses from by country and VAT number."""
        positions = self.company.env["account.fiscal.position"].with_company(self.company)
        return positions.search([*positions._check_company_domain(self.company), ("auto_apply", "=", True)])

    def get_position(self, partner):
        """Return the fiscal position of a customer, as Odoo chooses it."""
        if partner not in self._positions:
            position = partner.with_company(self.company).property_account_position_id
            if not position and partner.country_id:
                position = self._automatic._get_first_matching_fpos(partner)
            self._positions[partner] = position
        return self._positions[partner]

    def has_rate(self, currency):
        """Return whether ``currency`` has a rate on the day; the company's own needs none."""
        if currency not in self._rates:
            rates = currency.env["res.currency.rate"].sudo()  # sudo: whether there is one
            self._rates[currency] = currency == self.company.currency_id or bool(
                rates.search_count(
                    [
                        ("currency_id", "=", currency.id),
                        ("name", "<=", self.day),
                        ("company_id", "in", (False, self.company.root_id.id)),
                    ],
                    limit=1,
                )
            )
        return self._rates[currency]


class PracticeSubscription(models.Model):
    """From a bill to an invoice: texts in the customer's language, products, taxes and accounts.

    The preview shows the same lines (:meth:`_prepare_line_vals`), so what is shown is what is billed.
    """

    _inherit = "practice.subscription"

    # === CHECKS === #

    def _check_billable(self, invoice, facts):
        """Refuse what could not be posted, or what would be wrong in the books, with a reason to act on.

        :raises UserError: see the messages
        """
        self.ensure_one()
        plan = invoice.plan
        partner = self._get_invoice_partner()
        missing = [
            partner._fields[name]._description_string(self.env)
            for name in ("street", "city", "country_id")
            if not partner[name]
        ]
        if missing:
            raise UserError(
                self.env._(
                    "%(partner)s has no complete address (%(missing)s): an invoice needs one.",
                    partner=partner.display_name,
                    missing=", ".join(missing),
                )
            )
        for product in plan.product_id | self._get_usage_products(invoice):
            if not product.active:
                raise UserError(
                    self.env._("The product %s is archived. Choose another one on the plan.", product.display_name)
                )
        plan._get_licence_account()
        if not facts.has_rate(plan.currency_id):
            raise UserError(
                self.env._(
                    "There is no rate of %(currency)s on %(day)s. Enter one, or have Odoo fetch them.",
                    currency=plan.currency_id.name,
                    day=format_date(self.env, facts.day),
                )
            )
        if facts.locked_until:
            raise UserError(
                self.env._(
                    "The books of %(company)s are locked until %(locked)s: an invoice of %(day)s cannot be posted.",
                    company=facts.company.name,
                    locked=format_date(self.env, facts.locked_until),
                    day=format_date(self.env, facts.day),
                )
            )

    def _get_invoice_partner(self):
        """Return the contact that invoices go to."""
        partner = self.organisation_id
        return partner.browse(partner.address_get(["invoice"])["invoice"])

    @api.model
    def _get_usage_products(self, invoice):
        kinds = self.env["practice.usage.kind"].browse(
            line.kind for line in invoice.bill.lines if line.section == "usage"
        )
        return kinds.product_id

    # === INVOICE === #

    def _prepare_invoice_vals(self, invoice, facts, period):
        """Return the values of the invoice of ``period``; a credit note when the customer gets more than he pays."""
        self.ensure_one()
        partner = self._get_invoice_partner()
        position = facts.get_position(partner)
        sign = -1 if invoice.bill.total < 0 else 1
        lines = self._prepare_line_vals(invoice, position, sign, period)
        return {
            "move_type": "out_invoice" if sign > 0 else "out_refund",
            "company_id": self.company_id.id,
            "journal_id": facts.journal.id,
            "partner_id": partner.id,
            "currency_id": invoice.plan.currency_id.id,
            "fiscal_position_id": position.id,
            "invoice_date": facts.day,
            "invoice_origin": self.name,
            "invoice_user_id": self.user_id.id,
            "practice_period_id": period.id,
            # Written here and not after posting, for the sake of speed: the queue looks at posted documents only.
            "sending_data": partner._is_reachable(self.company_id) and self._prepare_sending_data(),
            "invoice_line_ids": [Command.create(vals) for vals in lines],
        }

    def _prepare_sending_data(self):
        """Return what Odoo's send queue wants to know: who sends."""
        return {"author_user_id": self.env.user.id, "author_partner_id": self.env.user.partner_id.id}

    @api.model
    def _get_ordered_lines(self, invoice):
        """Return ``(section, line)`` in the order of the invoice; each section begins with a title, without a line."""
        rows = []
        for section, parts in SECTIONS:
            lines = [line for line in invoice.bill.lines if line.section in parts]
            rows += [(section, None), *((section, line) for line in lines)] if lines else []
        return rows

    def _prepare_line_vals(self, invoice, position, sign=1, period=None):
        """Return the values of all lines, titles included.

        :param period: the period record of the invoice, when there is one already
        """
        me = self.with_context(lang=self._get_invoice_partner().lang or self.env.lang)
        vals_list = []
        for section, line in self._get_ordered_lines(invoice):
            if not line:
                vals_list.append({"display_type": "line_section", "name": me._get_section_name(section, invoice)})
                continue
            vals = me._prepare_product_line_vals(line, position, sign)
            if period and line.section != "usage":
                of_period = self._get_line_period(line, period)
                vals["practice_period_id"] = of_period.id
                if of_period != period and of_period.deferred_account_id:
                    # Back to where it waits, even when the plan books elsewhere by now.
                    vals["account_id"] = of_period.deferred_account_id.id
            vals_list.append(vals)
        return vals_list

    def _get_line_period(self, line, period):
        """Return the period that a line's money is for: what is added to or credited of the one before is of that."""
        of_before = line.section in ("addition", "credit", "returned") or period.kind == "extras"
        return self.period_id if of_before else period

    def _prepare_product_line_vals(self, line, position, sign):
        plan = self.env["practice.plan"].browse(line.plan)
        product, account = plan.product_id, plan._get_licence_account()
        if line.section == "usage":
            kind = self.env["practice.usage.kind"].browse(line.kind)
            product = kind.product_id or product
            account = plan._get_usage_account(kind)
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        vals = {
            "name": self._get_line_name(line, plan),
            "product_id": product.id,
            "product_uom_id": product.uom_id.id,
            "quantity": line.quantity,
            "price_unit": sign * line.price_unit,
            "tax_ids": [Command.set(position.map_tax(taxes).ids)],
            "account_id": position.map_account(account).id,
            "practice_date_from": line.date_from,
            "practice_date_to": line.date_to,
        }
        if line.inline:
            # The credits of a membership are the member's, whoever pays.
            vals["practice_patient_id"] = self._get_practitioners(line).id
        return vals

    # === TEXTS === #

    def _get_section_name(self, section, invoice):
        if section == "licence":
            return self.env._(
                "%(plan)s, %(first)s – %(last)s",
                plan=invoice.plan.with_env(self.env).name,
                first=format_date(self.env, invoice.date_from),
                last=format_date(self.env, invoice.date_to),
            )
        return {
            "credit": self.env._("Credit for unused days"),
            "addition": self.env._("Practitioners added"),
            "usage": self.env._("Usage"),
            "discount": self.env._("Discount"),
        }[section]

    def _get_line_name(self, line, plan):
        """Return what a line is for, in the customer's language: the practitioners, the days, the price."""
        currency = plan.currency_id
        dates = ""
        if line.date_from:
            dates = self.env._(
                "%(first)s – %(last)s",
                first=format_date(self.env, line.date_from),
                last=format_date(self.env, line.date_to),
            )
        if line.section in ("discount", "returned"):
            if line.section == "returned":
                return self.env._("Discount on unused days")
            if line.discount.kind == "percentage":
                return self.env._("%(code)s: %(rate)s %%", code=line.discount.code, rate=f"{line.discount.value:g}")
            return self.env._("Code %s", line.discount.code)
        if line.section == "usage":
            kind = self.env["practice.usage.kind"].browse(line.kind)
            name = self.env._("%(kind)s, %(dates)s", kind=kind.name, dates=dates)
            if line.usage.included:
                name += "\n" + self.env._("%s included in each period", f"{line.usage.included:g}")
            return name
        people = ", ".join(self._get_practitioners(line).mapped("name"))
        rate = self.env._("student") if line.kind == "student" else self.env._("practitioner")
        price = format_amount(self.env, line.price, currency)
        names = {"plan": plan.name, "rate": rate, "dates": dates, "people": people, "price": price}
        names["number"] = len(line.seats)
        if line.section == "credit":
            return self.env._("%(plan)s: %(number)s × %(price)s, unused %(dates)s", **names)
        if line.section in ("change", "addition") and line.price_unit != line.price:
            return self.env._("%(plan)s, %(rate)s, %(number)s × %(price)s by days, %(dates)s\n%(people)s", **names)
        name = self.env._("%(plan)s, %(rate)s, %(dates)s\n%(people)s", **names)
        if line.discount and line.inline:
            name += "\n" + self.env._("%(price)s less discount %(code)s", price=price, code=line.discount.code)
        return name

    @api.model
    def _get_practitioners(self, line):
        return self.env["res.partner"].browse(seat.person for seat in line.seats)

    # === PREVIEW === #

    def _get_preview(self, invoice):
        """Return the invoice as it would be: ``lines``, ``untaxed``, ``tax`` and ``total`` in the plan's currency."""
        self.ensure_one()
        company = self.company_id
        me = self.with_company(company)
        facts = InvoiceFacts(company, company._practice_day())
        vals_list = me._prepare_line_vals(invoice, facts.get_position(me._get_invoice_partner()))
        taxes = me.env["account.tax"]
        base_lines = [
            taxes._prepare_base_line_for_taxes_computation(
                None,
                partner_id=me._get_invoice_partner(),
                currency_id=invoice.plan.currency_id,
                product_id=me.env["product.product"].browse(vals["product_id"]),
                tax_ids=taxes.browse(vals["tax_ids"][0][2]),
                price_unit=vals["price_unit"],
                quantity=vals["quantity"],
            )
            for vals in vals_list
            if "product_id" in vals
        ]
        taxes._add_tax_details_in_base_lines(base_lines, company)
        taxes._round_base_lines_tax_details(base_lines, company)
        totals = taxes._get_tax_totals_summary(base_lines, invoice.plan.currency_id, company)
        rounding = invoice.plan.currency_id.rounding
        return {
            "invoice": invoice,
            "currency": invoice.plan.currency_id,
            "lines": [
                {
                    "section": vals.get("display_type") == "line_section",
                    "name": vals["name"],
                    "quantity": vals.get("quantity"),
                    "price": vals.get("price_unit"),
                    "amount": round_money(vals["price_unit"] * vals["quantity"], rounding)
                    if "product_id" in vals
                    else None,
                }
                for vals in vals_list
            ],
            "untaxed": totals["base_amount_currency"],
            "tax": totals["tax_amount_currency"],
            "total": totals["total_amount_currency"],
        }

    @api.model
    def _render_preview(self, preview):
        """Return the preview as HTML."""
        return self.env["ir.qweb"]._render("practice_billing.subscription_invoice_preview", preview) if preview else ""

    next_invoice_preview = fields.Html(compute="_compute_next_invoice_preview", sanitize=False)
    next_invoice_total = fields.Monetary(
        compute="_compute_next_invoice_preview", help="Of the next invoice as it is today, without tax."
    )

    @api.depends(
        "state",
        "plan_id",
        "interval",
        "next_invoice_date",
        "end_date",
        "pending_plan_id",
        "pending_interval",
        "seat_ids.date_from",
        "seat_ids.date_to",
        "seat_ids.kind",
        "seat_ids.student_until",
        "usage_ids.state",
        "usage_ids.quantity",
        "redemption_ids.state",
        "period_id",
    )
    def _compute_next_invoice_preview(self):
        for subscription in self:
            subscription.next_invoice_total = 0.0
            if subscription.state not in ("active", "past_due") or not subscription._origin:
                subscription.next_invoice_preview = False
                continue
            saved = subscription._origin
            try:
                preview = saved._get_preview(saved._make_next_invoice())
            except UserError as error:
                subscription.next_invoice_preview = Markup("<p class='text-danger'>%s</p>") % str(error)
            else:
                subscription.next_invoice_preview = saved._render_preview(preview)
                subscription.next_invoice_total = preview["untaxed"]


class PracticePlan(models.Model):
    """Where a plan's money goes."""

    _inherit = "practice.plan"

    def _get_licence_account(self):
        """Return the account that licences are booked to: the balance post when the plan has one.

        :raises UserError: when neither the plan nor its product has an account
        """
        self.ensure_one()
        if self.package_id:
            # A membership's money waits on the balance post of its package, for the visits.
            account = self.product_id.product_tmpl_id._get_product_accounts()["income"]
        else:
            account = self.deferred_account_id or self._get_income_account()
        if not account or not account.active:
            raise UserError(
                self.env._("%s has no ledger account. Choose one on the plan or on its product.", self.name)
            )
        return account

    def _get_income_account(self):
        """Return the ledger account of the plan, else the one of its product."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id.with_company(self.company_id)
        return self.income_account_id or template._get_product_accounts()["income"]

    def _get_usage_account(self, kind):
        """Return where usage is booked to: revenue at once, for it has been used."""
        self.ensure_one()
        if kind.product_id:
            template = kind.product_id.product_tmpl_id.with_company(self.company_id)
            return template._get_product_accounts()["income"] or self._get_income_account()
        return self._get_income_account()


class ResCompany(models.Model):
    """What the billing run of a company needs, read once."""

    _inherit = "res.company"

    practice_subscription_journal_id = fields.Many2one(
        "account.journal",
        string="Subscription Journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        check_company=True,
        help="Where invoices of subscriptions are numbered. Empty means the company's first sales journal.",
    )
    practice_grace_days = fields.Integer(
        string="Days of Grace",
        default=14,
        help="Days after which a subscription with an overdue invoice is suspended.",
    )

    def _get_subscription_journal(self):
        """Return the journal of subscription invoices.

        :raises UserError: when the company has no sales journal
        """
        self.ensure_one()
        journal = self.practice_subscription_journal_id or self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self), ("type", "=", "sale")], limit=1
        )
        if not journal:
            raise UserError(
                self.env._("%s has no sales journal for subscriptions. Choose one in the settings.", self.name)
            )
        return journal
