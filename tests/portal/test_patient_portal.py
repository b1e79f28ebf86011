"""What a patient sees and does on the portal, over the pages, for themselves, as a parent and as somebody else."""

from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.pages import FamilyMixin


@tagged("post_install", "-at_install")
class TestPatientPortal(FamilyMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practitioner = new_test_user(cls.env, "pb_practitioner", "practice_billing.group_user", name="Dr. Wouters")
        cls.type.cancel_hours = 24

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.parent)

    def plan(self, patient=None, *args, **vals):
        return super().plan(patient or self.parent, *args, **{"user_id": self.practitioner.id, **vals})

    def cancel(self, event, cost="0", token=None):
        return self.send_form(f"/my/appointments/{event.id}/cancel", token, cost=cost)

    # === PACKAGES === #

    def test_a_patient_sees_what_is_left_and_what_it_was_used_for(self):
        event = self.plan()
        self.authenticate("pb_parent", "pb_parent")
        page = self.page("/my/packages")
        self.assertIn(self.package.name, page)
        self.assertIn("<strong>4</strong> left", page)
        self.assertIn("<strong>1</strong> planned", page)
        self.assertIn(event.practice_appointment_type_id.name, page)

    def test_a_shared_package_shows_numbers_only(self):
        lot = self.give(self.stranger, beneficiary_ids=[Command.set(self.parent.ids)], note="Burn-out")
        self.plan(self.stranger)
        self.authenticate("pb_parent", "pb_parent")
        page = self.page("/my/packages")
        self.assertIn("Shared with you", page)
        self.assertIn("<strong>4</strong> left", page)
        for secret in (self.stranger.name, "Burn-out", lot.reference or "PB no reference"):
            self.assertNotIn(secret, page)

    def test_a_parent_sees_the_child_and_nobody_else_does(self):
        self.give(self.child, credits=3)
        event = self.plan(self.child)
        for login, seen in (("pb_parent", True), ("pb_stranger", False)):
            self.authenticate(login, login)
            self.assertEqual(self.child.name in self.page("/my/packages"), seen)
            self.assertEqual(f"/my/appointments/{event.id}" in self.page("/my/appointments"), seen)

    def test_contacts_of_the_same_family_or_company_see_nothing_of_each_other(self):
        family = self.env["res.partner"].create({"name": "Family", "is_company": True})
        (self.parent | self.stranger).parent_id = family
        event = self.plan()
        self.authenticate("pb_stranger", "pb_stranger")
        self.assertNotIn(self.package.name, self.page("/my/packages?filterby=all"))
        self.assertNotIn(f"/my/appointments/{event.id}", self.page("/my/appointments"))

    # === APPOINTMENTS === #

    def test_an_appointment_says_when_where_with_whom_and_which_session(self):
        event = self.plan(start=self.at(days=3), description="<p>Burn-out</p>")
        self.authenticate("pb_parent", "pb_parent")
        page = self.page(f"/my/appointments/{event.id}")
        for text in (self.type.name, "Dr. Wouters", "session 1 of 5", "Free until", "Europe/Brussels"):
            self.assertIn(text, page)
        self.assertNotIn("Burn-out", page)

    def test_cancelling_in_time_gives_the_credit_back(self):
        event = self.plan(start=self.at(days=3))
        self.authenticate("pb_parent", "pb_parent")
        self.assertIn("message=cancelled", self.cancel(event).headers["Location"])
        self.assertEqual(event.attendance, "cancelled")
        self.assertEqual((self.lot.credits_available, self.lot.credits_lost), (5, 0))

    def test_cancelling_late_costs_the_credit_only_when_the_patient_was_told(self):
        event = self.plan(start=self.at(hours=5))
        self.authenticate("pb_parent", "pb_parent")
        page = self.page(f"/my/appointments/{event.id}")
        self.assertIn("Credits that are lost now", page)
        # The page was opened when cancelling was still free.
        self.assertIn("message=late", self.cancel(event, cost="0").headers["Location"])
        self.assertEqual((event.attendance, self.lot.credits_reserved), ("planned", 1))
        self.assertIn("message=cancelled", self.cancel(event, cost="1").headers["Location"])
        self.assertEqual((event.attendance, self.lot.credits_lost), ("late_cancelled", 1))

    def test_claiming_to_know_that_it_is_late_costs_nothing_in_time(self):
        event = self.plan(start=self.at(days=3))
        self.authenticate("pb_parent", "pb_parent")
        self.cancel(event, cost="1")
        self.assertEqual(self.lot.credits_available, 5)

    def test_what_has_begun_or_is_cancelled_cannot_be_cancelled(self):
        begun = self.plan(start=self.at(hours=-1))
        gone = self.plan(start=self.at(days=3))
        gone.active = False
        self.authenticate("pb_parent", "pb_parent")
        for event in (begun, gone):
            before = event.attendance
            self.assertIn("message=closed", self.cancel(event).headers["Location"])
            self.assertEqual(event.attendance, before)
            self.assertNotIn("Cancel this appointment", self.page(f"/my/appointments/{event.id}"))

    def test_the_calendar_file_has_the_time_and_the_place_and_no_notes(self):
        start = Datetime.now().replace(microsecond=0) + timedelta(days=3)
        event = self.plan(start=start, description="<p>Burn-out</p>")
        self.authenticate("pb_parent", "pb_parent")
        text = self.page(f"/my/appointments/{event.id}/ics")
        self.assertIn(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", text)
        self.assertIn(self.type.name, text)
        for secret in ("Burn-out", self.parent.name, self.parent.email or "@example.com"):
            self.assertNotIn(secret, text)

    # === SOMEBODY ELSE === #

    def test_another_patients_ids_give_nothing_on_any_page(self):
        event = self.plan(start=self.at(days=3))
        self.authenticate("pb_stranger", "pb_stranger")
        response = self.url_open(f"/my/appointments/{event.id}", allow_redirects=False)
        self.assertEqual(response.headers["Location"], "/my/appointments")
        self.assertEqual(self.url_open(f"/my/appointments/{event.id}/ics").status_code, 404)
        self.cancel(event, cost="1")
        self.assertEqual(event.attendance, "planned")
        # The statement of somebody else is one's own.
        self.assertEqual(
            self.env["res.partner"].browse(self.stranger.id)._practice_get_portal_patients(),
            self.stranger,
            "acts for nobody",
        )

    def test_nobody_reads_his_appointments_with_all_their_fields_over_rpc(self):
        event = self.plan(start=self.at(days=3), description="<p>Burn-out</p>")
        event.partner_ids |= self.parent
        self.authenticate("pb_parent", "pb_parent")
        for model, ids in (("calendar.event", event.ids), ("calendar.attendee", event.attendee_ids.ids)):
            for method, args in (("read", [ids, ["id"]]), ("search_read", [[["id", "in", ids]], ["id"]])):
                with self.subTest(model=model, method=method):
                    self.assertIn(self.call_kw(model, method, *args), ([], "odoo.exceptions.AccessError"))

    def test_the_front_desk_invites_a_patient_who_has_no_login(self):
        front_desk = self.practitioner
        patient = self.make_patient("New Nele").with_user(front_desk)
        self.assertTrue(patient.practice_can_be_invited)
        action = patient.action_practice_invite_to_portal()
        line = self.env["portal.wizard"].browse(action["res_id"]).with_user(front_desk).user_ids
        line.action_grant_access()
        self.assertTrue(patient.sudo().user_ids._is_portal())
        patient.invalidate_recordset(["practice_can_be_invited"])
        self.assertFalse(patient.practice_can_be_invited)

    def test_a_post_without_token_is_refused_and_a_visitor_is_sent_to_the_login(self):
        event = self.plan(start=self.at(days=3))
        self.authenticate("pb_parent", "pb_parent")
        self.assertEqual(self.cancel(event, token="").status_code, 400)
        self.assertEqual(event.attendance, "planned")
        self.authenticate(None, None)
        for path in ("/my/packages", "/my/appointments", f"/my/appointments/{event.id}", "/my/packages/statement"):
            self.assertIn("/web/login", self.url_open(path).url)

    def test_pages_are_of_one_size_however_much_there_is(self):
        for number in range(25):
            self.give(self.parent, credits=1)
            self.plan(start=self.at(days=3, hours=number))
        self.env.flush_all()
        self.authenticate("pb_parent", "pb_parent")
        for path in ("/my/packages", "/my/appointments"):
            count = self.count_queries(path)
            self.assertTrue(0 < count <= 60, f"{path}: {count}")
        self.assertEqual(self.page("/my/packages").count("<article"), 10)
        self.assertEqual(self.page("/my/appointments").count("list-group-item-action"), 10)
        self.assertEqual(self.page("/my/appointments/page/3").count("list-group-item-action"), 5)
