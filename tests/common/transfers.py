"""What the tests share that move credits between patients: the giver, the receiver, and whose money it is."""

from datetime import timedelta

from .practice import TODAY, PracticeMixin
from .reports import ReportsMixin


class TransferMixin(ReportsMixin, PracticeMixin):
    """An, who bought ten credits for 1,200 and had two visits, and Bert."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.bert = cls.make_patient("Bert Claes")
        return result

    def sell_to_an(self):
        lot = self.sell()
        for days in (1, 2):
            self.visit(start=self.at(days=days))
        return lot

    def dialog(self, lot, receiver=None, user=None, **vals):
        wizard = self.env["practice.credit.transfer"].with_user(user or self.env.user)
        vals = {"reason": "Goes on with Bert", **vals}
        return wizard.create({"lot_id": lot.id, "receiver_id": (receiver or self.bert).id, **vals})

    def transfer(self, lot, credits, receiver=None, owner="receiver", user=None, **vals):
        """Transfer as the dialog does; return the lot that the receiver has them in."""
        wizard = self.dialog(lot, receiver, user, credits=credits, owner=owner, **vals)
        return self.env["practice.credit.lot"].browse(wizard.action_transfer()["res_id"])

    def entry(self, received):
        return received.move_ids.filtered(lambda move: move.kind in ("receive", "transfer"))[:1].transfer_entry_id

    def held_by(self, customer, day=None):
        """Return what the balance post holds for a customer, from journal items."""
        [[total]] = self.query(
            """SELECT COALESCE(-SUM(item.balance), 0) FROM account_move_line item
                 JOIN res_partner partner ON partner.id = item.partner_id
                WHERE item.account_id = %s AND item.parent_state = 'posted' AND item.date <= %s
                  AND partner.commercial_partner_id = %s""",
            self.liability.id,
            day or self.today(),
            customer.id,
        )
        return float(total)

    def assertProofHolds(self):
        """Check the proof in all, per customer and on each day around, and the roll-forward."""
        self.assertBooksAgree()
        proof = self.env["practice.credit.proof"]
        for day in (None, *(self.today() + timedelta(days=days) for days in range(-5, 2))):
            wrong = proof.with_context(practice_proof_date=day)._get_keys_with_difference()
            wrong = {key: gap for key, gap in wrong.items() if key[1] == self.liability}
            self.assertFalse(wrong, day)
        mismatched = proof.search([("kind", "=", "mismatch"), ("company_id", "=", self.company.id)])
        self.assertFalse(mismatched)
        self.assertRollAgrees(TODAY - timedelta(days=20), self.today(), self.package, self.liability)
