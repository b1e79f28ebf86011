"""Patients wait on the portal, and answer offers with the link of the e-mail; nobody learns of anybody else."""

from odoo.tests import HttpCase, tagged

from ..common.booking import BOOK
from ..common.pages import FamilyMixin
from ..common.waiting import WaitingMixin


class WaitingHttpCase(FamilyMixin, WaitingMixin, HttpCase):
    now = None

    def setUp(self):
        super().setUp()
        self.give(self.parent)
        self.parent.lang = "en_US"

    def offer_to(self, *patients):
        """Let a place in the class come free, and offer it to the first of ``patients``."""
        for patient in patients:
            self.wait(patient)
        self.leave_class()
        self.run_waiting()
        return self.offers(state="open")

    def address(self, offer):
        return f"/practice/waiting/{offer.sudo().access_token}"


@tagged("post_install", "-at_install")
class TestOfferLink(WaitingHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.offer = self.offer_to(self.cleo, self.dora)
        self.link = self.address(self.offer)

    def test_the_page_says_what_it_is_and_opening_it_changes_nothing(self):
        text = self.page(self.link)
        for words in ("Yoga", "PB katrien", "10:00", "It takes credits", "We hold it for you until", "Take it"):
            self.assertIn(words, text)
        self.page(f"{self.link}/take", 405)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "open")
        self.assertEqual(self.url_open(self.link).headers["Referrer-Policy"], "no-referrer")

    def test_nobody_reads_of_anybody_else(self):
        text = self.page(self.link)
        for name in ("Ann Aerts", "Bert Bos", "Dora Dewit", "Eve Evers"):
            self.assertNotIn(name, text)
        for mail in self.offer_mails():
            self.assertNotIn("Dora", mail.body_html)

    def test_taking_it_joins_the_class(self):
        self.page(self.link)
        response = self.send_form(f"{self.link}/take")
        self.assertEqual(response.status_code, 303)
        self.assertIn("The place is yours", self.page(self.link))
        self.env.invalidate_all()
        self.assertEqual(self.offer.visit_id.practice_group_id, self.lesson)
        self.assertEqual(self.offer.visit_id.patient_id, self.cleo)
        response = self.send_form(f"{self.link}/take")
        self.assertIn("The place is yours", response.text)
        self.assertEqual(len(self.lesson.practice_patient_ids), 2)

    def test_letting_it_pass(self):
        self.page(self.link)
        self.send_form(f"{self.link}/pass")
        self.assertIn("You stay on the waiting list", self.page(self.link))
        self.run_waiting()
        self.assertEqual(self.offered(), self.dora)
        self.assertIn("You stay on the waiting list", self.send_form(f"{self.link}/take").text)

    def test_an_offer_that_ended_is_said_kindly(self):
        self.offer.sudo().valid_until = self.at(minutes=-1)
        self.assertIn("not free any more", self.page(self.link))
        response = self.send_form(f"{self.link}/take")
        self.assertIn("not free any more", response.text)
        self.env.invalidate_all()
        self.assertFalse(self.offer.visit_id)

    def test_credits_that_are_gone_are_said(self):
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.cleo.id)])
        self.query("UPDATE practice_credit_lot SET state = 'expired' WHERE id = %s RETURNING id", lot.id)
        lot.invalidate_recordset()
        text = self.page(self.link)
        self.assertIn("Credits that are missing", text)
        self.assertNotIn(">Take it<", text)
        response = self.send_form(f"{self.link}/take")
        self.assertIn("Nothing was booked", response.text)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "open")

    def test_a_form_without_its_token_is_refused(self):
        self.page(self.link)
        for what in ("take", "pass"):
            self.assertEqual(self.send_form(f"{self.link}/{what}", token="nonsense").status_code, 400)
        self.env.invalidate_all()
        self.assertEqual(self.offer.state, "open")

    def test_a_link_that_is_made_up_or_of_somebody_archived_leads_nowhere(self):
        self.assertIn("does not work any more", self.page(f"{self.link}x", 404))
        self.assertEqual(self.send_form(f"{self.link}x/take").status_code, 404)
        self.cleo.active = False
        self.page(self.link, 404)


#: Press the button of a page that has no scripts, watched from a frame, and read what the practice answers.
TAKE = """
    const fail = (words) => console.error(`${words}: ${document.body.innerText}`);
    if (document.documentElement.scrollWidth > window.innerWidth) {
        fail("The page has to be scrolled sideways");
    }
    const frame = document.createElement("iframe");
    frame.name = "answer";
    document.body.append(frame);
    frame.onload = () => {
        const text = frame.contentDocument.body.innerText;
        text.includes("The place is yours") ? console.log("test successful") : fail(text);
    };
    const button = [...document.querySelectorAll("button")].find((it) => it.innerText === "Take it");
    button.form.target = "answer";
    button.click();
"""


