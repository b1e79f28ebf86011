"""The links *Accept* and *Decline* of invitations: opened by people and by programs, acted upon by a button only."""

import re
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.pages import FamilyMixin

ANSWERS = ("accept", "decline")


class InvitationMixin(FamilyMixin):
    """A patient with five credits, who has no login, and their practitioner."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.practitioner = new_test_user(
            cls.env, "pb_dr", "practice_billing.group_user", name="Dr. Wouters", email="dr@example.com"
        )
        return result

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.patient, credits=5)

    def plan(self, patient=None, start=None, **vals):
        return super().plan(patient, start or self.at(days=3), **{"user_id": self.practitioner.id, **vals})

    def invitation(self, event, partner=None):
        return event.attendee_ids.filtered(lambda it: it.partner_id == (partner or self.patient))

    def address(self, event, answer, partner=None, kind="meeting"):
        return f"/calendar/{kind}/{answer}?token={self.invitation(event, partner).access_token}&id={event.id}"

    def open(self, event, answer, partner=None, kind="meeting"):
        """Open a link as a mail scanner or a person does."""
        self.env.flush_all()
        response = self.url_open(self.address(event, answer, partner, kind))
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        return response.text

    def press(self, event, answer, partner=None, kind="meeting"):
        """Open a link and press the button of the page; return the page that follows."""
        page = self.open(event, answer, partner, kind)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        self.assertEqual(set(fields), {"csrf_token", "cost"}, page)
        action = re.search(r'<form[^>]*action="([^"]+)"', page).group(1).replace("&amp;", "&")
        return self.post(action, **fields)

    def post(self, action, **data):
        self.env.flush_all()
        response = self.url_open(action, data=data)
        self.env.invalidate_all()
        return response.text

    def facts(self, event):
        self.env.invalidate_all()
        lots = self.env["practice.credit.lot"].search([])
        return (
            event.read(["active", "attendance", "credit_state", "start"]),
            event.attendee_ids.read(["state"]),
            lots.read(["credits_available", "credits_reserved", "credits_lost"]),
            self.env["mail.message"].search_count([]),
        )


@tagged("post_install", "-at_install")
class TestOpening(InvitationMixin, HttpCase):
    def test_opening_a_link_changes_nothing_whatever_the_appointment_is(self):
        declined = self.plan()
        self.invitation(declined).do_decline()
        gone = self.plan(start=self.at(days=4))
        gone.active = False
        events = {
            "in time": self.plan(start=self.at(days=5)),
            "late": self.plan(start=self.at(hours=2)),
            "begun": self.plan(start=self.at(hours=-1)),
            "declined": declined,
            "cancelled by the practice": gone,
        }
        series = self.plan_series(2, start=self.at(days=6), user_id=self.practitioner.id)
        for name, event in {**events, "series": series[0]}.items():
            before = self.facts(event)
            for kind in ("meeting", "recurrence") if event.recurrence_id else ("meeting",):
                for answer in ANSWERS:
                    for partner in (self.patient, self.practitioner.partner_id):
                        with self.subTest(event=name, kind=kind, answer=answer, partner=partner.name):
                            self.open(event, answer, partner, kind)
                            self.url_open(self.address(event, answer, partner, kind), method="HEAD")
                            self.assertEqual(self.facts(event), before)

    def test_a_page_says_what_declining_costs(self):
        page = self.open(self.plan(), "decline")
        self.assertIn("Credits that come back: <strong>1</strong>", page)
        page = self.open(self.plan(start=self.at(hours=2)), "decline")
        self.assertIn("Credits that are lost now: <strong>1</strong>", page)

    def test_the_page_is_in_the_patients_language(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.type.with_context(lang="nl_BE").name = "Sessie"
        self.patient.lang = "nl_BE"
        event = self.plan(start=self.at(days=3))
        page = self.open(event, "decline")
        self.assertIn("Sessie", page)
        self.assertIn('lang="nl-BE"', page)

    def test_a_page_shows_no_notes_and_nobody_else(self):
        event = self.plan(description="<p>Burn-out</p>", name="Secret title")
        event.partner_ids |= self.stranger
        page = self.open(event, "decline")
        for secret in ("Burn-out", "Secret title", self.stranger.name):
            self.assertNotIn(secret, page)

    def test_a_button_without_token_of_the_page_does_nothing(self):
        event = self.plan()
        before = self.facts(event)
        self.post(self.address(event, "decline"), cost="1")
        self.post(self.address(event, "decline"), cost="1", csrf_token="x")
        self.assertEqual(self.facts(event), before)

    def test_ordinary_meetings_are_answered_as_ever(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "Lunch",
                "start": self.at(days=1),
                "stop": self.at(days=1, hours=1),
                "partner_ids": [Command.set(self.patient.ids)],
            }
        )
        for answer, state in (("decline", "declined"), ("accept", "accepted")):
            self.assertIn("Calendar Invitation", self.open(meeting, answer))
            self.assertEqual(self.invitation(meeting).state, state)

    def test_a_wrong_token_is_refused(self):
        for answer in ANSWERS:
            self.assertEqual(self.url_open(f"/calendar/meeting/{answer}?token=x&id=1").status_code, 400)

    def test_nobody_joins_an_appointment_by_a_link(self):
        event = self.plan(access_token="pb-token")
        self.authenticate("pb_stranger", "pb_stranger")
        self.assertEqual(self.url_open("/calendar/meeting/join?token=pb-token").status_code, 404)
        self.assertNotIn(self.stranger, event.partner_ids)


@tagged("post_install", "-at_install")
class TestDeclining(InvitationMixin, HttpCase):
    def test_in_time_the_credit_comes_back_and_the_practitioner_is_told(self):
        event = self.plan()
        before = self.env["mail.mail"].search([])
        page = self.press(event, "decline")
        self.assertIn("The appointment is cancelled", page)
        self.assertEqual((event.attendance, event.active), ("cancelled", True))
        self.assertEqual(self.lot.credits_available, 5)
        mails = (self.env["mail.mail"].search([]) - before).filtered(lambda it: "cancel" in it.body_html)
        self.assertEqual(mails.recipient_ids, self.practitioner.partner_id)

    def test_late_it_costs_what_the_page_said(self):
        event = self.plan(start=self.at(hours=2))
        self.assertIn("The appointment is cancelled", self.press(event, "decline"))
        self.assertEqual((event.attendance, self.lot.credits_lost), ("late_cancelled", 1))

    def test_a_page_opened_in_time_costs_nothing_later(self):
        event = self.plan()
        page = self.open(event, "decline")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        event.write({"start": self.at(hours=2), "stop": self.at(hours=3)})
        page = self.post(self.address(event, "decline"), csrf_token=token, cost="0")
        self.assertIn("nothing was cancelled", page)
        self.assertIn("Credits that are lost now", page)
        self.assertEqual((event.attendance, self.lot.credits_lost), ("planned", 0))

    def test_after_the_start_there_is_no_button_and_a_form_is_refused(self):
        self.type.late_policy = "return"
        event = self.plan()
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.open(event, "decline")).group(1)
        event.write({"start": self.at(hours=-2), "stop": self.at(hours=-1)})
        self.assertNotIn("<form", self.open(event, "decline"))
        before = self.facts(event)
        for answer in ANSWERS:
            self.post(self.address(event, answer), csrf_token=token, cost="9")
            self.assertEqual(self.facts(event), before)

    def test_a_practitioner_answers_for_themselves_only(self):
        event = self.plan()
        partner = self.practitioner.partner_id
        page = self.open(event, "decline", partner)
        self.assertIn("This answer cancels nothing", page)
        self.press(event, "decline", partner)
        self.assertEqual(self.invitation(event, partner).state, "declined")
        self.assertEqual(event.attendance, "planned")

    def test_who_represents_a_patient_declines_for_them(self):
        self.child.email = False
        self.give(self.child, credits=1)
        event = self.plan(self.child, partner_ids=[Command.set([self.practitioner.partner_id.id, self.parent.id])])
        self.assertIn("Credits that come back", self.open(event, "decline", self.parent))
        self.press(event, "decline", self.parent)
        self.assertEqual(event.attendance, "cancelled")

    def test_a_series_says_what_all_of_it_costs(self):
        events = self.plan_series(3, start=self.at(hours=2), user_id=self.practitioner.id)
        page = self.open(events[0], "decline", kind="recurrence")
        self.assertIn("Credits that are lost now: <strong>1</strong>", page)
        self.assertIn("Credits that come back: <strong>2</strong>", page)
        self.press(events[0], "decline", kind="recurrence")
        self.assertEqual(events.mapped("attendance"), ["late_cancelled", "cancelled", "cancelled"])

    def test_one_of_a_series_leaves_the_others(self):
        events = self.plan_series(3, start=self.at(days=2), user_id=self.practitioner.id)
        self.press(events[1], "decline")
        self.assertEqual(events.mapped("attendance"), ["planned", "cancelled", "planned"])


@tagged("post_install", "-at_install")
class TestAccepting(InvitationMixin, HttpCase):
    def declined(self, **vals):
        event = self.plan(**vals)
        self.press(event, "decline")
        self.assertEqual(event.attendance, "cancelled")
        return event

    def test_accepting_what_is_planned_is_an_answer(self):
        event = self.plan()
        self.assertIn("You are expected", self.press(event, "accept"))
        self.assertEqual(self.invitation(event).state, "accepted")
        self.assertEqual(self.lot.credits_reserved, 1)

    def test_an_own_decline_is_undone(self):
        event = self.declined()
        self.assertIn("I will come after all", self.open(event, "decline"))
        before = self.env["mail.message"].search([])
        self.assertIn("You are expected", self.press(event, "accept"))
        self.assertEqual((event.attendance, self.lot.credits_reserved), ("planned", 1))
        told = self.env["mail.message"].search([]) - before
        self.assertIn(self.practitioner.partner_id, told.partner_ids)

    def test_a_time_that_was_given_away_is_not_booked_twice(self):
        event = self.declined()
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.open(event, "accept")).group(1)
        self.give(self.stranger, credits=1)
        self.plan(self.stranger, event.start)
        page = self.open(event, "accept")
        self.assertIn("given to somebody else", page)
        self.assertNotIn(self.stranger.name, page)
        self.assertNotIn("<form", page)
        self.assertIn("given to somebody else", self.post(self.address(event, "accept"), csrf_token=token, cost="0"))
        self.assertEqual((event.attendance, self.lot.credits_reserved), ("cancelled", 0))

    def test_credits_that_are_gone_are_not_spent_again(self):
        event = self.declined()
        for days in range(5, 10):
            self.plan(start=self.at(days=days))
        self.assertIn("not enough credits", self.press(event, "accept"))
        self.assertEqual((event.attendance, self.invitation(event).state), ("cancelled", "declined"))

    def test_what_the_practice_cancelled_stays_cancelled(self):
        for vals in ({"active": False}, {"attendance": "cancelled"}):
            event = self.plan()
            event.write(vals)
            token = re.search(r'name="csrf_token" value="([^"]+)"', self.open(self.plan(), "decline")).group(1)
            for answer in ("decline", "accept"):
                with self.subTest(vals=vals, answer=answer):
                    page = self.open(event, answer)
                    self.assertIn("was cancelled", page)
                    self.assertNotIn("<form", page)
                    self.post(self.address(event, answer), csrf_token=token, cost="9")
                    self.assertEqual(event.attendance, "cancelled")

    def test_after_its_time_nothing_comes_back(self):
        event = self.declined()
        self.env.flush_all()
        past = Datetime.now() - timedelta(hours=3)
        event.write({"start": past, "stop": past + timedelta(hours=1)})
        page = self.open(event, "accept")
        self.assertNotIn("<form", page)
        self.assertEqual(event.attendance, "cancelled")

    def test_a_series_is_taken_up_again_as_a_whole_or_not_at_all(self):
        events = self.plan_series(3, start=self.at(days=2), user_id=self.practitioner.id)
        self.press(events[0], "decline", kind="recurrence")
        self.assertEqual(set(events.mapped("attendance")), {"cancelled"})
        block = self.env["calendar.event"].create(
            {"name": "Busy", "user_id": self.practitioner.id, "start": events[1].start, "stop": events[1].stop}
        )
        self.assertIn("given to somebody else", self.open(events[0], "accept", kind="recurrence"))
        block.unlink()
        self.press(events[0], "accept", kind="recurrence")
        self.assertEqual(set(events.mapped("attendance")), {"planned"})
        self.assertEqual(self.lot.credits_reserved, 3)


@tagged("post_install", "-at_install")
class TestStaff(InvitationMixin, HttpCase):
    """The same rules hold for whoever writes the answer in the back office."""

    def answer(self, event, method):
        self.invitation(event).with_user(self.practitioner).__getattribute__(method)()

    def test_after_the_start_an_answer_is_refused(self):
        event = self.plan(start=self.at(hours=-1))
        with self.assertRaisesRegex(UserError, "can no longer be cancelled"):
            self.answer(event, "do_decline")
        with self.assertRaises(UserError):
            self.invitation(event).with_user(self.practitioner).write({"state": "declined"})
        with self.assertRaises(UserError):
            event.with_user(self.practitioner).write(
                {"attendee_ids": [Command.update(self.invitation(event).id, {"state": "declined"})]}
            )
        self.assertEqual(event.attendance, "planned")

    def test_accepting_checks_the_time(self):
        event = self.plan()
        self.answer(event, "do_decline")
        self.plan(self.patient, event.start)
        with self.assertRaisesRegex(UserError, "given to somebody else"):
            self.answer(event, "do_accept")

    def test_accepting_undoes_no_cancellation_by_the_practice(self):
        event = self.plan()
        event.attendance = "cancelled"
        with self.assertRaises(UserError):
            self.answer(event, "do_decline")
        self.answer(event, "do_accept")
        self.assertEqual(event.attendance, "cancelled")

    def test_staff_plan_again_what_was_declined(self):
        event = self.plan()
        self.answer(event, "do_decline")
        event.with_user(self.practitioner).action_practice_mark_planned()
        self.assertEqual((event.attendance, self.invitation(event).state), ("planned", "needsAction"))
        self.assertEqual(self.lot.credits_reserved, 1)
