"""The button *Move* of an e-mail: a patient without a login moves that appointment, by the rules of the portal."""

from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from odoo.addons.practice_billing.tools.slots import Slot

from ..common.booking import BookingHttpCase
from ..common.groups import SECRET, GroupHttpCase


class MoveLinkMixin:
    """A patient without a login, and the link of their e-mail; nobody is logged in."""

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.company.partner_id.phone = "+32 9 000 00 00"
        self.lot_of_patient = self.give(self.patient)
        self.event = self.make_event()
        self.link = self.link_of(self.event)

    def make_event(self):
        start = Slot.decode(self.slot(patient=self.patient)).start
        return self.type._book(self.katrien, self.patient, start, self.patient).with_env(self.env)

    def link_of(self, event, partner=None):
        """Return the link of who speaks for the patient, or of somebody else who takes part."""
        partner = partner or event.patient_id
        return event.attendee_ids.filtered(lambda it: it.partner_id == partner)._practice_get_move_path()

    def other_slot(self, number=6, **options):
        return self.slot(number=number, patient=self.patient, **options)

    def press(self, slot, link=None):
        """Press the button of the page that says what a chosen time means."""
        return self.send_form(f"{link or self.link}/plan", booking=slot)

    def facts(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.event.exists().read(["start", "stop", "user_id", "attendance", "active", "credit_state"]),
            self.event.exists().attendee_ids.read(["state", "access_token"]),
            self.env["practice.credit.lot"].search([]).read(["credits_available", "credits_reserved", "credits_lost"]),
            self.env["mail.message"].search_count([]),
            self.env["mail.mail"].search_count([]),
            self.env["practice.appointment.notice"].search_count([]),
        )

    def assertMoved(self, response, slot, link=None):
        self.assertEqual(response.status_code, 303, response.text)
        self.assertTrue(response.headers["Location"].endswith(f"{link or self.link}?message=moved"))
        self.env.invalidate_all()
        self.assertEqual(self.event.start, Slot.decode(slot).start)


