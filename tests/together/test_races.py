"""What the tests of races rely on: all begin at once, a conflict is repeated, and what hangs fails."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.races import RaceCase, done, refused

SESSIONS = 4


@tagged("post_install", "-at_install")
class TestRaces(RaceCase):
    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Raced", "color": 0})
        self.cr.commit()

    def count(self, env):
        """Add one to what the session finds: only one of those who found the same can do that."""
        partner = env["res.partner"].browse(self.partner.id)
        partner.color += 1
        return partner.color

    def test_all_begin_with_the_same_and_whoever_loses_is_repeated_until_it_is_done(self):
        attempts = []

        def look(_number, env):
            attempts.append(env["res.partner"].browse(self.partner.id).color)

        outcomes = self.race([self.count] * SESSIONS, look=look)
        self.assertEqual(attempts[:SESSIONS], [0] * SESSIONS)
        self.assertGreater(len(attempts), SESSIONS, "nobody was repeated")
        self.assertEqual(sorted(outcomes), list(range(1, SESSIONS + 1)))
        self.assertEqual(self.partner.color, SESSIONS)

    def test_who_has_to_wait_for_a_turn_is_repeated_without_an_error_in_the_log(self):
        attempts, self.muted = [], ()

        def take(env):
            attempts.append(env)
            env["res.partner"].browse(self.partner.id)._practice_take_booking_turn()

        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            self.race([take] * SESSIONS)
        self.assertGreater(len(attempts), SESSIONS, "nobody was repeated")

    def test_what_is_refused_is_an_outcome_and_leaves_nothing(self):
        def work(env):
            self.count(env)
            raise UserError(env.user.name)

        outcomes = self.race([self.count, work], users=[self.env.uid, self.env.ref("base.user_admin").id])
        self.assertEqual(done(outcomes), [1])
        self.assertEqual([str(error) for error in refused(outcomes)], [self.env.ref("base.user_admin").name])
        self.assertIs(outcomes[1], refused(outcomes)[0])
        self.assertEqual(self.partner.color, 1)

    def test_what_fails_before_the_start_fails_the_test(self):
        def look(_number, _env):
            raise ValueError("nothing to see")

        # Not assertRaises: for that Odoo sets a savepoint, which a race rolls back.
        with self.assertRaisesRegex(ValueError, "nothing to see"):
            self.race([self.count] * SESSIONS, look=look)

    def test_a_dead_lock_fails_the_test_and_does_not_hold_up_the_next(self):
        self.timeout = 2

        def hang(env):
            self.count(env)
            env.flush_all()
            env.cr.execute("SELECT pg_sleep(600)")

        with self.assertRaisesRegex(AssertionError, "1 of 1 still ran after 2 s"):
            self.race([hang])
        self.timeout = 60
        self.assertEqual(self.race([self.count]), [1])

    def test_calls_without_a_session_begin_at_once_too(self):
        outcomes = self.at_once([lambda: 1, lambda: int("x")])
        self.assertEqual(done(outcomes), [1])
        self.assertIsInstance(refused(outcomes)[0], ValueError)
