"""The link of the e-mail that a practitioner is away: a patient without a login picks a new time."""

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from odoo.addons.practice_billing.tools.slots import Slot

from ..common.absences import AbsenceMixin
from ..common.pages import PagesMixin


@tagged("post_install", "-at_install")
class TestNewTime(PagesMixin, AbsenceMixin, HttpCase):
    now = None

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.absence = self.confirm()
        self.absence.action_tell_now()
        self.tell()
        self.line = self.line_of(self.absence, self.second)
        self.address = f"/practice/new-time/{self.line.sudo().access_token}"

    def slot(self, patient=None, number=0):
        patient = patient or self.bert
        start = self.free(self.pieter, patient, first=self.at(days=3))[number]
        return Slot(self.type.id, self.pieter.id, patient.id, start).encode()

    def take(self, slot, address=None):
        self.page(self.address)
        return self.send_form(f"{address or self.address}/plan", booking=slot)

    def new_events(self):
        domain = [("patient_id", "=", self.bert.id), ("attendance", "=", "planned")]
        return self.env["calendar.event"].search(domain)

    def test_the_patient_picks_a_time_with_the_own_credits(self):
        text = self.page(self.address)
        self.assertIn("is away", text)
        self.assertIn(f"{self.address}/confirm?booking=", text)
        slot = self.slot()
        self.assertIn("Take this time", self.page(f"{self.address}/confirm?booking={slot}"))
        self.assertFalse(self.new_events(), "opening pages changes nothing")
        response = self.take(slot)
        self.assertEqual(response.status_code, 303)
        self.assertIn("message=picked", response.headers["Location"])
        event = self.new_events()
        self.assertEqual((event.user_id, event.credit_state), (self.pieter, "reserved"))
        self.assertEqual(self.outcomes(self.absence), ["open", "picked", "open"])
        self.assertIn("Your new time", self.page(self.address))
        self.assertLot(self.lot_of_bert, available=9, reserved=1)

    def test_a_link_books_once(self):
        first, second = self.slot(), self.slot(number=5)
        self.take(first)
        response = self.take(second)
        self.assertEqual(response.status_code, 200)
        self.assertIn("picked already", response.text)
        self.assertEqual(len(self.new_events()), 1)

    def test_a_form_without_its_token_is_refused(self):
        self.page(self.address)
        response = self.send_form(f"{self.address}/plan", token="nonsense", booking=self.slot())
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.new_events())

    def test_a_link_is_for_its_patient_and_type_only(self):
        for slot in (self.slot(self.patient), "nonsense", ""):
            with self.subTest(slot=slot):
                response = self.take(slot)
                self.assertIn("message=unknown", response.headers["Location"])
        self.assertFalse(self.new_events())
        self.assertNotIn("An Peeters", self.page(self.address))

    def test_a_time_that_was_taken_meanwhile_shows_others(self):
        slot = self.slot()
        start = Slot.decode(slot).start
        self.block(start, start + timedelta(hours=1), self.pieter)
        response = self.take(slot)
        self.assertIn("message=taken", response.headers["Location"])
        self.assertFalse(self.new_events())

    def test_who_has_spent_the_credits_elsewhere_is_told_so(self):
        slot = self.slot()
        self.credit_note(self.lot_of_bert.invoice_id)
        response = self.take(slot)
        self.assertIn("Nothing was booked", response.text)
        self.assertFalse(self.new_events())

    def test_a_link_that_is_made_up_or_over_leads_nowhere(self):
        ended = f"{self.address}x"
        for path in (ended, f"{ended}/confirm?booking={self.slot()}", "/practice/new-time/%20"):
            with self.subTest(path=path):
                self.assertIn("does not work any more", self.page(path, 404))
        self.assertEqual(self.send_form(f"{ended}/plan", booking=self.slot()).status_code, 404)
        self.bert.active = False
        self.page(self.address, 404)

    def test_the_page_stays_quiet_about_why(self):
        self.assertNotIn("Flu", self.page(self.address))

    def test_the_secret_is_not_told_to_other_sites(self):
        self.assertEqual(self.url_open(self.address).headers["Referrer-Policy"], "no-referrer")
