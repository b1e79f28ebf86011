from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date, formatLang

from ....tools.dates import last_day_of
from ...common.words import count_credits


class Upgrade(NamedTuple):
    """What an upgrade costs and gives: the figures of the very invoice that would be made.

    ``total`` is paid and ``worth`` was paid for the credits that go into it, both with tax in ``currency``; ``taken``
    are available now and ``credits`` afterwards; ``expiry`` is the last day of those, or ``None``.
    """

    product: object
    currency: object
    total: float
    worth: float
    taken: int
    credits: int
    expiry: object


class PracticeCreditLot(models.Model):
    """A purchase becomes a larger one of the same package: 5 visits are made 10 with one invoice.

    Its first line sells the larger one; its second takes the unused credits back at what was paid for them. So the new
    credits hold the value of both, and what is paid is the difference. Credits that appointments have reserved stay
    where they are.
    """

    _inherit = "practice.credit.lot"

    # === ACTIONS === #

    def action_upgrade(self):
        """Open the dialog that shows what an upgrade costs and gives before it does."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_upgrade_action")
        return {**action, "context": {"default_lot_id": self.id}}

    # === WHAT CAN BE BOUGHT INSTEAD === #

    def _get_upgrade_domain(self):
        """Return the domain of products into which these credits can be upgraded: others of their package that give
        more than was kept of this purchase."""
        self.ensure_one()
        return (
            Domain("package_id", "=", self.package_id.id)
            & Domain("id", "!=", self.invoice_line_id.product_id.id)
            & Domain("sale_ok", "=", True)
            & Domain("package_credits", ">", self._count_purchase())
        )

    def _count_purchase(self):
        """Return how many whole credits this purchase is about: those that were kept of it, and, when it was an upgrade
        itself, those that had been had of the one before."""
        self.ensure_one()
        return self._count_kept() + self.invoice_line_id.practice_upgraded_had

    def _check_upgradable(self):
        """Refuse to upgrade what was not sold, is not paid, or is over.

        :raises UserError: saying what to do instead
        """
        self.ensure_one()
        if self.origin != "invoice" or not self.invoice_line_id:
            raise UserError(self.env._("Only credits that were sold through an invoice can be upgraded."))
        if self.credits_unpaid:
            raise UserError(
                self.env._(
                    "%(credits)s wait for the payment of %(invoice)s. Register it first.",
                    credits=self.display_name,
                    invoice=self.invoice_id.name,
                )
            )
        if not self.credits_spendable:
            raise UserError(
                self.env._(
                    "%s: nothing is left that could be upgraded. Sell the larger package instead.", self.display_name
                )
            )
        if self._is_over():
            raise UserError(self.env._("%s have expired. Extend them first.", self.display_name))

    def _count_upgraded(self, product):
        """Return how many whole credits the new purchase gives when it is one unit of ``product``."""
        self.ensure_one()
        if self.package_id.upgrade_rule == "unused":
            return product.package_credits
        return self.credits_available + product.package_credits - self._count_purchase()

    # === WHAT IT WOULD BE === #

    def _preview_upgrade(self, product):
        """Return what making one unit of ``product`` of these credits costs and gives, as :class:`Upgrade`.

        :raises UserError: when it cannot be, with what to do
        """
        draft = self.env["account.move"].new(self._prepare_upgrade_vals(product))
        package = self.package_id
        return Upgrade(
            product=product,
            currency=draft.currency_id,
            total=sum(draft.invoice_line_ids.mapped("price_total")),
            worth=-draft.invoice_line_ids[-1].price_total,
            taken=self.credits_available,
            credits=self._count_upgraded(product),
            # What goes into it can be used at once, so they begin today.
            expiry=last_day_of(
                self.company_id._practice_day(),
                None,
                months=package.validity_months,
                since=package.validity_from,
                fixed=package.validity_date,
            ),
        )

    def _describe_upgrade(self, upgrade):
        """Return in sentences what an upgrade does to what there is.

        :param upgrade: of :meth:`_preview_upgrade`
        """
        self.ensure_one()
        lines = [
            self.env._(
                "Unused credits that go into it: %(taken)s, for which %(worth)s was paid. Credits available "
                "afterwards: %(credits)s.",
                taken=upgrade.taken,
                worth=formatLang(self.env, upgrade.worth, currency_obj=upgrade.currency),
                credits=upgrade.credits,
            )
        ]
        if self.package_id.upgrade_rule == "difference" and (had := self._count_purchase() - upgrade.taken):
            lines.append(self.env._("%s that are used, lost or planned count as part of the larger purchase.", had))
        if self.credits_reserved:
            lines.append(
                self.env._("Appointments that are planned keep the credits they have: %s.", self.credits_reserved)
            )
        if self.expiry_date:
            lines.append(
                self.env._(
                    "What expires on %s now can be used as long as a new purchase.",
                    format_date(self.env, self.expiry_date),
                )
            )
        return lines

    # === UPGRADING === #

    def _upgrade(self, product):
        """Post the invoice that makes one unit of ``product`` of these credits.

        Whoever calls this may make invoices. Of two upgrades, or an upgrade and a booking, of the same credits one gets
        a serialization failure and is repeated.

        :param product: of :meth:`_get_upgrade_domain`
        :return: the posted invoice
        :raises UserError: when it cannot be, with what to do
        """
        invoice = self._draft_upgrade(product)
        invoice.action_post()
        return invoice

    def _draft_upgrade(self, product):
        """Return the invoice of :meth:`_upgrade` before it is posted, which has to follow at once."""
        self.ensure_one()
        invoice = self.env["account.move"].create(self._prepare_upgrade_vals(product))
        line = invoice.invoice_line_ids[0]
        words = self.with_context(lang=invoice.partner_id.lang or self.env.lang)
        line.name = words.env._(
            "%(product)s\nUpgrade of %(invoice)s, %(credits)s",
            product=line.name,
            invoice=self.reference,
            credits=count_credits(words.env, line.practice_credits),
        )
        return invoice

    def _prepare_upgrade_vals(self, product):
        """Return the values of the invoice of an upgrade: what is sold, and what is taken back of this purchase.

        It goes to whom the purchase went to: the value stays the money of the same customer.

        :raises UserError: when it cannot be, or when nothing would be left to pay
        """
        self._check_upgradable()
        if not product.filtered_domain(self._get_upgrade_domain()):
            raise UserError(
                self.env._(
                    "Choose a product of %(package)s that gives more than %(credits)s.",
                    package=self.package_id.name,
                    credits=count_credits(self.env, self._count_purchase()),
                )
            )
        sold = self.invoice_line_id
        payer, moves = sold.move_id.partner_id, self.env["account.move"]
        vals = moves._practice_prepare_package_sale_vals(self.company_id, payer, product, patient=self.partner_id)
        vals |= {"currency_id": sold.currency_id.id, **self.company_id._practice_prepare_days()}
        back = self._prepare_back_vals()
        new = {**vals["invoice_line_ids"][0][2], "practice_upgraded_line_id": sold.id}
        if self.package_id.upgrade_rule == "difference":
            credits = self._count_upgraded(product)
            new |= {"practice_upgraded_credits": credits, "practice_upgraded_had": product.package_credits - credits}
            new["price_unit"] = self._get_upgrade_price({**vals, "invoice_line_ids": [new, back]})
        return {**vals, "invoice_line_ids": [Command.create(new), Command.create(back)]}

    def _prepare_back_vals(self):
        """Return the values of the line that takes the available credits back at what was paid for them."""
        sold = self.invoice_line_id
        words = self.with_context(lang=sold.move_id.partner_id.lang or self.env.lang)
        [(_create, _id, back)] = sold._practice_prepare_refund_vals(self)["invoice_line_ids"]
        return {
            **back,
            "quantity": -back["quantity"],
            "name": words.env._(
                "Unused credits of %(invoice)s: %(credits)s", credits=self.credits_available, invoice=self.reference
            ),
        }

    def _get_upgrade_price(self, vals):
        """Return the unit price with which an upgrade costs the difference of today's prices, in its currency.

        What was kept of the purchase is compared: 4 of 5 credits, when one went back, cost four fifths of the 5.

        :param dict vals: of the invoice, with the values of its two lines
        :raises UserError: when the larger purchase costs no more
        """
        new, back = vals["invoice_line_ids"]
        sold = self.invoice_line_id
        quantity = sold.quantity * self._count_purchase() / (self.credits_total + sold.practice_upgraded_had)
        kept = {"product_id": sold.product_id.id, "product_uom_id": sold.product_uom_id.id, "quantity": quantity}
        draft = self.env["account.move"].new(
            {**vals, "invoice_line_ids": [Command.create(it) for it in (new, kept, back)]}
        )
        new, kept, back = draft.invoice_line_ids
        difference = draft.currency_id.round(new.price_total - kept.price_total)
        if difference <= 0:
            raise UserError(
                self.env._(
                    "%(product)s costs %(price)s today, no more than what it would replace: nothing would be left to "
                    "pay. Refund the credits and sell it instead.",
                    product=new.product_id.display_name,
                    price=formatLang(self.env, new.price_total, currency_obj=draft.currency_id),
                )
            )
        return new._practice_get_unit_price(difference - back.price_total)
