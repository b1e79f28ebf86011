from odoo import fields, models

from ..catalog.plan import INTERVALS


class PracticePriceAnnouncement(models.Model):
    """Another price for one subscription, and when its organisation was told. Written by the run, and kept.

    It is planned as soon as the price is known. One that was told and does not come true is withdrawn, never deleted:
    somebody has read it.
    """

    _name = "practice.price.announcement"
    _description = "Price Announcement"
    _order = "first_day desc, id desc"
    _rec_name = "subscription_id"

    subscription_id = fields.Many2one("practice.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    organisation_id = fields.Many2one(related="subscription_id.organisation_id", store=True)
    plan_id = fields.Many2one("practice.plan", required=True, index=True, ondelete="cascade")
    interval = fields.Selection(INTERVALS, string="Billing", required=True)
    currency_id = fields.Many2one(related="plan_id.currency_id")
    state = fields.Selection(
        [("planned", "Planned"), ("told", "Told"), ("withdrawn", "Withdrawn")], required=True, default="planned"
    )
    first_day = fields.Date(
        string="First Invoice", required=True, help="First day of the first period that costs the new price."
    )
    date = fields.Date(string="Told On", help="Day, in the company's time zone.")
    recipient_ids = fields.Many2many(
        "res.partner", string="Told To", help="Who the e-mail went to. Nobody: there was no address."
    )
    price_before = fields.Monetary(string="Price Now", help="Of a practitioner for a period, without tax.")
    price_after = fields.Monetary(string="New Price", help="Of a practitioner for a period, without tax.")
    student_before = fields.Monetary(string="Student Now")
    student_after = fields.Monetary(string="New Student Price")
    has_students = fields.Boolean(help="The organisation has students, and their price changes.")
    amount_untaxed = fields.Monetary(string="Invoice Then", help="As it would be with the seats of the day.")
    amount_total = fields.Monetary(string="With Tax")

    # Each price is announced once; the day's index is what the run looks for.
    _price_uniq = models.UniqueIndex(
        "(subscription_id, first_day, price_after, student_after) WHERE state <> 'withdrawn'",
        "This price is announced to this subscription already.",
    )

    def _is_of(self, change):
        """Return whether this announces ``change``, a :class:`~..billing.subscription_price_change.PriceChange`."""
        self.ensure_one()
        prices = {"standard": self.price_after, "student": self.student_after}
        return self.first_day == change.day and not any(
            self.currency_id.compare_amounts(prices[kind], price) for kind, price in change.after.items()
        )
