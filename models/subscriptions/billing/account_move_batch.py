from contextlib import nullcontext

from odoo import api, models

from ...common.carried import carried
from .invoice_batch import (
    BATCH_KEY,
    SWITCH,
    InvoiceBatch,
    check_each_company_once,
    get_add_ons_of,
    get_batch,
    take_environment,
)

#: The values that a product line must bring along, and those that it may: nothing else decides about its amounts.
PRICED = {"name", "product_id", "quantity", "price_unit", "tax_ids", "account_id"}
NEUTRAL = {"move_id", "display_type", "product_uom_id", "sequence"}

#: Values of a line that Odoo would ask the defaults of, line by line, while it works out the others.
NOTHING = {
    "product_id": False,
    "tax_repartition_line_id": False,
    "practice_period_id": False,
    "practice_sold_line_id": False,
}

#: What the shortcuts of a draft do instead of Odoo, and the add-ons whose part of it they know. When another add-on has
#: a say in one of these, all is left to Odoo. That of expenses speaks of its own documents only.
REPLACED = {
    "account.move": {
        "_compute_needed_terms": {"account", "hr_expense"},
        "_get_sync_stack": {"account"},
        "_prepare_product_base_line_for_taxes_computation": {"account", "hr_expense", "practice_billing"},
        "_sync_dynamic_line": {"account"},
        "_sync_dynamic_lines": {"account"},
        "_sync_tax_lines": {"account"},
    },
    "account.move.line": {
        "_compute_totals": {"account", "hr_expense", "practice_billing"},
        "_sync_invoice": {"account"},
    },
}


