from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

#: Purchases that have ended of which the history needs at least so many to say anything.
ENOUGH_PURCHASES = 20

#: Months without any movement after which credits that do not expire count as never used.
UNTOUCHED_MONTHS = 24


class PracticePackage(models.Model):
    """How much of a package is never used: what its history says, and what the books expect."""

    _inherit = "practice.package"

    recognises_breakage = fields.Boolean(
        string="Recognise Expected Breakage",
        tracking=True,
        help="What will probably never be used becomes revenue in proportion to what is used, instead of all at once "
        "when it expires (IFRS 15, B46). Ask your accountant before you turn it on.",
    )
    breakage_percent = fields.Float(
        string="Expected to Be Unused",
        digits=(5, 2),
        tracking=True,
        help="Percentage of the credits sold. Another estimate holds for all open credits from the next night on.",
    )
    breakage_history_count = fields.Integer(
        compute="_compute_breakage_history",
        help="Purchases that have ended: all is used or has expired, or nothing happened for 24 months.",
    )
    breakage_history_percent = fields.Float(
        compute="_compute_breakage_history", digits=(5, 2), help="What of them was never used."
    )
    breakage_history = fields.Char(compute="_compute_breakage_history")

    _breakage_percent_sound = models.Constraint(
        "CHECK (breakage_percent >= 0 AND breakage_percent < 100)",
        "The percentage that is expected to be unused is from 0 to less than 100.",
    )

    @api.depends_context("uid", "lang")
    def _compute_breakage_history(self):
        history = self._get_breakage_history()
        for package in self:
            purchases, credits, unused = history.get(package._origin, (0, 0, 0))
            package.breakage_history_count = purchases
            package.breakage_history_percent = 100 * unused / credits if credits else 0.0
            package.breakage_history = package._describe_breakage_history(purchases, credits, unused)

    def _describe_breakage_history(self, purchases, credits, unused):
        if purchases < ENOUGH_PURCHASES:
            return self.env._(
                "Purchases that have ended: %(purchases)s. From %(enough)s on, they say how much is never used.",
                purchases=purchases,
                enough=ENOUGH_PURCHASES,
            )
        return self.env._(
            "Of %(credits)s credits in %(purchases)s purchases that have ended, %(unused)s were never used.",
            credits=credits,
            purchases=purchases,
            unused=unused,
        )

    def _get_breakage_history(self):
        """Return ``{package: (purchases, credits, unused)}`` of the purchases that have ended, in whole numbers.

        Those have ended that are used up or have expired; or, where they do not expire, those of which nothing has been
        used for two years. No-shows are no breakage: their right was used up on a day.
        """
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: counts
        since = self.env.company._practice_day() - relativedelta(months=UNTOUCHED_MONTHS)
        sold = Domain("package_id", "in", self._origin.ids) & Domain("origin", "=", "invoice")
        ended = Domain("state", "in", ("used_up", "expired"))
        untouched = Domain("state", "=", "active") & Domain("expiry_date", "=", False) & Domain("date", "<", since)
        untouched &= Domain("move_ids", "not any", [("date", ">=", since)])
        history = {}
        for domain, left in ((ended, False), (untouched, True)):
            sums = ["__count", "credits_total:sum", "credits_refunded:sum", "credits_transferred:sum"]
            for package, count, total, refunded, gone, available in lots_sudo._read_group(
                sold & domain, ["package_id"], [*sums, "credits_available:sum"]
            ):
                before = history.get(package.sudo(False), (0, 0, 0))
                here = (count, total - refunded - gone, available if left else 0)
                history[package.sudo(False)] = tuple(map(sum, zip(before, here, strict=True)))
        moves_sudo = self.env["practice.credit.move"].sudo()  # sudo: as above
        expired = Domain("kind", "=", "expire") & Domain("lot_id", "any", sold & ended)
        for package, credits in moves_sudo._read_group(expired, ["package_id"], ["credits:sum"]):
            purchases, kept, unused = history[package.sudo(False)]
            history[package.sudo(False)] = (purchases, kept, unused + credits)
        return history

    def action_use_breakage_history(self):
        """Expect what the history says."""
        for package in self:
            if package.breakage_history_count >= ENOUGH_PURCHASES:
                package.breakage_percent = package.breakage_history_percent

    def write(self, vals):
        result = super().write(vals)
        if {"recognises_breakage", "breakage_percent"} & vals.keys():
            # sudo: another estimate concerns all open credits, whoever may write the package
            lots_sudo = self.env["practice.credit.lot"].sudo()
            open_lots = Domain("package_id", "in", self.ids) & Domain("state", "in", ("active", "pending"))
            lots_sudo.search(open_lots & Domain("release_method", "=", "sale_value")).breakage_due = True
        return result

    def _get_breakage_rate(self):
        """Return the part (0 to less than 1) of the credits that the books expect to be never used."""
        self.ensure_one()
        return self.breakage_percent / 100 if self.recognises_breakage else 0.0
