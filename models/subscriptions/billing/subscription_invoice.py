from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

#: The sections of an invoice in order, and the sections of a bill that each holds.
SECTIONS = (
    ("credit", ("credit", "returned")),
    ("licence", ("licence", "change")),
    ("addition", ("addition",)),
    ("usage", ("usage",)),
    ("discount", ("discount",)),
)


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
        partner = facts.get_partner(self)
        self._check_address(partner)
        # What is given back goes by what was sold, and asks nothing of the plan of today.
        if not all(line.origin for line in invoice.bill.lines):
            self._check_chargeable(invoice, facts.get_position(partner))
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

    def _check_chargeable(self, invoice, position):
        """Refuse to charge by a plan whose product, account or taxes are not fit for it.

        :raises UserError: see the messages
        """
        plan = invoice.plan
        for product in plan.product_id | self._get_usage_products(invoice):
            if not product.active:
                raise UserError(
                    self.env._("The product %s is archived. Choose another one on the plan.", product.display_name)
                )
        plan._get_licence_account()
        self._practice_check_tax_accounts(plan, position)

    @api.model
    def _check_address(self, partner):
        """Refuse to make an invoice for a contact whose address is not complete.

        :raises UserError: naming what is missing
        """
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

    def _practice_check_tax_accounts(self, plan, position):
        """Refuse a tax without account: Odoo books it where the line is booked, and no month would ever release it."""
        waits = plan.deferred_account_id or self.period_id.deferred_account_id
        taxes = position.map_tax(plan.product_id.taxes_id._filter_taxes_by_company(self.company_id))
        homeless = taxes.flatten_taxes_hierarchy().filtered(
            lambda tax: (
                tax.amount
                and any(
                    line.repartition_type == "tax" and line.factor and not line.account_id
                    for line in tax.invoice_repartition_line_ids + tax.refund_repartition_line_ids
                )
            )
        )
        if homeless and waits:
            raise UserError(
                self.env._(
                    "%(taxes)s has no account of its own: its amount would stay on the balance post %(account)s. "
                    "Give the tax an account, or choose another tax.",
                    taxes=", ".join(homeless.mapped("name")),
                    account=waits.display_name,
                )
            )

    def _get_invoice_partner(self):
        """Return the contact that invoices go to."""
        partner = self.organisation_id
        found = partner.address_get(["invoice"])["invoice"]
        # Taken from what is read anyway: then the fields of all contacts of a batch are read at once.
        return next((it for it in (*partner, *partner.child_ids) if it.id == found), partner.browse(found))

    @api.model
    def _get_usage_products(self, invoice):
        kinds = self.env["practice.usage.kind"].browse(
            line.kind for line in invoice.bill.lines if line.section == "usage"
        )
        return kinds.product_id

    # === INVOICE === #

    def _prepare_invoice_vals(self, invoice, facts, period):
        """Return the values of the invoice of ``period``; a credit note when the customer gets more than they pay."""
        self.ensure_one()
        partner = facts.get_partner(self)
        position = facts.get_position(partner)
        move, sign = self.env["account.move"], -1 if invoice.bill.total < 0 else 1
        lines = self._prepare_line_vals(invoice, facts, sign, period)
        if sold_sudo := self._get_sale_sudo(invoice):
            partner, position = sold_sudo.partner_id.sudo(False), sold_sudo.fiscal_position_id.sudo(False)
        return {
            "move_type": "out_invoice" if sign > 0 else "out_refund",
            "company_id": self.company_id.id,
            "journal_id": facts.journal.id,
            "partner_id": partner.id,
            "currency_id": invoice.plan.currency_id.id,
            "fiscal_position_id": position.id,
            **self.company_id._practice_prepare_days(facts.day),
            "invoice_origin": self.name,
            "ref": self.organisation_id.commercial_partner_id.practice_buyer_reference,
            "invoice_user_id": self.user_id.id,
            "practice_period_id": period.id,
            # Written here and not after posting, for the sake of speed: the queue looks at posted documents only.
            "sending_data": partner._practice_is_reachable(self.company_id) and move._practice_prepare_sending_data(),
            "invoice_line_ids": [Command.create(vals) for vals in lines],
        }

    def _get_sale_sudo(self, invoice):
        """Return the invoice whose customer and position a document has that gives back, and charges nothing."""
        lines = invoice.bill.lines
        if not all(line.origin for line in lines):
            return self.env["account.move"]
        # sudo: the invoice that is given back
        sold_sudo = self.env["account.move.line"].sudo().browse(line.origin for line in lines).move_id
        same = len(sold_sudo.partner_id) == 1 and len(sold_sudo.fiscal_position_id) <= 1
        return sold_sudo[:1] if same else sold_sudo.browse()

    @api.model
    def _get_ordered_lines(self, invoice):
        """Return ``(section, line)`` in the order of the invoice; each section begins with a title, without a line."""
        rows = []
        for section, parts in SECTIONS:
            lines = [line for line in invoice.bill.lines if line.section in parts]
            rows += [(section, None), *((section, line) for line in lines)] if lines else []
        return rows

    def _prepare_line_vals(self, invoice, facts, sign=1, period=None):
        """Return the values of all lines, titles included.

        :param period: the period record of the invoice, when there is one already
        """
        partner = facts.get_partner(self)
        me, position = self.with_context(lang=partner.lang or self.env.lang), facts.get_position(partner)
        vals_list = []
        for section, line in self._get_ordered_lines(invoice):
            if not line:
                vals_list.append({"display_type": "line_section", "name": me._get_section_name(section, invoice)})
                continue
            if line.origin:
                vals_list.append(me._prepare_credit_line_vals(line, sign))
                continue
            vals = me._prepare_product_line_vals(line, position, sign)
            if period and line.section != "usage":
                of_period = self._get_line_period(line, period)
                vals["practice_period_id"] = of_period.id
                if of_period != period:
                    vals["account_id"] = self._get_account_of_before(line, of_period, position).id
            vals_list.append(vals)
        return vals_list

    def _get_line_period(self, line, period):
        """Return the period that a line's money is for: what is added to the one before is of that.

        A discount is of the new period, but for that on additions to a plan that is no more. What is given back is of
        the period that it was billed for.
        """
        of_before = line.section == "addition" or period.kind == "extras"
        return self.period_id if of_before or line.plan != period.plan_id.id else period

    def _get_account_of_before(self, line, period, position):
        """Return the account of what is for an earlier period: where that waits, even when the plan books elsewhere."""
        plan = self.env["practice.plan"].browse(line.plan)
        return period.deferred_account_id or position.map_account(plan._get_income_account())

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

    def _prepare_credit_line_vals(self, line, sign):
        """Return the values of a line that gives back: as it was sold, whatever the plan says today."""
        sold_sudo = self.env["account.move.line"].sudo().browse(line.origin)  # sudo: the invoice that is given back
        return {
            "name": self._get_line_name(line, self.env["practice.plan"].browse(line.plan)),
            "product_id": sold_sudo.product_id.id,
            "product_uom_id": sold_sudo.product_uom_id.id,
            "quantity": line.quantity,
            "price_unit": sign * line.price_unit,
            "tax_ids": [Command.set(sold_sudo.tax_ids.ids)],
            "account_id": sold_sudo.account_id.id,
            "practice_date_from": line.date_from,
            "practice_date_to": line.date_to,
            "practice_period_id": sold_sudo.practice_period_id.id,
            "practice_origin_id": (sold_sudo.practice_origin_id or sold_sudo).id,
        }

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
        if line.section == "credit" and not line.seats:
            return self.env._("%(plan)s: unused %(dates)s, of %(price)s that is billed and not credited", **names)
        if line.section == "credit":
            return self.env._("%(plan)s: %(number)s × %(price)s, unused %(dates)s", **names)
        if line.section in ("change", "addition") and line.price_unit != line.price:
            return self.env._("%(plan)s, %(rate)s, %(number)s × %(price)s by days, %(dates)s\n%(people)s", **names)
        if line.inline and line.kind != "student":
            # A membership: whoever has the seat comes as a patient.
            name = self.env._("%(plan)s, %(dates)s\n%(people)s", **names)
        else:
            name = self.env._("%(plan)s, %(rate)s, %(dates)s\n%(people)s", **names)
        if line.discount and line.inline:
            name += "\n" + self.env._("%(price)s less discount %(code)s", price=price, code=line.discount.code)
        return name

    @api.model
    def _get_practitioners(self, line):
        return self.env["res.partner"].browse(seat.person for seat in line.seats)
