from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ....tools.pay import Rule

#: What a share is a percentage of.
BASES = [("paid", "What Was Really Paid"), ("internal_rate", "Internal Rate")]

#: What may change on a rule by which somebody was paid.
ENDING_FIELDS = {"date_to"}


class PracticePayRule(models.Model):
    """What practitioners get of each credit that is used, from a day on.

    A rule by which somebody was paid is a contract: it is ended, and another one begins.
    """

    _name = "practice.pay.rule"
    _description = "Pay Rule"
    _order = "user_id, appointment_type_id, date_from desc, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Practitioner",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Empty: everybody for whom there is no rule of their own.",
    )
    appointment_type_id = fields.Many2one(
        "practice.appointment.type",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Empty: all types for which there is no rule of their own. A rule of the practitioner comes before a rule "
        "of the type.",
    )
    basis = fields.Selection(
        BASES,
        required=True,
        default="paid",
        help="What was really paid: the value of the credits, without tax and after discounts; credits that were given "
        "away are worth 0.00. Internal rate: credits x the internal rate that they were given with, whoever paid.",
    )
    percentage = fields.Float(
        string="Share (%)", required=True, digits=(5, 2), aggregator=None, help="Of the basis, without tax."
    )
    missed_percentage = fields.Float(
        string="If Missed (%)",
        required=True,
        default=0.0,
        digits=(5, 2),
        aggregator=None,
        help="Of the credits that a no-show or a late cancellation cost the patient. 0: they pay nothing.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._practice_day().replace(day=1),
        help="First day of the visits that it pays.",
    )
    date_to = fields.Date(string="Until", help="Last day of the visits that it pays. Empty: it goes on.")
    is_used = fields.Boolean(
        string="Used", compute="_compute_is_used", help="Somebody was paid by it: it can only be ended."
    )

    _percentage_sound = models.Constraint(
        "CHECK (percentage > 0 AND percentage <= 100)", "A share is more than 0 and at most 100 percent."
    )
    _missed_percentage_sound = models.Constraint(
        "CHECK (missed_percentage >= 0 AND missed_percentage <= 100)",
        "The share of missed visits is between 0 and 100 percent.",
    )
    _period_sound = models.Constraint("CHECK (date_to >= date_from)", "A rule ends on the day it begins, or later.")
    # A range of one number equals another one where they overlap: PostgreSQL needs no extension for it.
    _scope_excl = models.Constraint(
        """EXCLUDE USING gist (
            int4range(company_id, company_id, '[]') WITH &&,
            int4range(COALESCE(user_id, 0), COALESCE(user_id, 0), '[]') WITH &&,
            int4range(COALESCE(appointment_type_id, 0), COALESCE(appointment_type_id, 0), '[]') WITH &&,
            daterange(date_from, date_to, '[]') WITH &&
        )""",
        "Two pay rules of the same practitioner and appointment type cannot hold on the same day. End one of them "
        "before the other begins.",
    )

    # === COMPUTE METHODS === #

    def _compute_is_used(self):
        used = self._filter_used()
        for rule in self:
            rule.is_used = rule._origin in used

    @api.depends("user_id", "appointment_type_id")
    def _compute_display_name(self):
        for rule in self:
            names = {"practitioner": rule.user_id.name, "type": rule.appointment_type_id.name}
            if rule.user_id and rule.appointment_type_id:
                rule.display_name = self.env._("%(practitioner)s, %(type)s", **names)
            else:
                rule.display_name = rule.user_id.name or rule.appointment_type_id.name or self.env._("Everybody")

    # === CONSTRAINTS === #

    @api.constrains("company_id", "user_id")
    def _check_practitioner(self):
        for rule in self:
            user_sudo = rule.user_id.sudo()  # sudo: where they work
            if user_sudo and (user_sudo.share or rule.company_id not in user_sudo.company_ids):
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work for %(company)s: choose another practitioner.",
                        user=user_sudo.name,
                        company=rule.company_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.flush_model()  # a rule that was just ended makes room for the next one
        rules = super().create(vals_list)
        self._refresh_drafts(rules.company_id)
        return rules

    def write(self, vals):
        companies = self.company_id
        if used := self._filter_used():
            used._check_ending(vals)
        result = super().write(vals)
        self._refresh_drafts(companies | self.company_id)
        return result

    def unlink(self):
        companies = self.company_id
        result = super().unlink()
        self._refresh_drafts(companies)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        if used := self._filter_used():
            raise UserError(
                self.env._("%s: somebody was paid by this rule. End it instead of deleting it.", used[0].display_name)
            )

    def _check_ending(self, vals):
        """Refuse to change rules by which somebody was paid, but for ending them later than what they paid."""
        if vals.keys() - ENDING_FIELDS:
            raise UserError(
                self.env._(
                    "%s: somebody was paid by this rule. End it, and make another one from the day after.",
                    self[0].display_name,
                )
            )
        if not (end := fields.Date.to_date(vals.get("date_to"))):
            return
        lines_sudo = self.env["practice.pay.line"].sudo()  # sudo: the last day only
        [[last]] = lines_sudo._read_group(self._get_used_domain(), [], ["date:max"])
        if end < last:
            raise UserError(
                self.env._(
                    "%(rule)s: a visit of %(last)s was paid by this rule. End it on that day at the earliest.",
                    rule=self[0].display_name,
                    last=format_date(self.env, last),
                )
            )

    # === BUSINESS METHODS === #

    def _get_used_domain(self):
        return Domain("rule_id", "in", self.ids) & Domain("statement_id.state", "=", "confirmed")

    def _filter_used(self):
        """Return those of these rules by which a confirmed statement pays."""
        lines_sudo = self.env["practice.pay.line"].sudo()  # sudo: which rules only
        used = lines_sudo._read_group(self._get_used_domain(), ["rule_id"])
        return self.browse(rule.id for [rule] in used)

    @api.model
    def _refresh_drafts(self, companies):
        """Work the drafts out anew: they follow the rules until they are confirmed."""
        for company in companies:
            self.env["practice.pay.statement"]._refresh(company)

    def _to_rule(self):
        """Return this rule as the pure rules know it."""
        self.ensure_one()
        return Rule(
            self.id,
            self.user_id.id or None,
            self.appointment_type_id.id or None,
            self.basis,
            self.percentage,
            self.missed_percentage,
            self.date_from,
            self.date_to or None,
        )