@tagged("post_install", "-at_install")
class TestMoveByLink(MoveLinkMixin, BookingHttpCase):
    def test_the_patient_moves_and_the_practice_sees_who(self):
        text = self.page(self.link)
        for words in ("Move: Online Session", "PB katrien", "PB pieter", f"{self.link}/confirm?booking="):
            self.assertIn(words, text)
        slot, was = self.other_slot(), self.event._practice_describe_start()
        text = " ".join(self.page(f"{self.link}/confirm?booking={slot}").split())
        for words in (was, "With", "PB katrien", "as many credits as before: <strong>1</strong>", "Free until"):
            self.assertIn(words, text)
        self.assertMoved(self.press(slot), slot)
        self.assertEqual(self.event.credit_move_ids.mapped("kind"), ["reserve"])
        note = self.event.message_ids.filtered(lambda it: "Moved on the portal" in (it.body or ""))
        self.assertEqual(note.author_id, self.patient)
        self.assertIn(f"by {self.patient.name}", note.body)
        self.assertEqual(self.invited(self.event, "Date updated")[0], self.katrien.partner_id)
        self.assertEqual(self.notices(self.event).partner_id, self.patient)

    def test_afterwards_the_page_says_when_it_is_and_what_can_still_be_done(self):
        slot = self.other_slot()
        self.press(slot)
        self.env.invalidate_all()
        text = self.page(f"{self.link}?message=moved")
        for words in (
            "The appointment is moved",
            self.event._practice_describe_start(),
            "Move again",
            "/calendar/meeting/decline?token=",
            f"{self.link}/ics",
        ):
            self.assertIn(words, text)
        file = self.url_open(f"{self.link}/ics")
        self.assertEqual(file.headers["Content-Type"], "text/calendar; charset=utf-8")
        self.assertIn(f"DTSTART:{self.event.start:%Y%m%dT%H%M%SZ}", file.text)
        self.assertIn("o_practice_time", self.page(self.link), "it can be moved again")

    def test_to_another_practitioner_or_anybody(self):
        text = self.page(f"{self.link}?practitioner_id={self.pieter.id}")
        self.assertIn(f"booking={self.type.id}-{self.pieter.id}-", text)
        self.assertNotIn(f"booking={self.type.id}-{self.katrien.id}-", text)
        self.assertIn("o_practice_time", self.page(f"{self.link}?practitioner_id="))
        slot = self.other_slot(practitioner=self.pieter)
        self.assertMoved(self.press(slot), slot)
        self.assertEqual(self.event.user_id, self.pieter)

    def test_opening_pages_changes_nothing(self):
        slot, before = self.other_slot(), self.facts()
        for path in ("", "/confirm", "/ics", "?message=moved", f"/confirm?booking={slot}", f"/plan?booking={slot}"):
            for method in ("GET", "HEAD"):
                with self.subTest(path=path, method=method):
                    response = self.url_open(self.link + path, method=method)
                    self.assertEqual(response.status_code, 405 if "/plan" in path else 200)
                    self.assertEqual(self.facts(), before)

    def test_a_form_without_the_token_of_the_page_is_refused(self):
        before = self.facts()
        response = self.send_form(f"{self.link}/plan", token="nonsense", booking=self.other_slot())
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.facts(), before)

    def test_pressed_twice_it_moves_once(self):
        slot = self.other_slot()
        self.assertMoved(self.press(slot), slot)
        before = self.facts()
        self.assertMoved(self.press(slot), slot)
        self.assertEqual(self.facts(), before)

    def test_moved_to_a_late_time_and_pressed_twice_says_that_it_was_moved(self):
        self.type.cancel_hours = 24 * 4
        self.event.practice_cancel_hours = 24 * 4
        morning = self.local(self.at(days=2).date(), 0)
        self.event.write({"start": self.event.start + timedelta(days=3), "stop": self.event.stop + timedelta(days=3)})
        slot = self.slot(self.free(patient=self.patient, first=morning)[0], patient=self.patient)
        self.assertIn("cancelling costs the credits", self.page(f"{self.link}/confirm?booking={slot}"))
        for _press in range(2):
            self.assertMoved(self.press(slot), slot)
        text = " ".join(self.page(f"{self.link}?message=moved").split())
        self.assertIn("The appointment is moved", text)
        self.assertIn("could be moved here until", text)
        self.assertNotIn("Move again", text)

    def test_a_time_that_was_taken_meanwhile_shows_others(self):
        slot = self.other_slot()
        start = Slot.decode(slot).start
        self.block(start, start + timedelta(hours=1))
        before = self.facts()
        for response in (self.call(f"{self.link}/confirm?booking={slot}"), self.press(slot)):
            self.assertIn("message=taken", response.headers["Location"])
            text = self.url_open(response.headers["Location"]).text
            self.assertIn("no longer free", text)
            self.assertNotIn("Secret meeting", text)
            self.assertNotIn(slot, text)
        self.assertEqual(self.facts(), before)

    def test_nonsense_is_never_an_error_and_moves_nothing(self):
        good, before = Slot.decode(self.other_slot()), self.facts()
        for booking in (
            *("", "x", "1-2-3-4", "0-0-0-0", "9" * 400, "-".join("9" * 9 for _part in range(4))),
            good._replace(type_id=self.intake.id).encode(),
            good._replace(patient_id=self.child.id).encode(),
            good._replace(patient_id=self.parent.id).encode(),
            good._replace(practitioner_id=self.make_practitioner("colleague").id).encode(),
        ):
            with self.subTest(booking=booking[:40]):
                self.assertIn("message=unknown", self.press(booking).headers["Location"])
                self.assertIn(
                    "message=unknown", self.call(f"{self.link}/confirm?booking={booking}").headers["Location"]
                )
        own = self.event.start
        for start in (own + timedelta(minutes=7), own - timedelta(days=30), own + timedelta(days=90)):
            self.assertIn("message=taken", self.press(good._replace(start=start).encode()).headers["Location"])
        for query in ("practitioner_id=x", "practitioner_id=999999", "week=x", "week=9999-99-99", "week=0001-01-01"):
            self.assertIn("Move: Online Session", self.page(f"{self.link}?{query}"), query)
        for query in ("message=moved", "message=unmovable", "message=%3Cb%3E"):
            self.assertNotIn("<b>", self.page(f"{self.link}?{query}"))
        self.assertEqual(self.facts()[:3], before[:3])

    def test_credits_that_are_not_valid_then_are_said_to_be(self):
        self.lot_of_patient._extend(self.company._practice_day(self.event.start), "test")
        later = self.free(patient=self.patient, first=self.event.start + timedelta(days=2))[0]
        slot, before = self.slot(later, patient=self.patient), self.facts()
        self.assertIn("are not valid on that day", self.page(f"{self.link}/confirm?booking={slot}"))
        self.assertIn("Nothing was moved", self.press(slot).text)
        self.assertEqual(self.facts(), before)

    def test_whoever_is_logged_in_plays_no_role(self):
        """A colleague of another practice who opens the link of an own e-mail is the patient on its pages."""
        stranger = self.make_stranger(self.env["res.company"].create({"name": "PB Elsewhere"}))
        for number, login in enumerate((stranger.login, "pb_parent")):
            self.authenticate(login, login)
            self.assertIn("o_practice_time", self.page(self.link))
            slot = self.other_slot(number=number + 6)
            self.assertMoved(self.press(slot), slot)
        notes = self.event.message_ids.filtered(lambda it: "Moved on the portal" in (it.body or ""))
        self.assertEqual((len(notes), notes.author_id), (2, self.patient))

    def test_the_language_is_that_of_who_got_the_link(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.type.with_context(lang="nl_BE").name = "Sessie op afstand"
        self.patient.lang = "nl_BE"
        slot = self.other_slot()
        for path in ("", f"/confirm?booking={slot}", "?message=moved"):
            text = self.page(self.link + path)
            self.assertIn("Sessie op afstand", text)
            self.assertIn('lang="nl-BE"', text)

    def test_the_secret_is_not_told_to_other_sites(self):
        slot = self.other_slot()
        for path in ("", f"/confirm?booking={slot}", "?message=moved", "x"):
            response = self.url_open(self.link + path)
            self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
            self.assertIn('name="robots" content="noindex"', response.text)

    def test_who_represents_a_patient_without_address_moves_for_them(self):
        father = self.make_patient("Papa Peeters")
        self.child.practice_representative_ids = father
        self.give(self.child)
        start = Slot.decode(self.slot(patient=self.child)).start
        self.event = self.type._book(self.katrien, self.child, start, father).with_env(self.env)
        link, slot = self.link_of(self.event, father), self.slot(patient=self.child, number=8)
        self.assertIn("Little Lotte", self.page(f"{link}/confirm?booking={slot}"))
        self.assertMoved(self.press(slot, link), slot, link)
        note = self.event.message_ids.filtered(lambda it: "Moved on the portal" in (it.body or ""))
        self.assertEqual(note.author_id, father)


@tagged("post_install", "-at_install")
class TestEnded(MoveLinkMixin, BookingHttpCase):
    def assertEnded(self, words, can_cancel=False, link=None):
        """Check that a link says in ``words`` why nothing can be moved, and that nothing is."""
        link = link or self.link
        slot, before = self.other_slot(), self.facts()
        texts = [self.page(link), self.page(f"{link}/confirm?booking={slot}"), self.press(slot, link).text]
        for text in texts:
            text = " ".join(text.split())
            self.assertIn(words, text)
            self.assertIn("+32 9 000 00 00", text)
            self.assertNotIn("o_practice_time", text)
            self.assertNotIn("<form", text)
            self.assertEqual("/calendar/meeting/decline?token=" in text, can_cancel)
        self.assertEqual(self.facts(), before)

    def test_late_it_says_so_and_leads_to_what_cancelling_costs(self):
        self.event.practice_cancel_hours = 24 * 30
        self.assertEnded("could be moved here until", can_cancel=True)

    def test_of_a_type_that_is_closed_it_can_be_cancelled(self):
        self.type.online_booking = False
        self.assertEnded("cannot be moved here", can_cancel=True)

    def test_once_it_has_begun(self):
        start = Datetime.now() - timedelta(minutes=5)
        self.event.write({"start": start, "stop": start + timedelta(hours=1)})
        self.assertEnded("has come or is over")
        self.assertNotIn("is moved", self.page(f"{self.link}?message=moved"))
        self.event.attendance = "attended"
        self.assertEnded("has come or is over")

    def test_cancelled_by_the_practice(self):
        self.event.active = False
        self.assertEnded("was cancelled")
        self.assertNotIn("is moved", self.page(f"{self.link}?message=moved"))
        self.assertIn("STATUS:CANCELLED", self.page(f"{self.link}/ics"))

    def test_cancelled_by_the_patient(self):
        invitation = self.event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        self.assertTrue(self.event._practice_cancel_by_patient(0, invitation))
        self.assertEnded("was cancelled")

    def assertGone(self, link):
        slot = self.other_slot()
        for path in ("", "/confirm", f"/confirm?booking={slot}", "/ics", "?message=moved"):
            with self.subTest(path=path):
                text = self.page(link + path, 404)
                self.assertIn("does not work any more", text)
                for secret in (self.patient.name, "Online Session", "PB katrien"):
                    self.assertNotIn(secret, text)
        before = self.facts()
        self.assertEqual(self.press(slot, link).status_code, 404)
        self.assertEqual(self.facts(), before)

    def test_made_up_and_empty_secrets_lead_nowhere(self):
        for link in (
            f"{self.link}x",
            self.link[:-1],
            "/practice/move/%20",
            "/practice/move/False",
            "/practice/move/%25",
        ):
            self.assertGone(link)

    def test_of_who_gives_it_or_takes_part_otherwise_it_is_no_link(self):
        self.event.partner_ids |= self.stranger
        for partner in (self.katrien.partner_id, self.stranger):
            self.assertGone(self.link_of(self.event, partner))

    def test_of_an_ordinary_meeting_it_is_no_link(self):
        meeting = self.block(self.at(days=1), self.at(days=1, hours=1))
        self.assertGone(self.link_of(meeting, self.katrien.partner_id))

    def test_of_a_deleted_appointment(self):
        self.event.with_context(no_mail_to_attendees=True).unlink()
        if self.event.exists():
            self.assertEnded("was cancelled")
        else:
            self.assertGone(self.link)

    def test_when_somebody_else_is_the_patient(self):
        self.event.patient_id = self.parent
        self.assertGone(self.link)

    def test_when_another_child_of_theirs_is_the_patient(self):
        """The parent stays invited, and gets another link: the one of the e-mail about the first child ends."""
        father = self.make_patient("Papa Peeters")
        other = self.make_patient("Little Bart", email=False)
        (self.child | other).practice_representative_ids = father
        self.give(self.child)
        self.give(other)
        start = Slot.decode(self.slot(patient=self.child, number=4)).start
        event = self.type._book(self.katrien, self.child, start, father).with_env(self.env)
        link = self.link_of(event, father)
        self.page(link)
        event.patient_id = other
        self.assertIn("does not work any more", self.page(link, 404))
        self.assertIn("o_practice_time", self.page(self.link_of(event, father)))

    def test_one_of_a_series_moves_alone(self):
        start = self.free(patient=self.patient, first=self.at(days=6))[0]
        partners = [Command.set((self.katrien.partner_id | self.patient).ids)]
        series = self.plan_series(3, self.patient, start, user_id=self.katrien.id, partner_ids=partners)
        self.event, *others = series
        starts = [event.start for event in others]
        slot = self.slot(self.free(patient=self.patient, first=start + timedelta(days=1))[0], patient=self.patient)
        link = self.link_of(self.event)
        self.assertMoved(self.press(slot, link), slot, link)
        self.assertEqual([event.start for event in others], starts)


@tagged("post_install", "-at_install")
class TestDeclinePage(MoveLinkMixin, BookingHttpCase):
    def decline_page(self, event=None, partner=None, kind="meeting"):
        event = event or self.event
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == (partner or self.patient))
        return self.page(f"/calendar/{kind}/decline?token={invitation.access_token}&id={event.id}")

    def test_who_is_about_to_cancel_can_move_instead(self):
        text = self.decline_page()
        self.assertIn("Move it instead", text)
        self.assertIn(f'href="{self.link}"', text)

    def test_it_is_not_offered_when_it_is_late_or_to_who_gives_it(self):
        self.assertNotIn("Move it instead", self.decline_page(partner=self.katrien.partner_id))
        self.event.practice_cancel_hours = 24 * 30
        self.assertNotIn("Move it instead", self.decline_page())

    def test_a_whole_series_is_not_moved(self):
        start = self.free(patient=self.patient, first=self.at(days=6))[0]
        series = self.plan_series(2, self.patient, start, user_id=self.katrien.id)
        self.assertNotIn("Move it instead", self.decline_page(series[0], kind="recurrence"))
        self.assertIn("Move it instead", self.decline_page(series[0]))


