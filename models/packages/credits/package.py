from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import formatLang

#: What is open of credits: numbers, and value.
OPEN = ("credits_available", "credits_reserved", "value_open", "value_recognised")


class PracticePackage(models.Model):
    """A package knows what was sold of it and is still open."""

    _inherit = "practice.package"

    lot_count = fields.Integer(compute="_compute_credits", string="Purchases")
    credits_open = fields.Integer(compute="_compute_credits", help="Credits sold or given and not yet used.")
    value_open = fields.Monetary(
        compute="_compute_credits",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What the balance post holds for these credits.",
    )

    def _compute_credits(self):
        # sudo: totals only; who may read the package may know how many of its credits are open.
        groups = (
            self.env["practice.credit.lot"]
            .sudo()
            ._read_group(
                [("package_id", "in", self.ids)],
                ["package_id"],
                ["__count", *(f"{name}:sum" for name in OPEN)],
            )
        )
        totals = {package.id: values for package, *values in groups}
        for package in self:
            count, available, reserved, value, recognised = totals.get(package.id, (0, 0, 0, 0.0, 0.0))
            package.lot_count = count
            package.credits_open = available + reserved
            package.value_open = package.currency_id.round(value - recognised)

    @api.constrains("company_id")
    def _check_company_unchanged(self):
        # sudo: only whether there are any
        if self.env["practice.credit.lot"].sudo().search_count([("package_id", "in", self.ids)], limit=1):
            raise ValidationError(self.env._("A package with credits stays in its company. Make another one."))

    @api.constrains("deferred_account_id", "income_account_id")
    def _check_accounts_of_open_credits(self):
        """Refuse to leave open credits without the accounts of their package."""
        # What was shown before may be older than what was sold.
        self.invalidate_recordset(["value_open", "credits_open"], flush=False)
        for package in self:
            package_sudo = package.sudo()  # sudo: numbers for the message
            if package_sudo.value_open and not (package.deferred_account_id and package.income_account_id):
                raise ValidationError(
                    self.env._(
                        "Open credits of %(package)s: %(credits)s, worth %(value)s. It needs its balance post "
                        "and its ledger account. Choose others, which hold for what is sold from now on.",
                        credits=package_sudo.credits_open,
                        package=package.name,
                        value=formatLang(self.env, package_sudo.value_open, currency_obj=package.currency_id),
                    )
                )

    @api.onchange(
        *("deferred_account_id", "income_account_id", "breakage_account_id"),
        *("release_method", "internal_rate", "validity_months", "validity_from", "validity_date"),
    )
    def _onchange_sold(self):
        """Say before it is saved what another account, way of release, rate or validity does not touch."""
        return self._origin._warn_of_sold(self.env._("This package has been sold"), Domain.TRUE)

    @api.onchange("name")
    def _onchange_name(self):
        if not self._has_namesake():
            return None
        message = self.env._("There is another package called %s. People will not know which one to choose.", self.name)
        return {"warning": {"title": self.env._("Two packages of one name"), "message": message}}

    def action_open_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        return {**action, "domain": [("package_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _describe_uses(self):
        uses = super()._describe_uses()
        # Counted now: what was shown before may be older than what was sold.
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: only how many there are
        count = lots_sudo.search_count([("package_id", "=", self.id)])
        return [self.env._("purchases of credits: %s", count), *uses] if count else uses

    # === WHAT WAS SOLD === #

    def _count_sold(self, lines):
        """Return ``(open credits, draft invoices)`` of these packages, of lines in the domain ``lines``."""
        # sudo: numbers only, for whoever may change what is sold
        lots_sudo = self.env["practice.credit.lot"].sudo()
        of_lines = lines if lines.is_true() else Domain("invoice_line_id", "any", lines)
        [[available, reserved]] = lots_sudo._read_group(
            Domain("package_id", "in", self.ids) & of_lines, [], ["credits_available:sum", "credits_reserved:sum"]
        )
        lines_sudo = self.env["account.move.line"].sudo()  # sudo: as above
        drafts = Domain("practice_package_id", "in", self.ids) & Domain("parent_state", "=", "draft") & lines
        [[documents]] = lines_sudo._read_group(drafts, [], ["move_id:count_distinct"])
        return available + reserved, documents

    def _warn_of_sold(self, title, lines):
        """Return the warning of a form that a change does not touch open credits; nothing when there is neither
        an open credit nor a draft of the invoice lines ``lines``."""
        credits, drafts = self._count_sold(lines) if self else (0, 0)
        if not credits and not drafts:
            return None
        message = self.env._(
            "Open credits: %(credits)s. They stay as they were sold, with their refunds and releases. Draft invoices: "
            "%(drafts)s. They sell what holds when they are posted.",
            credits=credits,
            drafts=drafts,
        )
        return {"warning": {"title": title, "message": message}}

    # === WHEN SOMETHING FAILS === #

    def _tell_books(self, summary, reason):
        """Have somebody look at the books of these packages; the newest reason takes the place of the one before."""
        self.activity_unlink(["practice_billing.mail_activity_type_books"])
        for package in self:
            package.activity_schedule(
                "practice_billing.mail_activity_type_books",
                summary=summary,
                note=reason,
                user_id=package.company_id._practice_get_responsible().id,
            )

    def _untell_books(self):
        """Take back what :meth:`_tell_books` told of those of these packages of which nothing fails any more."""
        sound = self.filtered(lambda package: not package._has_failures())
        sound.activity_unlink(["practice_billing.mail_activity_type_books"])

    def _has_failures(self):
        """Return whether a run has set aside something of this package. A hook."""
        self.ensure_one()
        of_package = Domain("package_id", "=", self.id)
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: whether there is one
        releases_sudo = self.env["practice.revenue.release"].sudo()  # sudo: as above
        return bool(
            lots_sudo.search_count(
                of_package & (Domain("error", "!=", False) | Domain("low_error", "!=", False)), limit=1
            )
            or releases_sudo.search_count(of_package & Domain("error", "!=", False), limit=1)
        )
