from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from ..models.common.retry_mixin import Step
from ..tools.client import notification
from .accountant_mixin import LISTED

#: What is written has the moment at which its transaction began, and is seen once that has ended.
MARGIN = timedelta(minutes=10)


class PracticeBalancePost(models.Model):
    """Every night each balance post is checked: the proof, and the entries of its releases and imports.

    What is found becomes one activity for the accountant, which says what changed since it was last 0.00, and goes away
    by itself when a later check finds nothing.
    """

    _name = "practice.balance.post"
    _inherit = ["practice.balance.post", "practice.accountant.mixin"]

    _practice_accountant_activity = "practice_billing.mail_activity_type_balance_post"

    # === CRUD METHODS === #

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self._check_unclaimed()
        return super().write(vals)

    def _check_unclaimed(self):
        """Refuse to forget a balance post on which credits, periods or posted items wait, or that is chosen today.

        :raises UserError: naming it
        """
        claimed = self._get_claimed_pairs()
        for post in self:
            if (post.company_id.id, post.account_id.id) in claimed:
                raise UserError(
                    self.env._(
                        "%s is the balance post of a package, a plan, credits or posted journal items: it stays in the "
                        "proof. Only an account that was chosen by mistake and never used can be archived.",
                        post.account_id.display_name,
                    )
                )

    # === ACTIONS === #

    def action_open_proof(self):
        """Open the proof of this balance post, customer by customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_proof_action")
        today = self.company_id._practice_day()
        return {
            **action,
            "domain": list(
                Domain("date", "<=", today)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("account_id", "=", self.account_id.id)
            ),
            "context": {
                "search_default_group_package": 1,
                "search_default_group_partner": 1,
                "practice_proof_date": fields.Date.to_string(today),
            },
        }

    def action_check(self):
        """Check these balance posts now.

        :raises AccessError: when the user is no accountant, or may not see them
        """
        if not self.env.user.has_group("account.group_account_user"):
            raise AccessError(self.env._("Only an accountant checks by hand; the nightly run does it by itself."))
        self.check_access("read")
        self.sudo()._check()  # sudo: of the balance posts that this accountant may see; the check writes its result
        if wrong := self.filtered("finding"):
            return notification(self.env._("Does not agree: %s.", ", ".join(wrong.mapped("display_name"))), "danger")
        return notification(self.env._("Everything agrees to the cent."), "success")

    # === RUN === #

    @api.model
    def _cron_check(self):
        """Check each balance post of each company once a day; one that cannot be checked does not stop the others."""
        self._remember_proved()
        self.env["practice.revenue.release"]._compare_entries()
        self.env["practice.retry.mixin"]._practice_run(
            [Step(self.with_context(active_test=False), self._get_due_domain(), type(self)._check)]
        )

    @api.model
    def _get_due_domain(self):
        """Return what was not checked today, a day of its company, and is not set aside."""
        # sudo: the run works for all companies
        companies_sudo = self.env["res.company"].sudo().search([])
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & (Domain("check_date", "=", False) | Domain("check_date", "<", day))
            & self._practice_get_retry_domain(day)
            for company in companies_sudo
            for day in [company._practice_day()]
        ) & (Domain("active", "=", True) | Domain("finding", "!=", False))

    @api.model
    def _remember_proved(self):
        """Keep every account of the proof: journal items may have named a package on one that nobody chose."""
        # sudo: the run works for all companies
        companies_sudo, accounts_sudo = self.env["res.company"].sudo(), self.env["account.account"].sudo()
        pairs_sudo = [
            (companies_sudo.browse(company), accounts_sudo.browse(account))
            for company, account in self._get_claimed_pairs()
        ]
        for post in self._remember(pairs_sudo).filtered(lambda post: not post.active):
            post.active = True

    @api.model
    def _get_claimed_pairs(self):
        """Return the ids of company and account of every balance post that something of today or of the books names."""
        proof = self.env["practice.credit.proof"]
        self.env.flush_all()
        return set(
            self.env.execute_query(
                SQL("SELECT DISTINCT company_id, account_id FROM (%s) post WHERE claims", proof._select_posts())
            )
        )

    def _check(self):
        """Check these balance posts, and tell or take back what was found."""
        for post in self:
            finding = post._find()
            # sudo: the run, or an accountant who may only read what a check found
            post_sudo = post.sudo()
            post_sudo.write({"finding": finding or False, "check_date": post.company_id._practice_day()})
            if not finding:
                post_sudo.good_until = fields.Datetime.now()
            post_sudo._follow_finding()

    # === WHAT IS WRONG === #

    def _find(self):
        """Return what is wrong with this balance post and what changed since it was last right, or nothing."""
        self.ensure_one()
        post = self.with_company(self.company_id).with_context(lang=self._get_accountant().lang or self.env.lang)
        wrong = [*post._describe_differences(), *post._describe_mismatches()]
        wrong += post._describe_reversals() if wrong else []
        if not wrong:
            return Markup()
        return post._list(wrong) + post._describe_changes()

    def _describe_differences(self):
        """Return a line for each package and customer that does not add up."""
        proof = self.env["practice.credit.proof"].with_context(practice_proof_date=self.company_id._practice_day())
        own = Domain("company_id", "=", self.company_id.id) & Domain("account_id", "=", self.account_id.id)
        lines = [
            self.env._(
                "%(package)s, %(customer)s: difference %(amount)s",
                package=package.display_name or self.env._("without package"),
                customer=customer.display_name or self.env._("nobody in particular"),
                amount=self._format(difference),
            )
            for (_company, _account, package, customer), difference in proof._get_keys_with_difference(own).items()
        ]
        return self._cap(sorted(lines), len(lines))

    def _describe_mismatches(self):
        """Return a line for each entry of a release, an import or a transfer that does not hold what it should."""
        proof = self.env["practice.credit.proof"]
        own = SQL("company_id = %s AND deferred_account_id = %s", self.company_id.id, self.account_id.id)
        entries = SQL(
            "release.%s AND (release.move_id IS NULL OR release.move_id IN (%s))",
            SQL("company_id = %s", self.company_id.id),
            SQL("SELECT move_id FROM practice_revenue_release WHERE %s", own),
        )
        query = proof._select_mismatches(entries, SQL("lot.%s", own))
        self.env.flush_all()
        proof._plan_well()
        rows = self.env.execute_query(
            SQL(
                """SELECT move_id, account_id, expected, booked FROM (%s) wrong
                    WHERE post_id = %s ORDER BY move_id DESC, account_id""",
                query,
                self.account_id.id,
            )
        )
        lines = [self._describe_mismatch(*row) for row in rows[:LISTED]]
        return self._cap(lines, len(rows))

    def _describe_mismatch(self, move_id, account_id, expected, booked):
        account = self.env["account.account"].browse(account_id).display_name
        amounts = {"expected": self._format(expected), "booked": self._format(booked)}
        if not move_id:
            return self.env._(
                "releases without an entry, account %(account)s: they should come to 0.00 and come to %(expected)s",
                account=account,
                **amounts,
            )
        return self.env._(
            "%(entry)s, account %(account)s: its releases, imports or transfers say %(expected)s, its items say "
            "%(booked)s",
            entry=self._link(self.env["account.move"].browse(move_id)),
            account=account,
            **amounts,
        )

    def _describe_reversals(self):
        """Return a line for each entry that reverses a release, with what to do; today that is refused."""
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "posted")
            & Domain("line_ids.account_id", "=", self.account_id.id)
            & Domain("reversed_entry_id.practice_release_ids", "!=", False)
        )
        reversals = self.env["account.move"].search(domain, limit=LISTED)
        return [
            self.env._(
                "%(reversal)s reverses the revenue release %(release)s, whose visits stay released: reverse "
                "%(reversal)s as well, and correct the visits instead",
                reversal=self._link(reversal),
                release=self._link(reversal.reversed_entry_id),
            )
            for reversal in reversals
            if "posted" not in reversal.reversal_move_ids.mapped("state")
        ]

    # === WHAT CHANGED === #

    def _describe_changes(self):
        """Return what came to this balance post since it was last right, the newest first."""
        if self.good_until:
            moment = format_datetime(self.env, self.good_until, tz=self.company_id.practice_tz)
            title = self.env._("Since it was last 0.00, on %s:", moment)
        else:
            title = self.env._("It has not been 0.00 since it is checked. What is on it:")
        changes = [
            *self._describe_new(self.env._("Journal entries"), *self._get_new_entries()),
            *self._describe_new(
                self.env._("Releases"), *self._get_new("practice.revenue.release"), self._get_title_of_release
            ),
            *self._describe_new(self.env._("Credits"), *self._get_new("practice.credit.lot")),
        ]
        return Markup("<p>%s</p>") % title + self._list(changes or [self.env._("nothing that was made or changed")])

    def _get_new_entries(self):
        """Return the newest entries that touched the account, and how many there are; those reversed later too."""
        domain = Domain("company_id", "=", self.company_id.id) & Domain("account_id", "=", self.account_id.id)
        domain &= self._get_new_domain()
        groups = self.env["account.move.line"]._read_group(
            domain, ["move_id"], ["write_date:max"], order="write_date:max desc, move_id"
        )
        return self.env["account.move"].union(*[move for move, _moment in groups[:LISTED]]), len(groups)

    def _get_new_domain(self):
        """Return what was made or changed since the last good check, or while it was being done."""
        return Domain("write_date", ">=", self.good_until - MARGIN) if self.good_until else Domain.TRUE

    def _get_new(self, model):
        domain = Domain("company_id", "=", self.company_id.id) & Domain("deferred_account_id", "=", self.account_id.id)
        domain &= self._get_new_domain()
        records = self.env[model]
        return records.search(domain, order="id desc", limit=LISTED), records.search_count(domain)

    def _describe_new(self, title, records, count, get_title=None):
        links = [self._link(record, get_title and get_title(record)) for record in records]
        return [Markup("%s: %s") % (title, Markup("; ").join(self._cap(links, count)))] if links else []

    def _get_title_of_release(self, release):
        return self.env._(
            "%(name)s, %(date)s, %(customer)s: %(amount)s",
            name=release.name,
            date=format_date(self.env, release.date),
            customer=release.partner_id.display_name,
            amount=self._format(release.amount),
        )

    # === WHO IS TOLD === #

    def _follow_finding(self):
        """Keep one activity that says what was found, and none when nothing was."""
        self.ensure_one()
        if self.finding:
            self._tell_accountant(self.env._("Balance post does not agree"), self.finding)
        else:
            self._untell_accountant()

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for post in self:
            post._tell_accountant(self.env._("Balance post could not be checked"), reason)
        return result

    def _practice_untell(self):
        for post in self:
            post._follow_finding()
        return super()._practice_untell()
