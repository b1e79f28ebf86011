from odoo import api, models


class AccountMoveLine(models.Model):
    """A package that is invoiced through another app of Odoo: whose credits it gives, and what was paid before.

    Sales is no dependency: its fields are read when they are there.
    """

    _inherit = "account.move.line"

    @api.model
    def _practice_get_order_fields(self):
        """Return the fields through which Sales says what a line invoices."""
        return [name for name in ("sale_line_ids",) if name in self._fields]

    @api.depends(lambda self: ["practice_package_id", *self._practice_get_order_fields()])
    def _compute_practice_patient_id(self):
        """Propose the customer of the sale order, whoever is invoiced; what a person chose, or was posted, stays."""
        for line in self:
            patient = line.practice_patient_id
            if not patient and line.parent_state != "posted" and line._practice_gives_credits():
                patient = line._practice_get_order_customer()
            line.practice_patient_id = patient

    def _practice_get_order_customer(self):
        """Return the customer of the order that this line invoices; nobody when there is none, or several."""
        self.ensure_one()
        if not self._practice_get_order_fields():
            return self.env["res.partner"]
        # sudo: whoever invoices need not be able to read orders
        customers_sudo = self.sudo().sale_line_ids.order_id.partner_id
        return customers_sudo.sudo(self.env.su) if len(customers_sudo) == 1 else self.env["res.partner"]

    def _compute_account_id(self):
        """Let what gives credits wait on the balance post of its package, as the fiscal position maps it."""
        result = super()._compute_account_id()
        for line in self:
            if line.display_type == "product" and line.move_id.is_sale_document(include_receipts=True):
                # sudo: whoever makes an invoice need not be able to read packages
                post_sudo = line.product_id.sudo().package_id.deferred_account_id
                if post_sudo:
                    line.account_id = line.move_id.fiscal_position_id.map_account(post_sudo)
        return result

    def _practice_get_named_patient(self):
        """Return the patient whom the printed line has to name: neither the invoice's contact nor in its text."""
        self.ensure_one()
        patient_sudo = self.sudo().practice_patient_id  # sudo: whoever may see the invoice; only a name
        is_named = (
            not self._practice_gives_credits()
            or patient_sudo == self.move_id.partner_id
            or (patient_sudo.name or "") in (self.name or "")
        )
        return patient_sudo.browse() if is_named else patient_sudo

    # === DOWN PAYMENTS === #

    def _practice_is_downpayment(self):
        """Return whether this line asks for a down payment, or deducts one."""
        self.ensure_one()
        return "is_downpayment" in self._fields and self.is_downpayment
