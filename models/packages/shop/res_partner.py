from odoo import fields, models

#: Orders that My Packages shows.
ORDERS_SHOWN = 10


class ResPartner(models.Model):
    """Purchases of one login follow each other; what was ordered through Sales or a website shop is shown there too."""

    _inherit = "res.partner"

    practice_last_order = fields.Datetime(
        string="Last Purchase on the Portal", readonly=True, copy=False, groups="practice_billing.group_user"
    )

    def _practice_begin_order(self):
        """Have the purchases of this login follow each other: of two at once one is repeated, and finds the other's."""
        buyer_sudo = self.sudo()  # sudo: a login buys for itself
        buyer_sudo.practice_last_order = fields.Datetime.now()
        buyer_sudo.flush_recordset()

    def _practice_prepare_portal_dues(self, user):
        return [
            *super()._practice_prepare_portal_dues(user),
            *self.env["account.move"]._practice_prepare_dues(user),
        ]

    def _practice_prepare_sale_orders(self):
        """Return what the portal shows of packages that these patients ordered and that are not invoiced yet.

        Sales is no dependency; without it there are none. Who paid such an order has no credits: they come with the
        invoice, which the company settings of Sales make at once or leave to the practice.
        """
        if "sale.order" not in self.env:
            return []
        lines_sudo = self.env["sale.order.line"].sudo()  # sudo: of the login's own patients
        lines_sudo = lines_sudo.search(
            [
                ("order_id.partner_id", "in", self.ids),
                ("order_id.state", "=", "sale"),
                ("product_id.package_id", "!=", False),
            ],
            order="id desc",
            limit=ORDERS_SHOWN,
        )
        return [
            {
                "name": line.order_id.name,
                "url": line.order_id.get_portal_url(),
                "product": line.with_context(display_default_code=False).product_id.display_name,
                "patient": line.order_id.partner_id,
            }
            for line in lines_sudo
            if line.qty_invoiced_posted < line.product_uom_qty
        ]
