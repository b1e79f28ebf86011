"""A voucher is redeemed once, whoever else wants it at the same moment: real sessions, real commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from functools import partial

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.races import RaceCase, done, refused
from ..common.vouchers import VoucherMixin

SESSIONS = 6


@tagged("post_install", "-at_install")
class TestGiftVoucherRaces(VoucherMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.front_desk.email = "front.desk@example.com"
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.voucher = self.sell_gift()
        self.rivals = [self.make_patient(f"Rival {number}") for number in range(SESSIONS)]
        self.cr.commit()

    def redeem_for(self, env, patient):
        voucher, patient = env["practice.gift.voucher"].browse(self.voucher.id), env["res.partner"].browse(patient.id)
        return voucher._redeem(patient, at="desk").id

    def race_for_it(self, works):
        outcomes = self.race(works, users=self.front_desk.id)
        for loser in refused(outcomes):
            if not isinstance(loser, UserError):
                raise loser  # with where it comes from
        return outcomes

    def assertGivenOnce(self, won):
        self.assertEqual(len(won), 1)
        self.assertEqual(self.voucher.redeemed_lot_id.id, won[0])
        self.assertLot(self.voucher.lot_id, available=0, transferred=10, value=0.0)
        self.assertLot(self.voucher.redeemed_lot_id, available=10, value=1200.0)
        self.assertEqual(len(self.voucher.lot_id.transferred_lot_ids), 1)
        self.assertBooksAgree()

    def test_of_many_who_redeem_it_one_gets_the_credits_and_the_others_read_when(self):
        outcomes = self.race_for_it([partial(self.redeem_for, patient=rival) for rival in self.rivals])
        self.assertGivenOnce(done(outcomes))
        for loser in refused(outcomes):
            self.assertIn("was redeemed on", str(loser))
            self.assertNotIn("Rival", str(loser))

    def test_a_double_click_redeems_once(self):
        self.assertGivenOnce(done(self.race_for_it([partial(self.redeem_for, patient=self.rivals[0])] * 2)))

    def test_it_is_redeemed_or_refunded(self):
        def refund(env, vals):
            env["practice.credit.refund"].create(vals).action_refund()
            return 0

        vals = {"lot_id": self.voucher.lot_id.id, "credits": 10, "method": "open"}
        works = [partial(refund, vals=vals), partial(self.redeem_for, patient=self.rivals[0])] * 2
        outcomes = self.race_for_it(works)
        lots = self.voucher.lot_id | self.voucher.redeemed_lot_id
        # What was redeemed first may be refunded then: it stays the money of who paid.
        self.assertIn(sum(lots.mapped("credits_refunded")), (0, 10))
        self.assertEqual(sum(lots.mapped("value_open")), 1200.0 - 120.0 * sum(lots.mapped("credits_refunded")))
        self.assertGreaterEqual(len(done(outcomes)), 1)
        self.assertBooksAgree()
