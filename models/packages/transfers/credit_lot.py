from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ....tools.credits import share_of_value
from ...common.words import count_credits

#: Of the chatter: what names the other patient, and goes when either of them is forgotten.
MESSAGE = "practice_billing.mt_credits_transferred"


class PracticeCreditLot(models.Model):
    """Credits go to another patient with their value, as they were sold: the giver's lot loses what a new one gets.

    The value stays on the same balance post. When it becomes the money of another customer, an entry says so there; the
    module makes it, as it makes releases, for the front desk that has no rights to entries. Credits that go back to a
    patient they came from, and to the customer whose money they were, return to that lot, as if they had stayed.
    """

    _inherit = "practice.credit.lot"

    # === ACTIONS === #

    def action_transfer(self):
        """Open the dialog that shows what a transfer does before it does.

        :raises UserError: when several purchases are chosen
        """
        if len(self) != 1:
            raise UserError(self.env._("Credits of one purchase are transferred at a time. Choose one."))
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_transfer_action")
        return {**action, "context": {"default_lot_id": self.id}}

    def action_open_source_lot(self):
        self.ensure_one()
        return self.source_lot_id.get_formview_action()

    def action_open_transferred_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        return {**action, "domain": [("source_lot_id", "=", self.id)], "context": {"create": False}}

    # === WHAT A TRANSFER WOULD DO === #

    def _get_transfer_value(self, credits):
        """Return what ``credits`` of the open ones take along, in company currency: their share, the last one the rest.

        It is the share of what was paid, also where visits release the internal rate.
        """
        self.ensure_one()
        open_credits = self.credits_available + self.credits_reserved
        return share_of_value(self.value_open, open_credits, credits, rounding=self.currency_id.rounding)

    def _get_former_lot(self, receiver):
        """Return the lot of ``receiver`` that these credits came from, however many patients ago, or an empty one."""
        self.ensure_one()
        former = self.source_lot_id
        while former and former.partner_id != receiver:
            former = former.source_lot_id
        return former

    def _get_transfer_payer(self, receiver, receiver_pays):
        """Return whose money transferred credits are: who paid for these, or who pays for the receiver.

        Who pays for a receiver whom they came from is who paid then.
        """
        self.ensure_one()
        if not receiver_pays:
            return self.payer_id
        return self._get_former_lot(receiver).payer_id or receiver.commercial_partner_id

    def _get_home_lot(self, receiver, payer):
        """Return the lot that credits go back into: that of a receiver whom they came from, unless it is over or is the
        money of another customer than ``payer``; or an empty one."""
        self.ensure_one()
        former = self._get_former_lot(receiver)
        same_money = former.payer_id.commercial_partner_id == payer.commercial_partner_id
        return former if same_money and not former._is_over() else former.browse()

    def _changes_hands(self, payer):
        """Return whether the value of these credits becomes that of another customer with ``payer``."""
        return self.payer_id.commercial_partner_id != payer.commercial_partner_id

    # === CHECKS === #

    def _check_transfer(self, receiver, credits, payer, day, expiry_date):
        """Refuse a transfer that cannot be.

        :raises UserError: saying why, with the numbers, and what to do
        """
        self.ensure_one()
        self._check_transferable(receiver, payer)
        self._check_receiver(receiver)
        if not 0 < credits <= self.credits_available:
            raise UserError(
                self.env._(
                    "Transfer 1 to %(available)s. Reserved for appointments, which are cancelled first: %(reserved)s.",
                    available=count_credits(self.env, self.credits_available),
                    reserved=self.credits_reserved,
                )
            )
        self._check_transferred_paid(receiver, credits, payer)
        today = self.company_id._practice_day()
        if not self._get_home_lot(receiver, payer) and expiry_date and expiry_date < today:
            raise UserError(
                self.env._(
                    "The receiver could not use the credits any more: %s has passed. Choose today or a later day.",
                    format_date(self.env, expiry_date),
                )
            )
        self._check_transfer_day(day, today)

    def _check_transferable(self, receiver, payer):
        """Refuse to transfer credits that wait for payment, unless they go back, or whose last day has passed. A hook.

        :raises UserError: saying what to do instead
        """
        if self.state == "pending" and not self._get_home_lot(receiver, payer):
            raise UserError(
                self.env._(
                    "%(credits)s wait for the payment of %(invoice)s. Register it first; or sell the package to the "
                    "other patient instead.",
                    credits=self.display_name,
                    invoice=self.invoice_id.name,
                )
            )
        if self._is_over():
            raise UserError(
                self.env._(
                    "%(credits)s could be used until %(day)s. Extend them first.",
                    credits=self.display_name,
                    day=format_date(self.env, self.expiry_date),
                )
            )

    def _check_transferred_paid(self, receiver, credits, payer):
        """Refuse to transfer credits that wait for payment beside others that are paid, unless they go back.

        :raises UserError: with the numbers
        """
        if credits > self.credits_available - self._count_waiting() and not self._get_home_lot(receiver, payer):
            raise UserError(
                self.env._(
                    "Only %(paid)s of the %(available)s available credits are paid, the others wait for the payment of "
                    "%(invoice)s. Transfer no more than that.",
                    paid=self.credits_available - self._count_waiting(),
                    available=self.credits_available,
                    invoice=self.invoice_id.name,
                )
            )

    def _check_receiver(self, receiver):
        """Refuse a receiver who is the same patient, archived, or of another company.

        :raises UserError: naming them
        """
        if receiver == self.partner_id:
            raise UserError(self.env._("%s has these credits already. Choose another patient.", receiver.name))
        if not receiver.active:
            raise UserError(self.env._("%s is archived. Choose somebody else, or restore them first.", receiver.name))
        other_sudo = receiver.sudo().company_id  # sudo: its name, also where the user does not work
        if other_sudo and other_sudo not in self.company_id.parent_ids:
            raise UserError(
                self.env._(
                    "%(patient)s is a patient of %(other)s, and these are credits of %(company)s: credits stay in "
                    "their company. Refund them, and sell the package there.",
                    patient=receiver.name,
                    other=other_sudo.name,
                    company=self.company_id.name,
                )
            )

    def _check_transfer_day(self, day, today):
        """Refuse a day on which the credits were not there yet, that has not come yet, or whose books are locked.

        :raises UserError: with the days
        """
        if not self.date <= day <= today:
            raise UserError(
                self.env._(
                    "The day of the transfer is between %(first)s, when the credits came, and %(last)s, today.",
                    first=format_date(self.env, self.date),
                    last=format_date(self.env, today),
                )
            )
        company_sudo = self.company_id.sudo()  # sudo: the front desk need not see journals
        locked = company_sudo._practice_get_release_lock(company_sudo._practice_get_release_journal(), day)
        if locked:
            raise UserError(
                self.env._(
                    "The books are locked until %(locked)s, and the transfer is dated %(day)s. Choose a later day.",
                    locked=format_date(self.env, locked),
                    day=format_date(self.env, day),
                )
            )

    # === TRANSFERRING === #

    def _transfer(self, receiver, credits, *, receiver_pays, day, expiry_date, reason):
        """Give ``credits`` of the available ones of this lot to ``receiver``, with their share of the value.

        Whoever calls this has checked that the user may. Both lots are updated, so that of two transfers, or a transfer
        and a booking, of the same credit one gets a serialization failure and is repeated.

        :param receiver: another patient of the same company
        :param int credits: whole credits
        :param bool receiver_pays: whether the value becomes the money of who pays for the receiver
        :param date day: of the movements and the entry, in the practice's time zone
        :param date expiry_date: the last day of what the receiver gets, or ``False``; without meaning for what returns
        :param str reason: kept on both movements
        :return: the lot that the receiver has them in
        :raises UserError: see :meth:`_check_transfer`
        """
        self.ensure_one()
        lot_sudo = self.sudo()  # sudo: the front desk transfers value that it does not see
        payer_sudo = lot_sudo._get_transfer_payer(receiver, receiver_pays)
        lot_sudo._check_transfer(receiver, credits, payer_sudo, day, expiry_date)
        value = lot_sudo._get_transfer_value(credits)
        entry_sudo = lot_sudo._enter_transfer_sudo(credits, value, payer_sudo, day)
        shared = {"reason": reason, "transfer_entry_id": entry_sudo.id}
        received_sudo = lot_sudo._get_home_lot(receiver, payer_sudo)
        if received_sudo:
            back = {**shared, "lot": received_sudo, "kind": "transfer", "credits": -credits, "value": value}
            self._record([{**back, "date": day, "other_lot_id": lot_sudo.id}])
        else:
            vals = lot_sudo._prepare_received_vals(receiver, payer_sudo, expiry_date)
            received_sudo = self._grant([{**vals, **shared, "date": day, "credits": credits, "value": value}]).sudo()
        gone = {**shared, "lot": lot_sudo, "kind": "transfer", "credits": credits, "value": -value}
        self._record([{**gone, "date": day, "other_lot_id": received_sudo.id}])
        lot_sudo._log_transfer(received_sudo, credits, reason)
        return received_sudo.sudo(self.env.su)

    def _prepare_received_vals(self, receiver, payer, expiry_date):
        """Return the values of the lot of a receiver: what was agreed when these credits were sold goes along.

        The number of the giver's invoice does not: it is theirs.
        """
        self.ensure_one()
        agreed = {
            *self.package_id._prepare_terms(),
            *("company_id", "deferred_account_id", "invoice_id", "analytic_distribution", "first_visit_date"),
        }
        return {
            **{name: self._fields[name].convert_to_write(self[name], self) for name in agreed},
            "activation_date": self.activation_date,
            "partner_id": receiver.id,
            "payer_id": payer.id,
            "origin": "transfer",
            "source_lot_id": self.id,
            "other_lot_id": self.id,
            "expiry_date": expiry_date,
            # Not so while the months have not begun yet: then they begin with the first visit of the receiver.
            "never_expires": not expiry_date and bool(self.never_expires or self.expiry_date),
        }

    def _enter_transfer_sudo(self, credits, value, payer, day):
        """Post the entry that makes ``value`` the money of another customer; none where it stays the same one's."""
        self.ensure_one()
        if not value or not self._changes_hands(payer):
            return self.env["account.move"]
        words = self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)
        name = words.env._("%(credits)s x %(package)s", credits=credits, package=words.package_id.name)
        item = {
            "name": name,
            "account_id": self.deferred_account_id.id,
            "practice_package_id": self.package_id.id,
            "analytic_distribution": False,
        }
        # sudo: `_transfer`; nobody follows these entries
        moves_sudo = self.env["account.move"].sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True)
        entry_sudo = moves_sudo.create(
            {
                "move_type": "entry",
                "journal_id": self.company_id._practice_get_release_journal().id,
                "company_id": self.company_id.id,
                "date": day,
                "ref": words.env._("Transfer of credits"),
                "line_ids": [
                    Command.create({**item, "partner_id": self.payer_id.id, "balance": value}),
                    Command.create({**item, "partner_id": payer.id, "balance": -value}),
                ],
            }
        )
        entry_sudo._post(soft=False)
        return entry_sudo

    def _log_transfer(self, received, credits, reason):
        """Say on both lots who gave how many to whom, for staff."""
        said = {"credits": credits, "giver": self.partner_id.name, "receiver": received.partner_id.name}
        body = self.env._(
            "Credits transferred from %(giver)s to %(receiver)s: %(credits)s. %(reason)s", **said, reason=reason
        )
        for lot in self | received:
            lot.message_post(body=body, subtype_xmlid=MESSAGE)
