from odoo import api, fields, models


class AccountMove(models.Model):
    """An invoice notices that it is posted or withdrawn, and tells the credits."""

    _inherit = "account.move"

    practice_lot_ids = fields.One2many(
        "practice.credit.lot",
        "invoice_id",
        string="Credits",
        groups="practice_billing.group_user,account.group_account_readonly",
    )
    practice_lot_count = fields.Integer(
        compute="_compute_practice_lot_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    @api.depends("practice_lot_ids")
    def _compute_practice_lot_count(self):
        counts = dict(
            self.env["practice.credit.lot"]._read_group([("invoice_id", "in", self.ids)], ["invoice_id"], ["__count"])
        )
        for move in self:
            move.practice_lot_count = counts.get(move, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        """Follow every door that posts or withdraws an invoice: each of them writes the state."""
        if "state" not in vals:
            return super().write(vals)
        posted = self.filtered(lambda move: move.state == "posted")
        if vals["state"] != "posted" and posted:
            lines = posted._get_package_lines()
            if lines:
                self.env["practice.credit.lot"]._follow_withdrawn_lines(lines)
        result = super().write(vals)
        if vals["state"] == "posted":
            lines = (self - posted)._get_package_lines()
            if lines:
                self.env["practice.credit.lot"]._follow_posted_lines(lines)
        return result

    # === ACTIONS === #

    def action_open_practice_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        return {**action, "domain": [("invoice_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _get_package_lines(self):
        """Return the lines of these documents that sell or take back credits."""
        # sudo: products and packages may be out of the accountant's sight; only whether there is one is asked.
        return self.sudo().line_ids.filtered(lambda line: line._gives_credits()).sudo(self.env.su)

    def _get_package_mail_template(self):
        """Return the e-mail template of the first package product that has one for invoices."""
        self.ensure_one()
        templates = self._get_package_lines().product_id.email_template_id
        return templates.filtered(lambda template: template.model == "account.move")[:1]

    def _get_mail_template(self):
        if len(self) == 1 and self.move_type == "out_invoice" and (template := self._get_package_mail_template()):
            return template
        return super()._get_mail_template()

    def invoice_validate_send_email(self):
        """Send package invoices through the send queue, with PDF and template, instead of as a bare message.

        Who bought on the portal gets the invoice also when the product has no template: with Odoo's own.
        """
        queued = self.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and (move.sudo().practice_buyer_id or move._get_package_mail_template())  # sudo: only whether
            )
        )
        queued._queue_sending()
        return super(AccountMove, self - queued).invoice_validate_send_email()

    def _queue_sending(self):
        """Hand these documents to Odoo's send queue, which commits before it sends; once per posting."""
        to_send = self.filtered(lambda move: not move.is_move_sent and not move.sending_data)
        unreachable = to_send._note_unreachable()
        if to_send := to_send - unreachable:
            to_send.sending_data = self._prepare_sending_data()
            to_send._trigger_sending()

    @api.model
    def _prepare_sending_data(self):
        """Return what Odoo's send queue wants to know of a document: who sends it. Patients do not send invoices."""
        author = self.env.user if self.env.user._is_internal() else self.env.ref("base.user_root")
        return {"author_user_id": author.id, "author_partner_id": author.partner_id.id}

    def _note_unreachable(self):
        """Return those of these documents that the send queue cannot bring to their customer, and say so on them."""
        unreachable = self.filtered(lambda move: not move.partner_id._is_reachable(move.company_id))
        unreachable._message_log_batch(
            {
                move.id: self.env._("Not e-mailed: %s has no e-mail address.", move.partner_id.display_name)
                for move in unreachable
            }
        )
        return unreachable

    def _trigger_sending(self):
        """Have Odoo's send queue run once this transaction is committed."""
        # sudo: whoever may post an invoice may have it sent; the queue itself belongs to the system.
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()
