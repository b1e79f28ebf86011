from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class PracticeTerms(models.Model):
    """What organisations agree to when they begin: general terms, the processing agreement of GDPR article 28.

    An organisation is asked once for each version; a text that changes is another version, and asked again.
    """

    _name = "practice.terms"
    _description = "Terms for Organisations"
    _inherit = ["practice.kept.mixin", "practice.terms.mixin", "mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    plan_ids = fields.Many2many(
        "practice.plan",
        "practice_terms_plan_rel",
        "terms_id",
        "plan_id",
        string="Plans",
        check_company=True,
        help="Empty: whatever plan is chosen.",
    )
    terms = fields.Html(
        string="Text",
        translate=True,
        help="What an administrator of the organisation agrees to before paying. Empty: nothing is asked. Once it is "
        "changed, organisations are asked again.",
    )
    terms_number = fields.Integer(
        string="Version", readonly=True, copy=False, help="The last version that somebody agreed to."
    )
    terms_ids = fields.One2many("practice.terms.version", "terms_id", string="Versions Agreed To")
    acceptance_count = fields.Integer(compute="_compute_acceptance_count", string="Acceptances")

    @api.depends("terms_ids")
    def _compute_acceptance_count(self):
        acceptances = self.env["practice.terms.acceptance"]
        counts = dict(acceptances._read_group([("terms_id", "in", self.ids)], ["terms_id"], ["__count"]))
        for terms in self:
            terms.acceptance_count = counts.get(terms._origin, 0)

    @api.constrains("company_id")
    def _check_company_kept(self):
        if agreed := self.filtered("terms_ids"):
            raise ValidationError(self.env._("Organisations agreed to %s: it stays in its company.", agreed[0].name))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_agreed(self):
        if agreed := self.filtered("terms_ids"):
            raise UserError(self.env._("Organisations agreed to %s: it stays. Archive it instead.", agreed[0].name))

    def action_open_acceptances(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_terms_acceptance_action")
        return {**action, "domain": [("terms_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    @api.model
    def _get_for_sudo(self, company, plan):
        """Return the terms that whoever takes ``plan`` of ``company`` has to agree to."""
        # sudo: shown to whom they are for
        found_sudo = self.sudo().search([("company_id", "=", company.id)])
        return found_sudo.filtered(lambda it: it._has_terms() and (not it.plan_ids or it.plan_ids & plan))