class WaitingTour(WaitingHttpCase):
    def wait_and_take(self):
        """Let a patient put themselves on the list, and take what comes free, in a real browser."""
        self.start_tour(f"{BOOK}?type_id={self.yoga.id}", "practice_patient_waits", login="pb_parent")
        entry = self.env["practice.waiting"].search([("patient_id", "=", self.parent.id)])
        self.assertEqual((entry.state, entry.hour_from), ("waiting", 9))
        self.leave_class()
        self.run_waiting()
        self.assertIn("A place is free", self.page("/my/appointments"))
        self.authenticate(None, None)
        self.browser_js(self.address(self.offers(state="open")), TAKE, login=None)
        self.env.invalidate_all()
        self.assertEqual(entry.state, "taken")
        self.assertIn(self.parent, self.lesson.practice_patient_ids)


@tagged("post_install", "-at_install")
class TestWaitingTour(WaitingTour):
    def test_a_patient_waits_and_takes_an_offer(self):
        self.wait_and_take()


@tagged("post_install", "-at_install")
class TestWaitingTourOnAPhone(WaitingTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_patient_waits_and_takes_an_offer_on_a_phone(self):
        self.wait_and_take()


@tagged("post_install", "-at_install")
class TestWaitingOnThePortal(WaitingHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("pb_parent", "pb_parent")
        self.form = f"/my/appointments/waiting?type_id={self.yoga.id}"

    def entries(self, patient=None):
        return self.env["practice.waiting"].search([("patient_id", "=", (patient or self.parent).id)])

    def join(self, **data):
        values = {"type_id": self.yoga.id, "patient_id": self.parent.id, "hour_from": 8, "hour_to": 18, "monday": 1}
        return self.send_form("/my/appointments/waiting/join", **{**values, **data})

    def test_the_way_leads_from_the_page_of_a_full_class(self):
        text = self.page(f"{BOOK}?type_id={self.yoga.id}")
        self.assertIn("Put me on the waiting list", text)
        self.assertIn("Wednesday", self.page(self.form))
        self.yoga.waiting_list = False
        self.assertNotIn("Put me on the waiting list", self.page(f"{BOOK}?type_id={self.yoga.id}"))
        self.assertEqual(self.call_status(self.form), 303)

    def call_status(self, path):
        return self.url_open(path, allow_redirects=False).status_code

    def test_a_patient_joins_sees_and_leaves(self):
        response = self.join(practitioner_id=self.katrien.id, friday=1)
        self.assertIn("message=waiting", response.headers["Location"])
        entry = self.entries()
        self.assertRecordValues(
            entry,
            [
                {
                    "appointment_type_id": self.yoga.id,
                    "practitioner_id": self.katrien.id,
                    "monday": True,
                    "tuesday": False,
                    "friday": True,
                    "hour_from": 8,
                    "hour_to": 18,
                    "state": "waiting",
                }
            ],
        )
        entry.note = "SECRET note"
        self.wait(self.dora)
        text = self.page("/my/appointments")
        self.assertIn("Monday, Friday · 08:00–18:00", text)
        for secret in ("SECRET", "Dora"):
            self.assertNotIn(secret, text)
        self.send_form(f"/my/appointments/waiting/{entry.id}/leave")
        self.env.invalidate_all()
        self.assertEqual((entry.state, entry.left_reason), ("left", "patient"))
        self.assertNotIn("Leave the list", self.page("/my/appointments"))

    def test_what_cannot_be_is_said_and_nothing_happens(self):
        refused = {"monday": ("", "at least one day"), "hour_from": (20, "first hour"), "hour_to": ("x", "first hour")}
        for name, (value, words) in refused.items():
            with self.subTest(name=name):
                self.assertIn(words, self.join(**{name: value}).text)
        self.assertFalse(self.entries())
        self.join()
        self.assertIn("on this waiting list already", self.join().text)
        self.assertEqual(len(self.entries()), 1)

    def test_a_patient_waits_for_themselves_and_whom_they_represent_only(self):
        self.join(patient_id=self.child.id)
        self.assertTrue(self.entries(self.child))
        for data in ({"patient_id": self.cleo.id}, {"type_id": self.type.id}, {"patient_id": "x"}):
            with self.subTest(data=data):
                self.assertIn("message=unknown", self.join(**data).headers["Location"])
        self.assertFalse(self.entries() or self.entries(self.cleo))
        somebodys = self.wait(self.cleo)
        self.send_form(f"/my/appointments/waiting/{somebodys.id}/leave")
        self.env.invalidate_all()
        self.assertEqual(somebodys.state, "waiting")

    def test_what_is_offered_stands_on_the_portal(self):
        offer = self.offer_to(self.parent)
        text = self.page("/my/appointments")
        self.assertIn("A place is free", text)
        self.assertIn(self.address(offer), text)

    def test_a_portal_user_reads_none_of_it_over_rpc(self):
        offer = self.offer_to(self.cleo)
        for record in (offer, offer.place_id, offer.waiting_id):
            with self.subTest(model=record._name):
                self.assertEqual(
                    self.call_kw(record._name, "search_read", [], fields=["state"]), "odoo.exceptions.AccessError"
                )
