"""A list of practitioners that is sent by several windows at once: real sessions and commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from odoo.tests import tagged

from ..common.checkouts import OrganisationMixin
from ..common.races import RaceCase, done

SESSIONS = 4


@tagged("post_install", "-at_install")
class TestPeopleRace(OrganisationMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cr.commit()

    def test_a_list_that_is_sent_several_times_at_once_adds_everybody_once(self):
        organisation = self.make_organisation("Racing People")
        organisation.practice_administrator_ids = self.boss.partner_id
        subscription = self.make_trial(organisation=organisation, people=self.env["res.partner"])
        self.cr.commit()
        content = b"Dirk, dirk@example.com\nEva, eva@example.com"

        def add(env):
            mine = env["practice.subscription"].sudo().browse(subscription.id)
            checked = mine._portal_add_shown_people(mine._portal_read_people(content), "2")
            return sum(not it.problem for it in checked)

        results = self.race([add] * SESSIONS, self.boss.id, {"tracking_disable": True})
        self.assertEqual(sorted(done(results)), [0] * (SESSIONS - 1) + [2])
        self.env.invalidate_all()
        self.assertEqual(sorted(subscription.seat_ids.practitioner_id.mapped("name")), ["Dirk", "Eva"])
        contacts = self.env["res.partner"].search([("parent_id", "=", organisation.id)])
        self.assertEqual(sorted(contacts.mapped("name")), ["Bert", "Dirk", "Eva"])
