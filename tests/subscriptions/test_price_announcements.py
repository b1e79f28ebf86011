"""Whom another price touches is told before it is charged, once, and staff see who was told what."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.collection import CollectionCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestPriceAnnouncements(CollectionCase):
    """A monthly subscription of 39 from 15 January; it costs 42 from 1 April, so from the invoice of 15 April on."""

    def setUp(self):
        super().setUp()
        self.subscription = self.subscribe(organisation=self.organisation)
        self.bill(self.subscription)
        self.price = self.change(42.0, day(4, 1))

    def change(self, amount, first, **vals):
        values = {"plan_id": self.standard.id, "interval": "month", "amount": amount, "date_from": first, **vals}
        return self.env["practice.plan.price"].create(values)

    def follow(self, on):
        """Let each run of a day do its work; return the announcements."""
        self.company.practice_grace_days = 1000
        self.follow_time(on)
        self.run_billing()
        self.follow_time()
        return self.subscription.price_announcement_ids

    def told(self):
        return self.mails_of(self.subscription)

    def mails_of(self, subscription):
        mails = self.env["mail.mail"].search([("model", "=", subscription._name), ("res_id", "=", subscription.id)])
        return mails.filtered(lambda mail: "your price from" in (mail.subject or ""))

    def test_it_is_planned_at_once_told_thirty_days_before_and_charged_then(self):
        self.assertRecordValues(
            self.follow(day(1, 16)),
            [{"state": "planned", "first_day": day(4, 15), "price_before": 39.0, "price_after": 42.0, "date": False}],
        )
        self.follow(day(3, 15))
        self.assertFalse(self.told())
        announcement = self.follow(day(3, 16))
        self.assertRecordValues(announcement, [{"state": "told", "date": day(3, 16)}])
        self.assertEqual(announcement.recipient_ids, self.administrator + self.organisation)
        [mail] = self.told()
        for words in ("42.00", "39.00", "04/15/2026", "101.64", "/my/subscription/plans", "for a month"):
            self.assertIn(words, mail.body_html)
        self.assertNotIn("student", mail.body_html)
        for later in (day(3, 17), day(4, 15), day(4, 16)):
            self.follow(later)
        self.assertEqual(len(self.told()), 1)
        invoice = self.last_invoice(self.subscription)
        self.assertEqual((invoice.invoice_date, invoice.amount_total), (day(4, 15), announcement.amount_total))

    def test_who_is_not_touched_is_not_told(self):
        yearly = self.subscribe(interval="year")
        leaving = self.subscribe()
        for subscription in yearly + leaving:
            self.bill(subscription)
        leaving._cancel_at_period_end("other")
        trial = self.subscribe(trial_end=self.today() + timedelta(days=60), activate_after_trial=True)
        self.follow(day(3, 16))
        self.assertFalse((yearly + leaving + trial).price_announcement_ids)

    def test_students_are_told_their_price(self):
        self.change(20.0, day(4, 1), kind="student")
        other = self.subscribe(students=("Dora",))
        self.bill(other)
        self.follow(day(3, 16))
        self.assertIn("20.00", self.mails_of(other).body_html)
        self.assertNotIn("student", self.told().body_html)

    def test_another_amount_is_announced_anew_and_a_price_that_is_withdrawn_is_a_matter_for_people(self):
        first = self.follow(day(3, 16))
        self.price.amount = 43.0
        both = self.follow(day(3, 17))
        self.assertEqual(set(both.mapped("state")), {"told", "withdrawn"})
        self.assertEqual(first.state, "withdrawn")
        self.assertEqual(len(self.told()), 2)
        self.assertIn("43.00", self.told().sorted("id")[-1].body_html)
        self.price.unlink()
        both = self.follow(day(3, 18))
        self.assertEqual(set(both.mapped("state")), {"withdrawn"})
        self.assertEqual(len(self.told()), 2)
        activities = self.subscription.activity_ids.filtered(lambda it: "does not come" in (it.summary or ""))
        self.assertEqual(len(activities), 2)

    def test_one_that_nobody_was_told_of_just_goes_away(self):
        self.follow(day(1, 16))
        self.price.unlink()
        self.assertFalse(self.follow(day(1, 17)))
        self.assertFalse(self.subscription.activity_ids.filtered(lambda it: "does not come" in (it.summary or "")))

    def test_a_price_that_is_added_late_is_told_at_once(self):
        self.price.unlink()
        self.go_to(day(4, 10))
        self.run_billing()
        self.change(42.0, day(4, 11))
        self.assertRecordValues(self.follow(day(4, 10)), [{"state": "told", "first_day": day(4, 15)}])

    def test_a_company_that_tells_nobody_sees_whom_it_touches(self):
        self.company.practice_price_notice_days = 0
        self.assertEqual(self.follow(day(4, 14)).state, "planned")
        self.assertFalse(self.told())
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.company.practice_price_notice_days = -1
            self.env.flush_all()

    def test_nobody_to_write_to_is_a_matter_for_people(self):
        (self.organisation + self.administrator).email = False
        announcement = self.follow(day(3, 16))
        self.assertEqual((announcement.state, announcement.recipient_ids.ids), ("told", []))
        self.assertTrue(self.problems(self.subscription))

    def test_one_that_cannot_be_looked_at_does_not_stop_the_others(self):
        other = self.subscribe()
        self.bill(other)
        looked_at = type(self.subscription)._prepare_announcement_vals

        def fail(subscription, change):
            if subscription == self.subscription:
                raise ValueError("Broken by a test")
            return looked_at(subscription, change)

        self.patch(type(self.subscription), "_prepare_announcement_vals", fail)
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"):
            self.follow(day(3, 16))
        self.assertEqual(other.price_announcement_ids.state, "told")
        self.assertIn("Broken by a test", self.subscription.follow_error)

    def test_the_plan_says_whom_it_touches_before_anybody_is_told(self):
        self.make_staff()
        self.subscription.price_announcement_ids.sudo().unlink()
        action = self.standard.with_user(self.manager).action_open_price_announcements()
        found = self.env["practice.price.announcement"].with_user(self.manager).search(action["domain"])
        self.assertRecordValues(found, [{"state": "planned", "organisation_id": self.organisation.id}])
        self.assertFalse(self.told())
        for user in (self.front_desk, self.accountant, self.employee):
            with self.assertRaises(AccessError):
                self.standard.with_user(user).action_open_price_announcements()

    def test_who_pays_the_last_price_is_not_looked_at_any_more(self):
        self.follow(day(4, 15))
        self.assertEqual(self.subscription.period_id.price_standard, 42.0)
        domain = self.subscription._get_price_domain(self.company, day(4, 17))
        self.assertFalse(self.subscription.filtered_domain(domain))

    def test_who_is_looked_at_once_a_day(self):
        self.follow(day(1, 16))
        domain = self.subscription._get_price_domain(self.company, day(1, 16))
        self.assertFalse(self.subscription.filtered_domain(domain))
        domain = self.subscription._get_price_domain(self.company, day(1, 17))
        self.assertTrue(self.subscription.filtered_domain(domain))
        self.standard.price_ids.filtered("date_from").unlink()
        self.subscription.price_announcement_ids.sudo().unlink()
        domain = self.subscription._get_price_domain(self.company, day(1, 17))
        self.assertFalse(self.subscription.filtered_domain(domain), "without a price to come nobody is looked at")

    def test_in_the_language_of_the_organisation(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.organisation.lang = "nl_BE"
        self.follow(day(3, 16))
        self.assertIn("15/04/2026", self.told().body_html)

    def test_a_copy_of_the_plan_announces_nothing(self):
        copy = self.standard.copy()
        self.assertEqual(len(copy.price_ids), len(self.standard.price_ids))
        self.assertFalse(self.env["practice.price.announcement"].search([("plan_id", "=", copy.id)]))
