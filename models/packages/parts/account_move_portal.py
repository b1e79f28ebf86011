from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date, formatLang


class AccountMove(models.Model):
    """The page on which who pays a package in parts sees them, pays the next one and agrees to the coming ones."""

    _inherit = "account.move"

    @api.model
    def _practice_find_parts_sudo(self, user, invoice_id):
        """Return the invoice with this id when ``user`` pays it in parts, with the rights to read it; or none."""
        moves_sudo = self.sudo()  # sudo: searched among the invoices of this login only
        domain = (
            Domain("id", "=", min(invoice_id, 2**31 - 1))
            & Domain("partner_id", "=", user.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("practice_lot_ids", "!=", False)
        )
        return moves_sudo.search(domain).filtered(lambda move: move._practice_is_paid_in_parts())

    def _practice_prepare_portal_parts(self):
        """Return what the portal shows of this invoice: its parts, and what becomes of the coming ones."""
        self.ensure_one()
        token, collection = self.practice_parts_token_id, self.practice_collection
        running = bool(token) and not self.practice_parts_stopped
        coming = self._practice_get_open_parts() - self._practice_get_next_parts()
        return {
            "rows": [self._practice_prepare_portal_part(part) for part in self._practice_get_parts()],
            "products": self.invoice_line_ids.filtered("practice_package_id").product_id.mapped("name"),
            "owed": self._practice_format(self.amount_residual),
            "next": self._practice_format(self._practice_get_next_amount()),
            "is_owed": bool(self._practice_get_open_parts()),
            "running": running,
            "under_way": collection in ("charging", "collecting"),
            "method": self._practice_describe_method(),
            "agreed_on": self.practice_agreed_date
            and format_date(self.env, self.company_id._practice_day(self.practice_agreed_date)),
            "stopped": bool(self.practice_agreed_date) and not running and (self.practice_parts_stopped or "method"),
            # Agreed to now, all that is open; with the next payment, what comes after it.
            "plan": self._practice_describe_plan(self._practice_get_open_parts()),
            "coming_plan": self._practice_describe_plan(coming),
            "coming": [self._practice_prepare_portal_part(part) for part in coming],
        }

    def _practice_prepare_portal_due(self):
        """Of an invoice that is paid in parts the next one is due, and is paid on its page."""
        due, parts = super()._practice_prepare_portal_due(), self._practice_get_next_parts()
        if not parts or not self.practice_lot_ids or not self._practice_is_paid_in_parts():
            return due
        return {
            **due,
            "note": self.env._("Next part, due on %s", format_date(self.env, parts[-1:].date_maturity)),
            "is_processing": self.practice_collection in ("charging", "collecting"),
            "amount": self._practice_format(self._practice_get_next_amount()),
            "url": f"/my/packages/parts/{self.id}",
        }

    def _practice_prepare_portal_part(self, part):
        today, owed = self.company_id._practice_day(), part.amount_residual_currency
        charged = self.practice_collect_date if self.practice_parts_token_id and not part.reconciled else False
        if charged:
            # The first one that is owed waits for its attempt, the others come on their days.
            charged = max(charged, part.date_maturity, today)
        return {
            "day": format_date(self.env, part.date_maturity),
            "amount": self._practice_format(part.amount_currency),
            "owed": self._practice_format(owed),
            "is_paid": part.reconciled,
            "is_partly_paid": not part.reconciled and self.currency_id.compare_amounts(owed, part.amount_currency) < 0,
            "is_overdue": not part.reconciled and part.date_maturity < today,
            "charged_on": format_date(self.env, charged) if charged else "",
        }

    def _practice_format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    # === PAYING AND AGREEING === #

    def _practice_get_part_payment_options(self):
        """Return providers, payment methods and saved tokens that can pay the next part; none when none is due."""
        self.ensure_one()
        providers_sudo = self.env["payment.provider"].sudo()  # sudo: what the payment form shows
        methods_sudo = self.env["payment.method"].sudo()  # sudo: as above
        tokens_sudo = self.env["payment.token"].sudo()  # sudo: the payer's own
        if self._practice_get_open_parts() and self.practice_collection not in ("charging", "collecting"):
            providers_sudo = self.company_id._practice_get_portal_providers_sudo(
                self.partner_id, self._practice_get_next_amount(), self.currency_id
            )
        if not providers_sudo:
            return providers_sudo, methods_sudo, tokens_sudo
        methods_sudo = methods_sudo._get_compatible_payment_methods(
            providers_sudo.ids, self.partner_id.id, currency_id=self.currency_id.id
        )
        tokens_sudo = tokens_sudo._get_available_tokens(providers_sudo.ids, self.partner_id.id)
        return providers_sudo, methods_sudo, tokens_sudo.filtered(self._practice_is_usable_token)

    def _practice_prepare_coming_agreement(self, plan):
        """Return what a payment of the next part keeps when its payer agreed to ``plan``, the parts after it.

        :raises UserError: when these are not the coming parts any more
        """
        self.ensure_one()
        coming = self._practice_get_open_parts() - self._practice_get_next_parts()
        self._practice_check_plan(plan, coming)
        return {
            "practice_agreed_plan": plan,
            "practice_agreed_amount": sum(coming.mapped("amount_residual_currency")),
        }
