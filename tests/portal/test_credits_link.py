"""Who has no login sees with the link of an e-mail what is left, and asks the practice for an appointment or more."""

from datetime import timedelta
from html import unescape

from odoo.fields import Datetime
from odoo.tests import freeze_time, tagged

from ..common.booking import BookingHttpCase


@tagged("post_install", "-at_install")
class TestCreditsLink(BookingHttpCase):
    def setUp(self):
        super().setUp()
        self.patient = self.make_patient("Nele Without")
        self.patient.email = "nele@example.com"
        self.own = self.give(self.patient, credits=3)
        self.authenticate(None, None)

    def show(self, lot=None, status=200):
        return " ".join(unescape(self.page((lot or self.own)._get_link_path(), status)).split())

    def ask(self, wish):
        return self.send_form(f"{self.own._get_link_path()}/ask", wish=wish)

    def test_the_mails_lead_there_who_has_no_login(self):
        self.assertIn("/practice/credits/", self.own._get_mail_values()["buy_url"])
        self.assertTrue(self.lot._get_mail_values()["buy_url"].endswith("/my/packages"))
        for name in ("credits_low", "credits_expiring"):
            template = self.env.ref(f"practice_billing.mail_template_{name}")
            body = template._render_field("body_html", self.own.ids)[self.own.id]
            self.assertIn("/practice/credits/", body)
            self.assertIn("See your credits", body)

    def test_it_says_what_is_left_and_planned(self):
        event = self.plan(self.patient, self.at(days=5), user_id=self.katrien.id)
        page = self.show()
        for text in ("Nele Without", "<strong>2</strong> left", "<strong>1</strong> planned", "No expiry date"):
            self.assertIn(text, page)
        self.assertIn(event._practice_describe_start(), page)

    def test_asking_tells_the_practice_once(self):
        for wish in ("package", "package", "appointment", "money"):
            self.assertIn("message=asked", self.ask(wish).headers["Location"])
        names = self.patient.activity_ids.mapped("summary")
        self.assertEqual(sorted(names), ["Wants an appointment (Ten sessions)", "Wants more credits (Ten sessions)"])
        self.assertIn("waits for the practice", self.show())
        self.assertEqual(self.own.credits_available, 3)

    def test_the_link_ends_with_time_with_the_address_and_with_the_patient(self):
        path = self.own._get_link_path()
        self.page(path)
        with freeze_time(Datetime.now() + timedelta(days=200)):
            self.assertFalse(self.own._find_by_token_sudo(path.rsplit("/", 1)[1]))
        self.patient.email = "other@example.com"
        self.page(path, status=404)
        path = self.own._get_link_path()
        self.patient.active = False
        self.page(path, status=404)

    def test_a_made_up_or_changed_link_leads_nowhere(self):
        token = self.own._get_link_path().rsplit("/", 1)[1]
        for changed in ("x", "é", token[:-2], token[::-1], f"{token}xx"):
            self.assertFalse(self.own._find_by_token_sudo(changed), changed)
