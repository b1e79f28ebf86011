from dateutil.relativedelta import relativedelta

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ..agreement.subscription import BILLED

#: Months ahead that a student's proof may be entered on the portal.
PROOF_MONTHS = 15

#: Why an organisation may say that it leaves; the other reasons are for staff.
REASONS = ("price", "missing", "switched", "unused", "closed", "other")


class PracticeSubscription(models.Model):
    """The doors of an organisation's administrators: each asks for the role, then calls the door that people use.

    What is shown before it is confirmed comes from doing it and taking it back, so that it is what will be billed.
    """

    _inherit = "practice.subscription"

    def _portal_door_sudo(self, note=None):
        """Return this subscription as the system sees it, for an administrator of its organisation.

        :param str note: what the chatter says that they did
        :raises AccessError: for everybody else
        """
        self.ensure_one()
        self.organisation_id._practice_check_administrator()
        # The system does it: an invoice is not sent in the name of the customer who ordered it.
        self_sudo = self.with_user(SUPERUSER_ID).with_company(self.company_id)
        if note:
            self_sudo._message_log(
                body=self.env._("On the portal, %(name)s: %(note)s", name=self.env.user.name, note=note),
                author_id=self.env.user.partner_id.id,
            )
        return self_sudo

    # === PRACTITIONERS === #

    def _portal_find_seat(self, seat_id):
        """Return a seat of this subscription.

        :raises UserError: when it has none; somebody else's and one that never was look the same
        """
        self._portal_door_sudo()
        seat = self.seat_ids.filtered(lambda it: it.id == seat_id)
        if not seat:
            raise UserError(self.env._("There is no such practitioner."))
        return seat

    def _portal_add_practitioner_sudo(self, name, email, kind="standard", student_until=None, invite=False):
        """Give somebody a seat from today on.

        :param date student_until: last day of a student's proof
        :return: the seat
        :raises UserError: when name or address are missing, a student has no proof, or the person has a seat already
        """
        self_sudo = self._portal_door_sudo()
        self_sudo._check_takes_practitioners()
        until = self_sudo._check_proof(kind, student_until)
        # The role was checked; the contact is the organisation's.
        person_sudo = self_sudo.organisation_id._practice_find_or_make_contact_sudo(name, email)
        seat_sudo = self_sudo.env["practice.subscription.seat"].create(
            {
                "subscription_id": self_sudo.id,
                "practitioner_id": person_sudo.id,
                "kind": kind,
                "student_until": until,
                "date_from": self_sudo._get_today(),
            }
        )
        self._portal_door_sudo(self.env._("%s added", person_sudo.name))
        if until:
            self_sudo._tell_of_proof(person_sudo, until)
        if invite:
            self._portal_invite(seat_sudo.id)
        return seat_sudo

    def _check_takes_practitioners(self):
        """Refuse to add somebody to what has ended.

        :raises UserError: see above
        """
        if self.state == "cancelled":
            raise UserError(self.env._("The subscription has ended. Select a plan first."))

    def _check_proof(self, kind, student_until):
        """Return the last day of a student's proof, or none for who pays the standard rate.

        :raises UserError: when the rate is unknown, or a student has no proof that is valid today
        """
        if kind not in ("standard", "student"):
            raise UserError(self.env._("Choose a rate."))
        if kind == "standard":
            return False
        today = self.company_id._practice_day()
        if not student_until or student_until < today:
            raise UserError(
                self.env._(
                    "A student needs a proof that is valid today, %s: enter its last day.", format_date(self.env, today)
                )
            )
        last = today + relativedelta(months=PROOF_MONTHS)
        if student_until > last:
            raise UserError(
                self.env._(
                    "A student's proof counts until %(last)s at most, not until %(day)s. Prolong it here with the "
                    "next one.",
                    last=format_date(self.env, last),
                    day=format_date(self.env, student_until),
                )
            )
        return student_until

    def _tell_of_proof(self, person, until):
        """Make it an activity of who is responsible that a proof was entered, so that somebody may ask for it."""
        self.ensure_one()
        # Its mail would go out when what is shown before it is confirmed is taken back.
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Student rate entered on the portal"),
            note=self.env._(
                "%(name)s pays the student rate until %(day)s. Ask for the proof if you do not have it.",
                name=person.name,
                day=format_date(self.env, until),
            ),
            user_id=self._practice_get_responsible().id,
        )

    def _portal_end_seat(self, seat_id, last_day):
        """Let a practitioner leave; the seat stays paid until the period ends.

        :param date last_day: the last day of use, today or later
        :raises UserError: when there is no such seat, or the day lies in the past
        """
        seat_sudo = self._portal_find_seat(seat_id).with_user(SUPERUSER_ID)
        today = self.company_id._practice_day()
        if seat_sudo.date_to and seat_sudo.date_to < today:
            # They would have been there all the time, and nobody would have paid.
            raise UserError(self.env._("%s has left. Add them again.", seat_sudo.practitioner_id.name))
        if not last_day or last_day < max(today, seat_sudo.date_from):
            raise UserError(
                self.env._(
                    "The last day is %s at the earliest.", format_date(self.env, max(today, seat_sudo.date_from))
                )
            )
        seat_sudo.date_to = last_day
        self._portal_door_sudo(
            self.env._(
                "%(name)s ends on %(day)s", name=seat_sudo.practitioner_id.name, day=format_date(self.env, last_day)
            )
        )

    def _portal_keep_seat(self, seat_id):
        """Withdraw the end of a seat that has not come yet."""
        seat_sudo = self._portal_find_seat(seat_id).with_user(SUPERUSER_ID)
        if not seat_sudo.date_to or seat_sudo.date_to < self.company_id._practice_day():
            raise UserError(self.env._("%s is not about to leave.", seat_sudo.practitioner_id.name))
        seat_sudo.date_to = False
        self._portal_door_sudo(self.env._("%s stays", seat_sudo.practitioner_id.name))

    def _portal_prolong_proof(self, seat_id, student_until):
        """Enter a new proof of a student."""
        seat_sudo = self._portal_find_seat(seat_id).with_user(SUPERUSER_ID)
        if seat_sudo.kind != "student":
            raise UserError(self.env._("%s pays the standard rate.", seat_sudo.practitioner_id.name))
        seat_sudo.student_until = self._check_proof("student", student_until)
        seat_sudo.subscription_id._tell_of_proof(seat_sudo.practitioner_id, student_until)
        self._portal_door_sudo(
            self.env._(
                "%(name)s is a student until %(day)s",
                name=seat_sudo.practitioner_id.name,
                day=format_date(self.env, student_until),
            )
        )

    def _portal_invite(self, seat_id):
        """Invite a practitioner to the portal."""
        seat = self._portal_find_seat(seat_id)
        self.organisation_id._practice_invite_contact(seat.practitioner_id, self.company_id)

    # === WHAT IT WOULD COST === #

    def _portal_preview(self, change):
        """Return the next invoice before and after ``change()``, which is done and taken back.

        :return: ``(before, after)``, each see :meth:`_prepare_next_sums`, or ``None`` when nothing is billed
        """
        self_sudo = self._portal_door_sudo().with_context(tracking_disable=True)
        before = self_sudo._prepare_next_sums()
        with self.env.cr.savepoint() as savepoint:
            change()
            after = self_sudo._prepare_next_sums()
            savepoint.rollback()
        return before, after

    def _prepare_next_sums(self):
        """Return what the next invoice comes to: ``additions`` and ``licences`` without tax, ``total`` with tax."""
        self.ensure_one()
        if self.state not in BILLED:
            return None
        invoice = self._make_next_invoice()
        lines = invoice.bill.lines
        return {
            "additions": sum(line.amount for line in lines if line.section == "addition"),
            "licences": sum(line.amount for line in lines if line.section == "licence"),
            "total": self._get_preview(invoice)["total"],
        }

    def _describe_addition(self, before, after):
        """Return who pays what from when, for somebody who is about to be added: sentences."""
        self.ensure_one()
        if not before:
            if self.state == "trial":
                day = format_date(self.env, self.trial_end)
                return [self.env._("Nothing is billed during the trial, until %s.", day)]
            return [self.env._("Nothing is billed until a plan is selected.")]
        money = {name: self._money(after[name] - before[name]) for name in ("additions", "licences")}
        today = self.company_id._practice_day()
        words = []
        if self.paid_until and self.paid_until >= today:
            dates = {"first": format_date(self.env, today), "last": format_date(self.env, self.paid_until)}
            if self.currency_id.round(after["additions"] - before["additions"]):
                words.append(
                    self.env._(
                        "%(first)s – %(last)s: %(amount)s without tax, by days, on the next invoice.",
                        amount=money["additions"],
                        **dates,
                    )
                )
            elif not self.plan_id.package_id:
                words.append(self.env._("%(first)s – %(last)s: no extra cost, a paid seat is free.", **dates))
        if not self.end_date:
            words.append(
                self.env._(
                    "From %(day)s: %(amount)s more each period, without tax.",
                    day=format_date(self.env, self.next_invoice_date),
                    amount=money["licences"],
                )
            )
        return [*words, self._describe_next_total(before, after)]

    def _describe_end(self, before, after):
        """Return what it means that somebody leaves: sentences."""
        self.ensure_one()
        if not before:
            return [self.env._("Nothing is billed for this practitioner.")]
        words = []
        if self.paid_until and self.paid_until >= self.company_id._practice_day():
            day = format_date(self.env, self.paid_until)
            words.append(
                self.env._("The seat stays paid until %s: somebody else can use it at no cost. No refund.", day)
            )
        return [*words, self._describe_next_total(before, after)]

    def _describe_next_total(self, before, after):
        return self.env._(
            "The next invoice, of %(day)s, goes from %(before)s to %(after)s with tax.",
            day=format_date(self.env, self.next_invoice_date),
            before=self._money(before["total"]),
            after=self._money(after["total"]),
        )

    def _money(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    # === PLAN === #

    def _portal_get_change(self, plan, interval, code_name=None):
        """Return ``(when, preview)`` of a change of plan, see :meth:`_get_change_preview`.

        :raises UserError: when the plan is not offered, no payment method is saved, and the rules of the change
        """
        self_sudo = self._portal_door_sudo()
        code_sudo = self_sudo._portal_find_code_sudo(code_name, plan)
        self_sudo._check_change_allowed(plan)
        when, invoice = self_sudo._get_change_preview(plan, interval, code_sudo)
        return when, invoice and self_sudo._get_preview(invoice)

    def _portal_change_plan(self, plan, interval, code_name=None, shown=None):
        """Change the plan as it was shown.

        :param str shown: the total that was shown; only compared, so that nobody orders what they have not seen
        :return: the posted invoice, or none when the change waits for the next period
        :raises UserError: when the amount has changed meanwhile, and see :meth:`_portal_get_change`
        """
        when, preview = self._portal_get_change(plan, interval, code_name)
        if shown is not None and shown != self._describe_shown(when, preview):
            raise UserError(self.env._("The amount has changed meanwhile. This is what it costs now."))
        self_sudo = self._portal_door_sudo(
            self.env._("%(plan)s chosen (%(interval)s)", plan=plan.name, interval=self._name_interval(interval))
        )
        return self_sudo._change_plan(plan, interval, self_sudo._portal_find_code_sudo(code_name, plan))

    def _describe_shown(self, when, preview):
        """Return what a page shows of a change in one word, to compare it when it is confirmed."""
        return f"{when} {preview['total']:.2f}" if preview else when

    def _describe_when(self, when):
        """Return in words when a change of plan takes effect, see :meth:`_get_change`."""
        if when == "now":
            return self.env._("Takes effect today: unused days of the present plan are credited on the same invoice.")
        if when == "free":
            return self.env._("Takes effect at once; nothing is paid yet.")
        day = format_date(self.env, self.next_invoice_date)
        return self.env._("Takes effect on %s, when the paid period is over.", day)

    def _name_interval(self, interval):
        return dict(self._fields["interval"]._description_selection(self.env))[interval]

    def _portal_find_code_sudo(self, name, plan):
        if not (name or "").strip():
            return None
        codes_sudo = self.env["practice.discount.code"].sudo()  # sudo: whoever knows a code may use it
        return codes_sudo._find_for_customer(name, self, plan)

    def _check_change_allowed(self, plan):
        """Refuse a change to what is not offered, without a method to collect it with, or without its terms.

        :raises UserError: see above
        """
        if plan not in plan._get_published_sudo(self.company_id):
            raise UserError(self.env._("This plan is not offered. Choose another one."))
        if self.state != "trial" and not self.payment_token_id.active:
            raise UserError(self.env._("Add an automatic payment method first: a card or direct debit."))
        self.organisation_id._practice_check_terms(self.company_id, plan)

    def _portal_withdraw_change(self):
        """Stay on the plan."""
        self._portal_door_sudo(self.env._("change of plan withdrawn")).action_withdraw_change()

    def _portal_cancel(self, reason, note=None):
        """Let the subscription end with the paid period; a trial ends at once.

        :raises UserError: when the reason is unknown, or it has ended or is about to
        """
        self_sudo = self._portal_door_sudo(self.env._("cancelled"))
        if reason not in REASONS:
            raise UserError(self.env._("Choose a reason."))
        if self_sudo.end_date:
            raise UserError(
                self.env._("It is cancelled already: it ends on %s.", format_date(self.env, self_sudo.end_date))
            )
        note = (note or "").strip()[:500]
        if self_sudo.state == "trial":
            self_sudo._cancel_now(reason, note)
        else:
            self_sudo._cancel_at_period_end(reason, note)

    def _portal_undo_cancel(self):
        """Withdraw a cancellation that has not taken effect."""
        self._portal_door_sudo(self.env._("cancellation withdrawn")).action_undo_cancel()

    # === PAYMENT METHODS === #

    def _portal_get_tokens(self):
        """Return the saved methods of the organisation with this company, that in use first."""
        self_sudo = self._portal_door_sudo()
        tokens_sudo = self_sudo.env["payment.token"].search(
            [
                ("partner_id", "=", self_sudo.organisation_id.commercial_partner_id.id),
                ("company_id", "=", self_sudo.company_id.id),
            ]
        )
        return tokens_sudo.sorted(lambda it: (it != self_sudo.payment_token_id, -it.id))

    def _portal_find_token(self, token_id):
        """Return a saved method of the organisation.

        :raises UserError: when it has none; somebody else's and one that never was look the same
        """
        token = self._portal_get_tokens().filtered(lambda it: it.id == token_id)
        if not token:
            raise UserError(self.env._("There is no such payment method."))
        return token

    def _portal_use_token(self, token_id):
        """Collect invoices with another saved method."""
        token = self._portal_find_token(token_id)
        said = self.env._("payment method %s chosen", token._practice_describe())
        self._portal_door_sudo(said)._set_payment_token(token)

    def _portal_remove_token(self, token_id):
        """Remove a saved method; nothing more is collected with it."""
        token = self._portal_find_token(token_id)
        self._portal_door_sudo(self.env._("payment method %s removed", token._practice_describe()))
        token.active = False

    def _portal_parse_day(self, text):
        """Return the day that a form sent, or ``None``.

        :raises UserError: when it is none
        """
        try:
            return fields.Date.to_date(text or None)
        except ValueError as error:
            raise UserError(self.env._("%s is no date.", text[:20])) from error
