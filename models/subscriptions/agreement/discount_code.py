from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import escape_psql, format_date

from ....tools.text import quote


class PracticeDiscountCode(models.Model):
    """Who uses a code, and whether somebody may."""

    _inherit = "practice.discount.code"

    redemption_ids = fields.One2many("practice.discount.redemption", "code_id", string="Redemptions")
    redemption_count = fields.Integer(compute="_compute_redemption_count", string="Redeemed")
    claims = fields.Integer(readonly=True, copy=False, default=0, required=True)

    @api.depends("redemption_ids")
    def _compute_redemption_count(self):
        # sudo: a number
        redemptions_sudo = self.env["practice.discount.redemption"].sudo()
        groups = redemptions_sudo._read_group([("code_id", "in", self.ids)], ["code_id"], ["__count"])
        counts = {code.id: count for code, count in groups}
        for code in self:
            code.redemption_count = counts.get(code.id, 0)

    @api.constrains("kind", "percentage", "amount", "currency_id", "duration", "periods", "company_id")
    def _check_unused(self):
        """Keep what a code gives, so that it means the same to all who have it; plans, dates and number may change."""
        for code in self:
            if code.redemption_ids:
                raise ValidationError(
                    self.env._(
                        "%s was given to organisations; what it gives cannot change. Make another code.", code.name
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        used = self.filtered("redemption_ids")
        if used:
            raise UserError(self.env._("%s was used and stays. Archive it instead.", used[0].name))

    def action_open_redemptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_discount_redemption_action")
        return {**action, "domain": [("code_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _check_for(self, subscription, plan):
        """Refuse the code for a subscription on ``plan``, naming the rule.

        :raises UserError: when it is not valid today, used up, for other plans or in another currency, was used by the
            organisation before, or when another code is still running
        """
        self.ensure_one()
        problem = self._find_problem(subscription, plan)
        if problem:
            raise UserError(problem)

    @api.model
    def _find_for_customer(self, name, subscription, plan, seen=None):
        """Return the code called ``name`` that an organisation may use for ``plan``.

        Why a code is refused is told to whoever has it already. To others all refusals look alike, so that nobody
        learns which codes there are by trying.

        :param subscription: of the organisation; one that is not saved when it has none
        :param seen: codes that it was given besides those of its subscription
        :raises UserError: see above
        """
        company = subscription.company_id
        code = self.search([("name", "=ilike", escape_psql(name.strip())), ("company_id", "=", company.id)], limit=1)
        known = subscription.redemption_ids.code_id | (seen or self)
        if code in known:
            code._check_for(subscription, plan)
        elif not code or code._find_problem(subscription, plan):
            raise UserError(
                self.env._(
                    "The discount code %s cannot be used here. Check how it is written, until when it is valid and for "
                    "which plan.",
                    quote(name.strip()),
                )
            )
        return code

    def _find_problem(self, subscription, plan):
        """Return why the code is refused, as a sentence for people, or nothing."""
        today, name = subscription.company_id._practice_day(), self.name
        if not self.active or (self.date_to and today > self.date_to):
            day = format_date(self.env, self.date_to or today)
            return self.env._("%(code)s cannot be used: it expired on %(day)s.", code=name, day=day)
        if self.date_from and today < self.date_from:
            day = format_date(self.env, self.date_from)
            return self.env._("%(code)s cannot be used: it begins on %(day)s.", code=name, day=day)
        if self.plan_ids and plan not in self.plan_ids:
            plans = ", ".join(self.plan_ids.mapped("name"))
            return self.env._("%(code)s cannot be used: it is for %(plans)s only.", code=name, plans=plans)
        if self.kind == "amount" and self.currency_id != plan.currency_id:
            currency = self.currency_id.name
            return self.env._("%(code)s cannot be used: its amount is in %(currency)s.", code=name, currency=currency)
        if self.redemption_ids.filtered(lambda it: it.organisation_id == subscription.organisation_id):
            organisation = subscription.organisation_id.name
            return self.env._(
                "%(code)s cannot be used: %(organisation)s has used it already.", code=name, organisation=organisation
            )
        if self.max_redemptions and self.redemption_count >= self.max_redemptions:
            numbers = {"used": self.redemption_count, "maximum": self.max_redemptions}
            return self.env._("%(code)s cannot be used: it is used up (%(used)s of %(maximum)s).", code=name, **numbers)
        if running := subscription._get_running_redemption_sudo():
            return self.env._(
                "%(code)s cannot be used: %(other)s is still running. End that one first.",
                code=name,
                other=running.code_id.name,
            )
        return None

    def _describe(self):
        """Return what this code takes off, and for how long, in words."""
        self.ensure_one()
        return self.env["practice.discount.redemption"].new({"code_id": self.id})._describe()

    def _redeem(self, subscription, plan=None):
        """Give the code to a subscription; its next invoice carries the discount.

        The row of the code is updated, so that of two organisations that claim the last one, one is refused.

        :return: the redemption
        :raises UserError: see :meth:`_check_for`
        """
        code_sudo = self.sudo()  # sudo: an organisation may use a code it knows, and need not read the others
        code_sudo._check_for(subscription, plan or subscription.plan_id)
        code_sudo.claims += 1
        return code_sudo.env["practice.discount.redemption"].create(
            {
                "code_id": code_sudo.id,
                "subscription_id": subscription.id,
                "date": subscription.company_id._practice_day(),
            }
        )
