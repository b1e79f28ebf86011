from odoo import api, fields, models


class PracticeCreditUpgrade(models.TransientModel):
    """Make a larger purchase of credits: 5 become 10, for the difference.

    Amounts are in the currency of the invoice and with tax, computed by Odoo from its lines as they will be posted.
    """

    _name = "practice.credit.upgrade"
    _description = "Upgrade Credits"

    lot_id = fields.Many2one("practice.credit.lot", string="Credits", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="lot_id.partner_id", string="Patient")
    company_id = fields.Many2one(related="lot_id.company_id")
    currency_id = fields.Many2one(related="lot_id.invoice_id.currency_id")
    upgrade_rule = fields.Selection(related="lot_id.package_id.upgrade_rule")
    product_domain = fields.Binary(compute="_compute_product_domain")
    product_id = fields.Many2one(
        "product.product",
        string="Upgrade To",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        domain="product_domain",
    )
    credits = fields.Integer(string="Available Afterwards", compute="_compute_upgrade")
    amount_total = fields.Monetary(string="To Pay", compute="_compute_upgrade")
    consequence = fields.Text(compute="_compute_upgrade")
    payment_journal_id = fields.Many2one(
        "account.journal",
        string="Payment Method",
        domain="[('type', 'in', ('bank', 'cash', 'credit')), ('company_id', '=', company_id)]",
        help="Choose it when the patient pays now. Empty: the invoice waits for payment.",
    )

    @api.depends("lot_id")
    def _compute_product_domain(self):
        for wizard in self:
            wizard.product_domain = list(wizard.lot_id._get_upgrade_domain()) if wizard.lot_id else []

    @api.depends("lot_id")
    def _compute_product_id(self):
        """Propose the smallest one that is larger."""
        for wizard in self:
            products = self.env["product.product"]
            if wizard.lot_id:
                products = products.search(wizard.lot_id._get_upgrade_domain())
            wizard.product_id = products.sorted("package_credits")[:1]

    @api.depends("lot_id", "product_id", "payment_journal_id")
    def _compute_upgrade(self):
        for wizard in self:
            wizard.credits, wizard.amount_total, wizard.consequence = 0, 0.0, False
            if wizard.product_id:
                upgrade = wizard.lot_id._preview_upgrade(wizard.product_id)
                wizard.credits, wizard.amount_total = upgrade.credits, upgrade.total
                wizard.consequence = "\n".join(wizard._describe(upgrade))

    def _describe(self, upgrade):
        """Return in sentences what upgrading does."""
        lines = self.lot_id._describe_upgrade(upgrade)
        if not self.payment_journal_id:
            lines.append(
                self.env._(
                    "The invoice is posted and e-mailed. Until it is paid, as many credits can be planned with as go "
                    "into it."
                )
            )
        return lines

    def action_upgrade(self):
        """Post the invoice, register the payment when a journal was chosen, and open it."""
        self.ensure_one()
        invoice = self.lot_id._upgrade(self.product_id)
        if self.payment_journal_id:
            invoice._practice_pay_now(self.payment_journal_id)
        return invoice.get_formview_action()
