"""Sessions that want the same offer, or the last place on offer, at one moment."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from functools import partial

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.races import RaceCase, done, refused
from ..common.waiting import WaitingMixin

SESSIONS = 20


@tagged("post_install", "-at_install")
class TestWaitingRaces(WaitingMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cr.commit()

    def setUp(self):
        # What a test committed stays: each has a class on a day of its own.
        type(self).day = getattr(self, "day", 3) + 1
        super().setUp()
        self.cr.commit()

    def plan_lesson(self, **vals):
        return super().plan_lesson(days=self.day, **vals)

    def count_credits(self, patient, state):
        lots = self.env["practice.credit.lot"].search([("partner_id", "=", patient.id)])
        return sum(lots.mapped(f"credits_{state}"))

    def offer_places(self, *patients):
        """Let as many places come free as there are patients, and offer one to each."""
        for patient in patients:
            self.wait(patient)
        for patient in (self.ann, self.bert)[: len(patients)]:
            self.leave_class(patient)
        for place in self.places():
            place._look()
        self.cr.commit()
        return self.offers(state="open", group_id=self.lesson.id)

    @staticmethod
    def take(offer_id, env):
        return env["practice.waiting.offer"].browse(offer_id)._take().id

    def look(self, place_id, env):
        env["practice.waiting.place"].browse(place_id)._look()

    def test_twenty_sessions_take_one_offer_and_one_gets_it(self):
        offer = self.offer_places(self.cleo)
        reserved = self.count_credits(self.cleo, "reserved")
        outcomes = self.race([partial(self.take, offer.id)] * SESSIONS)
        self.assertEqual(len(done(outcomes)), 1)
        for loser in refused(outcomes):
            self.assertIsInstance(loser, UserError)
            self.assertIn("not free any more", str(loser))
        self.assertEqual(self.lesson.practice_places_taken, 2)
        self.assertEqual(offer.visit_id.ids, done(outcomes))
        self.assertEqual(self.count_credits(self.cleo, "reserved"), reserved + 1)
        self.assertEqual(self.lot_problems(), [])

    def test_of_two_offers_on_a_last_place_one_gets_it(self):
        offers = self.offer_places(self.cleo, self.dora)
        self.assertEqual(len(offers), 2)
        self.lesson.practice_places = 1  # staff takes a place away
        self.cr.commit()
        outcomes = self.race([partial(self.take, offer_id) for offer_id in offers.ids])
        self.assertEqual(len(done(outcomes)), 1)
        self.assertIsInstance(refused(outcomes)[0], UserError)
        self.assertEqual((self.lesson.practice_places_taken, len(self.offers(state="taken"))), (1, 1))

    def test_taking_and_letting_pass_at_once(self):
        offer = self.offer_places(self.cleo)
        offer_id = offer.id

        def let_pass(env):
            env["practice.waiting.offer"].browse(offer_id)._pass()

        outcomes = self.race([partial(self.take, offer_id), let_pass])
        self.assertEqual(len(refused(outcomes)), 1)
        self.assertEqual(bool(offer.visit_id), offer.state == "taken")
        self.assertEqual(self.lesson.practice_places_taken, 2 if offer.visit_id else 1)

    def test_taking_while_the_offer_expires(self):
        offer = self.offer_places(self.cleo)
        offer_id = offer.id

        def expire(env):
            env["practice.waiting.offer"].browse(offer_id)._take_turns()
            open_offer = env["practice.waiting.offer"].search([("id", "=", offer_id), ("state", "=", "open")])
            open_offer._expire()

        self.race([partial(self.take, offer_id), expire])
        self.assertIn(offer.state, ("taken", "expired"))
        self.assertEqual(bool(offer.visit_id), offer.state == "taken")

    def test_the_run_in_twenty_workers_offers_once(self):
        self.wait(self.cleo)
        self.wait(self.dora)
        self.leave_class()
        self.cr.commit()
        place = self.places().filtered(lambda it: it.group_id == self.lesson)
        self.race([partial(self.look, place.id)] * SESSIONS)
        self.assertEqual(len(self.offers(group_id=self.lesson.id)), 1)
        self.assertEqual(len(self.offer_mails().filtered(lambda it: it.res_id in place.offer_ids.ids)), 1)

    def test_offering_and_booking_on_the_portal_at_once_give_the_place_once(self):
        self.wait(self.cleo)
        self.leave_class()
        self.cr.commit()
        place = self.places().filtered(lambda it: it.group_id == self.lesson)
        type_id, giver_id, eve_id, start = self.yoga.id, self.katrien.id, self.eve.id, self.lesson.start

        def book(env):
            eve = env["res.partner"].browse(eve_id)
            env["practice.appointment.type"].browse(type_id)._book(env["res.users"].browse(giver_id), eve, start, eve)

        self.race([book, partial(self.look, place.id)])
        on_offer = len(self.offers(group_id=self.lesson.id, state="open"))
        self.assertEqual(self.lesson.practice_places_taken + on_offer, 2)
