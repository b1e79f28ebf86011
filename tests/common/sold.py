"""What tests of what was sold share: Standard yearly, 390 + 21 %, from 1 January 2026, and what is given back."""

from datetime import date

from .subscriptions import SubscriptionCase


class SoldCase(SubscriptionCase):
    """One seat for a year; cancelled on 1 July, 183 of 365 days are given back: 195.53 + 41.06."""

    def setUp(self):
        super().setUp()
        self.go_to("2026-01-01")

    def begin(self, plan=None, seats=("An",), pay=True, interval="year", **vals):
        """Let a subscription begin on 1 January; bill (and pay) its first period."""
        subscription = self.subscribe(plan, seats=seats, interval=interval, date_start=date(2026, 1, 1), **vals)
        invoice = self.bill(subscription)
        if pay and invoice.amount_residual:
            self.pay(invoice)
        return subscription, invoice

    def go_on(self, day):
        """Let time pass until a day, with the months that are over released."""
        self.go_to(day)
        self.release()

    def end(self, subscription, credit_unused=True):
        """End the subscription today as the dialog does; return the document that was made, which was announced."""
        before = subscription.period_ids
        wizard = self.env["practice.subscription.cancel"].create(
            {"subscription_id": subscription.id, "reason": "other", "when": "now", "credit_unused": credit_unused}
        )
        announced = wizard.consequence.replace("\N{NO-BREAK SPACE}", " ")
        wizard.action_cancel_subscription()
        move = (subscription.period_ids - before).move_id
        if move:
            self.assertIn(f"{move.amount_untaxed:,.2f}", announced)
        return move

    def change(self, subscription, plan=None, interval="year"):
        """Change the plan today; return the invoice, which is the one that was previewed."""
        plan = plan or self.blended
        _when, invoice = subscription._get_change_preview(plan, interval)
        preview = subscription._get_preview(invoice)
        move = subscription._change_plan(plan, interval)
        self.assertPreviewed(preview, move)
        return move

    def edit(self, invoice, **vals):
        """Set an invoice back to draft, change its licence, and post it again."""
        invoice.button_draft()
        self.licence_line(invoice).write(vals)
        invoice.action_post()

    def credit_by_hand(self, invoice, **vals):
        """Post a credit note whose line a person changed."""
        note = self.credit_note(invoice, post=False)
        self.licence_line(note).write(vals)
        note.action_post()
        return note

    def make_anew(self, invoice, **vals):
        """Correct an invoice as Odoo's *Reverse and Create Invoice* does; return the new one, posted."""
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": self.today()})
        new = invoice.browse(wizard.modify_moves()["res_id"])
        new.invoice_date = self.today()
        self.licence_line(new).write(vals)
        new.action_post()
        return new

    def licence_line(self, move):
        return move.invoice_line_ids.filtered(lambda it: it.display_type == "product")[:1]

    def products(self, move):
        return move.invoice_line_ids.filtered(lambda it: it.display_type == "product").sorted("id")

    # === SAYING WHAT IS EXPECTED === #

    def assertGivenBack(self, move, untaxed=195.53, tax=41.06):
        """Check a credit note of unused days, and that the books agree until the end."""
        self.assertEqual(move.move_type, "out_refund")
        self.assertEqual((move.amount_untaxed, move.amount_tax), (untaxed, tax))
        self.assertEndsWell()

    def assertHeld(self):
        """Check that each balance post holds what is still to be released, customer by customer."""
        accounts = self.env["practice.subscription.period"].search([]).deferred_account_id
        self.assertEqual(self.customer_problems(accounts), [])
        self.assertEqual(self.release_problems(), [])
        proof = self.env["practice.credit.proof"]._read_group([], ["account_id"], ["difference:sum"])
        self.assertEqual([(account.name, gap) for account, gap in proof if abs(gap) > 0.004], [])

    def assertEndsWell(self):
        """Check the books now, and that nothing waits once all is released."""
        self.assertHeld()
        self.go_on("2028-01-31")
        self.assertHeld()
        for account in self.env["practice.subscription.period"].search([]).deferred_account_id:
            self.assertEqual(self.balance(account), 0.0)