@tagged("post_install", "-at_install")
class TestClassByLink(MoveLinkMixin, GroupHttpCase):
    def make_event(self):
        return self.yoga._book(self.katrien, self.patient, self.lesson.start, self.patient).with_env(self.env)

    def other_slot(self, number=0, **options):
        return self.lesson_slot(self.later, self.patient)

    def test_moving_goes_to_another_class_with_a_place_and_names_nobody(self):
        texts = [self.page(self.link), self.page(f"{self.link}/confirm?booking={self.other_slot()}")]
        self.assertIn(self.other_slot(), self.page(f"{self.link}?week={self.later.start.date()}"))
        self.assertMoved(self.press(self.other_slot()), self.other_slot())
        self.assertEqual(self.event.practice_group_id, self.later)
        self.assertEqual((self.lesson.practice_places_taken, self.later.practice_places_taken), (1, 2))
        texts += [self.page(f"{self.link}?message=moved"), self.page(f"{self.link}/ics")]
        for text in texts:
            self.assertNotIn(SECRET, text)

    def test_a_class_that_is_full_meanwhile_is_not_joined(self):
        slot = self.other_slot()
        self.later.practice_places = 1
        self.assertIn("message=taken", self.press(slot).headers["Location"])
        self.assertEqual(self.event.practice_group_id, self.lesson)

    def test_any_time_without_a_class_is_refused(self):
        slot = Slot.decode(self.other_slot())
        wrong = slot._replace(start=slot.start + timedelta(hours=2)).encode()
        self.assertIn("message=taken", self.press(wrong).headers["Location"])

    def test_the_class_itself_has_no_link(self):
        self.lesson.partner_ids |= self.katrien.partner_id
        self.page(self.link_of(self.lesson, self.katrien.partner_id), 404)