class AccountMove(models.Model):
    """Invoices of a billing run, made and posted many at a time; the result is what Odoo makes of them one by one.

    Odoo writes an invoice several times: lines, then the tax tags on each line, tax lines, payment terms. Here its own
    tax engine runs first and the lines are inserted complete. Whatever else can hang on a line is left to Odoo, and
    everything when the shortcuts are switched off. Each is taken for the documents of an :class:`InvoiceBatch` only.
    """

    _inherit = "account.move"

    # === CRUD METHODS === #

    def write(self, vals):
        """Post a batch without comparing its lines before and after: the state changes none of them.

        What else could change a line may not be written together with the state: Odoo refuses it on a posted document.
        """
        batch = get_batch(self.env)
        if not batch or not batch.is_posting or vals.get("state") != "posted":
            return super().write(vals)
        batch.taken["posted"] += len(self)
        with self._disable_recursion({"records": self}, "skip_invoice_sync"):
            return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _practice_bill(self, vals_list, bodies, follow=None):
        """Create and post customer invoices and credit notes of the current company.

        :param list vals_list: values with ``invoice_date`` and ``invoice_line_ids``: create commands of sections and of
            products with all of ``PRICED``, ``tax_ids`` as one set command
        :param list bodies: what the chatter of each says about where it comes from
        :param follow: is called with the drafts, for what needs their lines and not their numbers
        :return: the posted moves, in the order of ``vals_list``
        :raises UserError: whatever Odoo refuses; nothing of the batch is then posted
        """
        is_on = self.env["ir.config_parameter"]._practice_is_on(SWITCH)
        with carried(self.env, InvoiceBatch) if is_on else nullcontext() as batch:
            moves = self.with_context(**{BATCH_KEY: batch})
            moves = moves._practice_draft(vals_list) if batch else moves._practice_quietly().create(vals_list)
            moves._message_log_batch({move.id: body for move, body in zip(moves, bodies, strict=True)})
            if follow:
                follow(moves.with_env(self.env))
            # From the first number until the commit no other worker gets one: everything else is written before.
            moves.env.flush_all()
            with batch.posting() if batch else nullcontext():
                moves._post(soft=False)
            if batch:
                self.env["res.partner"]._practice_increase_ranks(batch.ranks)
        return moves.with_env(self.env)

    @api.model
    def _practice_quietly(self):
        """Return the model for documents whose chatter the caller writes.

        Odoo's line "Invoice Created" and its notification only stay where the company has everything logged.
        """
        return self.with_context(mail_create_nolog=not self.env.company.restrictive_audit_trail)

    @api.model
    def _practice_draft(self, vals_list):
        """Create the documents as drafts, complete with taxes and payment terms."""
        headers = self._practice_quietly().create(
            [{name: vals[name] for name in vals if name != "invoice_line_ids"} for vals in vals_list]
        )
        moves = headers.with_env(self.env)
        complete, ready, totals, left = self.browse(), [], [], []
        is_odoos = self._practice_is_left_to_odoo()
        for move, vals in zip(moves, vals_list, strict=True):
            lines = [
                {"move_id": move.id, "display_type": "product", **line_vals}
                for _command, _id, line_vals in vals["invoice_line_ids"]
            ]
            if is_odoos or not move._practice_only_taxed(lines):
                left += lines
                continue
            complete += move
            lines, line_totals = move._practice_add_taxes(lines)
            lines += move._practice_prepare_terms(lines)
            ready += lines
            totals += line_totals + [(0.0, 0.0)] * (len(lines) - len(line_totals))
        line = self.env["account.move.line"]
        line.create(left)
        # Complete lines need no synchronisation and carry no analytic distribution.
        line = line.with_context(skip_invoice_sync=True, skip_invoice_line_sync=True, skip_analytic_sync=True)
        batch = get_batch(self.env)
        created = line.create([{**NOTHING, **vals} for vals in ready])
        batch.totals.update(zip(created.ids, totals, strict=True))
        complete._practice_know_lines(created)
        batch.taken["complete"] += len(complete)
        return moves

    def _practice_know_lines(self, lines):
        """Have Odoo know which of ``lines``, which are all that these documents have, are in which of their fields.

        Asking the database for them would write all lines first, and once more when they are numbered.
        """
        for inverse in self.pool.field_inverses[lines._fields["move_id"]]:
            shown = lines.filtered_domain(inverse.get_comodel_domain(self)).grouped("move_id")
            inverse._insert_cache(self, [shown[move]._ids if move in shown else () for move in self])

    @api.model
    def _practice_is_left_to_odoo(self):
        """Return whether something could be on the lines that only Odoo's own way finds out."""
        # sudo: whether there is one; they belong to the accountants
        distributed = self.env["account.analytic.distribution.model"].sudo().search_count([], limit=1)
        return bool(distributed) or any(
            get_add_ons_of(self.env[model], name) - known
            for model, methods in REPLACED.items()
            for name, known in methods.items()
        )

    def _practice_only_taxed(self, vals_list):
        """Return whether these lines of an empty document need nothing but taxes and payment terms besides."""
        self.ensure_one()
        return (
            not self.invoice_cash_rounding_id
            and not self.invoice_payment_term_id.early_discount
            and all(
                {name for name in vals if not name.startswith("practice_")} - NEUTRAL == PRICED
                for vals in vals_list
                if vals["display_type"] == "product"
            )
        )

    def _practice_add_taxes(self, vals_list):
        """Return the lines with amounts and tax tags, and the tax lines, as ``_sync_tax_lines`` would make them.

        :return: these values, and ``[(amount without tax, with tax)]`` of the lines that were given
        """
        self.ensure_one()
        taxes = self.env["account.tax"]
        vals_list = [{**vals, "analytic_distribution": False} for vals in vals_list]
        base_lines = {
            number: self._practice_prepare_base_line(vals)
            for number, vals in enumerate(vals_list)
            if vals["display_type"] == "product"
        }
        rows = list(base_lines.values())
        taxes._add_tax_details_in_base_lines(rows, self.company_id)
        taxes._round_base_lines_tax_details(rows, self.company_id)
        taxes._add_accounting_data_in_base_lines_tax_details(rows, self.company_id)
        result = taxes._prepare_tax_lines(rows, self.company_id)
        for base_line, amounts in result["base_lines_to_update"]:
            base_line["vals"].update(amounts)
        totals = [(0.0, 0.0)] * len(vals_list)
        for number, base_line in base_lines.items():
            details = base_line["tax_details"]
            amounts = details["total_excluded_currency"], details["total_included_currency"]
            totals[number] = tuple(map(self.currency_id.round, amounts))
        return vals_list + [
            {**vals, "move_id": self.id, "display_type": "tax", "analytic_distribution": False}
            for vals in result["tax_lines_to_add"]
        ], totals

    def _practice_prepare_terms(self, vals_list):
        """Return the lines of the payment terms, as ``_compute_needed_terms`` would have them.

        :param list vals_list: all other lines, with their amounts
        """
        self.ensure_one()
        currency, own, term = self.currency_id, self.company_currency_id, self.invoice_payment_term_id
        lines = [vals for vals in vals_list if "balance" in vals]
        taxes = [vals for vals in lines if vals["display_type"] == "tax"]
        total, tax = (-own.round(sum(vals["balance"] for vals in some)) for some in (lines, taxes))
        foreign, foreign_tax = (
            -currency.round(sum(vals["amount_currency"] for vals in some)) for some in (lines, taxes)
        )
        due = [{"date": self.invoice_date_due, "company_amount": total, "foreign_amount": foreign}]
        if term:
            due = term._compute_terms(
                date_ref=self.invoice_date or self.date,
                currency=currency,
                company=self.company_id,
                tax_amount=tax,
                tax_amount_currency=foreign_tax,
                untaxed_amount=own.round(total - tax),
                untaxed_amount_currency=currency.round(foreign - foreign_tax),
                sign=self.direction_sign,
            )["line_ids"]
        by_day = {}
        for part in due:
            amounts = by_day.setdefault(part["date"], [0.0, 0.0])
            amounts[0] += part["company_amount"]
            amounts[1] += part["foreign_amount"]
        return [
            {
                "move_id": self.id,
                "display_type": "payment_term",
                "date_maturity": day,
                "discount_date": False,
                "discount_balance": 0.0,
                "discount_amount_currency": 0.0,
                "balance": balance,
                "amount_currency": amount_currency,
            }
            for day, (balance, amount_currency) in by_day.items()
        ]

    def _practice_prepare_base_line(self, vals):
        """Return what Odoo's tax engine asks of a line; its values rounded as the line stores them."""
        line = self.env["account.move.line"]
        stored = {name: line._fields[name].convert_to_cache(vals[name], line) for name in ("quantity", "price_unit")}
        product = self.env["product.product"].browse(vals["product_id"])
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            None,
            **stored,
            vals=vals,
            name=vals["name"],
            product_id=product,
            product_uom_id=product.uom_id.browse(vals.get("product_uom_id")) or product.uom_id,
            tax_ids=self.env["account.tax"].browse(vals["tax_ids"][0][2]),
            account_id=self.env["account.account"].browse(vals["account_id"]),
            partner_id=self.commercial_partner_id,
            currency_id=self.currency_id,
            rate=self.invoice_currency_rate,
            sign=self.direction_sign,
            is_refund=self.move_type == "out_refund",
        )

    # === SHORTCUTS OF A BATCH === #

    @api.private
    def with_context(self, ctx=None, /, **overrides):
        records = take_environment(self, ctx, overrides)
        return super().with_context(ctx, **overrides) if records is None else records

    def _check_company(self, fnames=None):
        """Check each customer, account … of a batch once, instead of once for each document."""
        if get_batch(self.env):
            return check_each_company_once(self, fnames)
        return super()._check_company(fnames)

    def _compute_tax_country_id(self):
        """Have it computed, not written, when Odoo calls this itself before it compares a batch with its taxes."""
        is_odoos = not get_batch(self.env)
        with nullcontext() if is_odoos else self.env.protecting([self._fields["tax_country_id"]], self):
            return super()._compute_tax_country_id()

    def _practice_filter_reconciled(self):
        """Return those of these documents that something is reconciled with."""
        return self.filtered(lambda move: move.line_ids.matched_debit_ids or move.line_ids.matched_credit_ids)

    def _compute_amount(self):
        """Keep the amounts of documents while they are posted, unless something is reconciled with them."""
        batch = get_batch(self.env)
        if not batch or not batch.is_posting:
            return super()._compute_amount()
        reconciled = self._practice_filter_reconciled()
        batch.taken["unchanged"] += len(self - reconciled)
        return super(AccountMove, reconciled)._compute_amount()

    def _compute_reconciled_payment_ids(self):
        """Do not look for payments of documents that nothing is reconciled with.

        Odoo asks for them whenever an amount or state changes and joins the ledger with itself, which takes minutes
        while PostgreSQL believes the ledger to be empty: on the first day, or after a batch that was undone.
        """
        batch = get_batch(self.env)
        if not batch:
            return super()._compute_reconciled_payment_ids()
        reconciled = self._practice_filter_reconciled()
        batch.taken["unreconciled"] += len(self - reconciled)
        for move in self - reconciled:
            move.reconciled_payment_ids = move.matched_payment_ids
        return super(AccountMove, reconciled)._compute_reconciled_payment_ids()

    def _get_next_sequence_format(self):
        """Look for the last number once for all documents of a batch that are numbered alike; Odoo counts on itself."""
        batch = get_batch(self.env)
        journal = self.journal_id
        # These number by more than journal, type and date.
        if not batch or journal.is_self_billing or getattr(journal, "l10n_latam_use_documents", False):
            return super()._get_next_sequence_format()
        return batch.get_number_format((journal, self.move_type, self.date), super()._get_next_sequence_format)
