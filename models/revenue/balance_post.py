from odoo import api, fields, models
from odoo.exceptions import AccessError

#: What an accountant may write. The rest is what the last check found.
EDITABLE_FIELDS = {"active", "user_id"}


class PracticeBalancePost(models.Model):
    """An account on which money waits in a company until a service is given: the proof never forgets one.

    A package or a plan that gets another balance post leaves what its old one holds behind, so each account that ever
    was one stays here. Every night each is checked; the last check and the last good one are kept.
    """

    _name = "practice.balance.post"
    _description = "Balance Post"
    _inherit = ["practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "company_id, account_id, id"
    _rec_name = "account_id"

    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade", readonly=True)
    account_id = fields.Many2one("account.account", required=True, index=True, ondelete="cascade", readonly=True)
    active = fields.Boolean(
        default=True, tracking=True, help="Archived: it is not proved any more, as long as nothing names it."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Accountant",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who is told of a difference. Empty: an accountant of the company, or else its administrator.",
    )
    check_date = fields.Date(string="Last Check", readonly=True, help="The company's day.")
    good_until = fields.Datetime(
        string="Last 0.00", readonly=True, help="The last check that found no difference and no entry that is wrong."
    )
    finding = fields.Html(readonly=True, sanitize=False, help="What the last check found.")
    error = fields.Text(readonly=True, help="Why the last check could not be done.")
    state = fields.Selection(
        [
            ("unknown", "Not Checked"),
            ("good", "Agrees"),
            ("wrong", "Does Not Agree"),
            ("failed", "Could Not Be Checked"),
        ],
        string="Status",
        compute="_compute_state",
    )
    retry_date = fields.Date(readonly=True, help="A check that failed is tried again from this day on.")

    _account_uniq = models.UniqueIndex("(account_id, company_id)", "This balance post is known already.")

    # === COMPUTE METHODS === #

    @api.depends("check_date", "error", "finding")
    def _compute_state(self):
        for post in self:
            found = "wrong" if post.finding else "good" if post.check_date else "unknown"
            post.state = "failed" if post.error else found

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su and not vals.keys() <= EDITABLE_FIELDS:
            raise AccessError(self.env._("What a check found is written by the check; archive it, or say who is told."))
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _remember(self, pairs):
        """Keep the accounts that are balance posts from now on.

        :param pairs: ``(company, account)``
        :return: all of them, archived ones too
        """
        pairs = set(pairs)
        # sudo: follows from a package, a plan or a journal item, whoever writes it
        posts_sudo = self.sudo().with_context(active_test=False)
        known_sudo = posts_sudo.search([("account_id", "in", [account.id for _company, account in pairs])])
        known_sudo = known_sudo.filtered(lambda post: (post.company_id, post.account_id) in pairs)
        missing = pairs - {(post.company_id, post.account_id) for post in known_sudo}
        quiet_sudo = posts_sudo.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        return known_sudo + quiet_sudo.create(
            [{"company_id": company.id, "account_id": account.id} for company, account in missing]
        )