#: Pages behind links have no script, and so no tours: a frame as large as the window is the tab that walks over them.
WALK = """
(async () => {
    const frame = document.createElement("iframe");
    frame.style = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0; background: white";
    document.body.append(frame);
    const load = (act) => new Promise((resolve) => {
        frame.addEventListener("load", resolve, { once: true });
        act();
    });
    const find = (selector, text = "") => {
        const all = [...frame.contentDocument.querySelectorAll(selector)];
        const found = all.filter((it) => it.textContent.includes(text));
        if (!found.length) {
            throw new Error(`no ${selector} with "${text}" on ${frame.contentWindow.location}`);
        }
        return found;
    };
    const fits = () => {
        const { scrollWidth, clientWidth } = frame.contentDocument.documentElement;
        if (scrollWidth > clientWidth) {
            throw new Error(`${frame.contentWindow.location} is ${scrollWidth} wide on a screen of ${clientWidth}`);
        }
    };
    const follow = async (...what) => {
        fits();
        const [element] = find(...what).slice(-1);
        await load(() => element.click());
    };
    await load(() => (frame.src = location.href));
    const choice = find("select[name=practitioner_id]")[0];
    choice.value = [...choice.options].find((it) => it.textContent === "PB pieter").value;
    await follow("button", "Show free times");
    await follow(".o_practice_time");
    find("dd", "PB pieter");
    await follow("button", "Move the appointment");
    find(".alert-success[role=status]", "is moved");
    await follow("a", "Move again");
    await follow("a", "I cannot come");
    find("button", "Cancel the appointment");
    await follow("a", "Move it instead");
    find(".o_practice_time");
    fits();
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


class MoveLinkWalk(MoveLinkMixin, BookingHttpCase):
    def walk(self):
        before = self.event.start
        self.browser_js(self.link, WALK, ready="document.readyState === 'complete'")
        self.env.invalidate_all()
        self.assertNotEqual(self.event.start, before)
        self.assertRecordValues(self.event, [{"attendance": "planned", "user_id": self.pieter.id}])


@tagged("post_install", "-at_install")
class TestMoveLinkWalk(MoveLinkWalk):
    def test_a_patient_moves_with_the_link(self):
        self.walk()


@tagged("post_install", "-at_install")
class TestMoveLinkWalkOnAPhone(MoveLinkWalk):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_patient_moves_with_the_link_on_a_phone(self):
        self.walk()
