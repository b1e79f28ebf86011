"""A practitioner is away: credits back to all, one e-mail each, a new time, and undo until they are told."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from ..common.absences import AbsenceMixin


@tagged("post_install", "-at_install")
class TestAbsence(AbsenceMixin, TransactionCase):
    # === WHO IS AFFECTED === #

    def test_the_list_names_who_is_planned_with_the_practitioner_in_that_time(self):
        other = self.plan(self.bert, start=self.at(hours=3), user_id=self.pieter.id)
        absence = self.make_absence()
        self.assertEqual(absence.line_ids.event_id, self.events)
        self.assertNotIn(other, absence.line_ids.event_id)
        self.assertEqual(set(self.outcomes(absence)), {"planned"})
        absence.date_to = self.at(hours=3, minutes=30)
        self.assertEqual(absence.line_ids.event_id, self.first, "one that begins before it ends is affected")
        absence.date_from = self.at(hours=3, minutes=20)
        self.assertEqual(absence.line_ids.event_id, self.first, "one that is under way too")

    def test_it_points_at_what_is_marked_already(self):
        absence = self.make_absence()
        self.assertEqual(absence.marked_count, 0)
        self.happen(self.first)
        self.env.invalidate_all()
        self.assertEqual(absence.marked_count, 1)
        action = absence.action_open_marked()
        self.assertEqual(self.env["calendar.event"].search(action["domain"]), self.first)
        self.first.with_user(self.front_desk)._practice_cancel_marked("Ill since this morning")
        self.assertEqual(self.first.credit_state, "returned")
        absence.action_cancel_appointments()
        self.assertEqual(absence.marked_count, 0)

    def test_a_choice_of_practitioner_shows_the_list_before_it_is_saved(self):
        absence = (
            self.env["practice.absence"]
            .with_user(self.front_desk)
            .new({"practitioner_id": self.katrien.id, "date_from": self.at(), "date_to": self.at(hours=10)})
        )
        self.assertEqual(absence.line_ids.event_id._origin, self.events)
        self.assertEqual(absence.affected_count, 3)

    def test_by_default_it_is_the_rest_of_the_practices_day(self):
        absence = self.env["practice.absence"].new({})
        self.assertEqual(absence.date_from, self.local(self.today(), 10))
        self.assertEqual(absence.date_to, self.local(self.today(), 23, 59))
        self.assertIn("Europe/Brussels", absence.period)

    def test_what_is_planned_meanwhile_is_not_cancelled_unseen(self):
        absence = self.make_absence()
        new = self.plan(self.bert, start=self.at(hours=6), user_id=self.katrien.id)
        answer = absence.action_cancel_appointments()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertEqual(set((self.events + new).mapped("attendance")), {"planned"})
        self.assertEqual(absence.line_ids.event_id, self.events + new)
        absence.action_cancel_appointments()
        self.assertEqual(set((self.events + new).mapped("attendance")), {"cancelled"})

    def test_what_somebody_else_cancelled_meanwhile_is_off_the_list(self):
        absence = self.make_absence()
        self.second._practice_cancel_planned(notify=False)
        absence.action_cancel_appointments()
        self.assertEqual(absence.state, "draft")
        self.assertEqual(absence.line_ids.event_id, self.first + self.third)

    # === CANCELLING === #

    def test_all_credits_go_back_however_late_and_the_reason_is_kept(self):
        self.assertTrue(self.first._practice_get_cancel_cost(), "it is late already")
        absence = self.confirm()
        self.assertRecordValues(
            self.events, [{"attendance": "cancelled", "active": False, "credit_state": "returned"}] * 3
        )
        self.assertLot(self.lot, available=9, reserved=1, lost=0)
        self.assertLot(self.lot_of_bert, available=10, reserved=0, lost=0)
        back = self.events.credit_move_ids.filtered(lambda move: move.kind == "unreserve")
        self.assertEqual(back.mapped("reason"), ["Flu"] * 3)
        self.assertEqual(absence.state, "cancelled")
        self.assertEqual(self.tomorrow.attendance, "planned")
        self.assertBooksAgree()

    def test_nobody_is_told_before_the_time_to_undo_is_over(self):
        self.confirm()
        self.assertFalse(self.env["mail.mail"].search([]))
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_tell_absences").method_direct_trigger()
        self.assertFalse(self.mails())

    def test_the_time_is_not_offered_any_more(self):
        day = self.today() + timedelta(days=2)
        self.assertIn("09:00", self.free_on(day))
        absence = self.confirm(date_from=self.local(day, 0), date_to=self.local(day, 23))
        self.assertEqual(self.free_on(day), [])
        self.assertIn("09:00", self.free_on(day, self.pieter))
        self.assertNotIn("Flu", absence.event_id.name, "the calendar is read by many")
        self.assertFalse(absence.line_ids)
        self.assertEqual(absence.state, "told", "there is nobody to tell")
        absence.action_undo()
        self.assertIn("09:00", self.free_on(day))

    def test_an_appointment_of_a_series_goes_alone(self):
        series = self.plan_series(3, self.bert, start=self.at(days=2), user_id=self.katrien.id)
        self.confirm(date_from=self.at(days=1, hours=23), date_to=self.at(days=3))
        self.assertEqual(series.mapped("attendance"), ["cancelled", "planned", "planned"])
        self.assertEqual(series.mapped("active"), [False, True, True])

    def test_pressing_twice_does_it_once(self):
        absence = self.confirm()
        moves = self.events.credit_move_ids
        absence.action_cancel_appointments()
        self.assertEqual(self.events.credit_move_ids, moves)

    def test_a_confirmed_absence_stays_as_it_was_confirmed(self):
        absence = self.confirm()
        for vals in ({"date_to": self.at(hours=20)}, {"practitioner_id": self.pieter.id}, {"reason": "Holiday"}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "cancelled already"):
                absence.write(vals)
        with self.assertRaisesRegex(UserError, "list stays"):
            absence.line_ids[0].hand_over = True
        with self.assertRaisesRegex(UserError, "it stays"):
            absence.unlink()
        with self.assertRaises(AccessError):
            absence.state = "draft"

    # === TELLING === #

    def test_each_patient_gets_one_mail_about_all_their_appointments(self):
        absence = self.confirm(message="Get well wishes are welcome.")
        self.tell()
        [mail_of_an] = self.mails(self.patient)
        [mail_of_bert] = self.mails(self.bert)
        self.assertEqual(len(self.mails()), 2)
        for event in (self.first, self.third):
            self.assertIn(event._practice_describe_start(), mail_of_an.body_html)
        self.assertNotIn(self.second._practice_describe_start(), mail_of_an.body_html)
        for mail in (mail_of_an, mail_of_bert):
            self.assertIn("Get well wishes", mail.body_html)
            self.assertIn("Europe/Brussels", mail.body_html)
            self.assertNotIn("Flu", mail.body_html + mail.subject, "why somebody is ill is nobody's business")
        self.assertEqual(absence.state, "told")
        self.assertEqual(set(absence.line_ids.mapped("told")), {"sent"})

    def test_the_run_twice_sends_one_mail_each(self):
        self.confirm()
        self.tell()
        self.tell()
        self.assertEqual(len(self.mails()), 2)

    def test_the_mail_speaks_the_language_of_the_patient(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.patient.lang = "nl_NL"
        self.env.ref("practice_billing.mail_template_absence").with_context(lang="nl_NL").subject = "Afwezig"
        self.confirm()
        self.tell()
        self.assertEqual(self.mails(self.patient).subject, "Afwezig")
        self.assertIn("woensdag", self.mails(self.patient).body_html)
        self.assertIn("Wednesday", self.mails(self.bert).body_html)

    def test_who_has_no_address_is_to_be_called(self):
        self.bert.email = False
        absence = self.confirm()
        self.tell()
        self.assertEqual(self.line_of(absence, self.second).told, "nobody")
        self.assertEqual(absence.call_count, 1)
        self.assertEqual(absence.state, "told")
        self.assertFalse(self.mails(self.bert))

    def test_a_child_is_told_through_who_represents_them(self):
        parent = self.make_patient("Paula Parent")
        self.bert.write({"email": False, "practice_representative_ids": [Command.link(parent.id)]})
        self.confirm()
        self.tell()
        self.assertIn("Bert Claes", self.mails(parent).body_html)

    def test_one_mail_that_fails_does_not_stop_the_others(self):
        absence = self.confirm()
        lines = type(self.env["practice.absence.line"])
        values = lines._get_mail_values

        def fail_for_an(line):
            if line.patient_id == self.patient:
                raise UserError("No way")  # pylint: disable=translation-required
            return values(line)

        with patch.object(lines, "_get_mail_values", fail_for_an):
            self.tell()
        self.assertFalse(self.mails(self.patient))
        self.assertEqual(len(self.mails(self.bert)), 1)
        self.assertEqual(absence.state, "cancelled")
        self.assertEqual(len(absence.activity_ids), 1, "somebody is told, once")
        self.assertEqual(absence.call_count, 2)
        self.travel(days=1)
        self.tell()
        self.assertEqual(len(self.mails(self.patient)), 1)
        self.assertFalse(any(absence.line_ids.mapped("error")) or absence.activity_ids)
        self.assertEqual(absence.state, "told")

    def test_telling_now_does_not_wait(self):
        absence = self.confirm()
        absence.action_tell_now()
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_tell_absences").method_direct_trigger()
        self.assertEqual(len(self.mails()), 2)

    # === UNDOING === #

    def test_undo_plans_all_again_and_frees_the_time(self):
        absence = self.confirm()
        absence.action_undo()
        self.assertRecordValues(
            self.events, [{"attendance": "planned", "active": True, "credit_state": "reserved"}] * 3
        )
        self.assertEqual(absence.state, "draft")
        self.assertFalse(absence.event_id)
        self.tell()
        self.assertFalse(self.mails())
        self.assertLot(self.lot, available=7, reserved=3)
        self.assertBooksAgree()

    def test_what_was_undone_can_be_confirmed_again(self):
        absence = self.confirm()
        absence.action_undo()
        absence.action_cancel_appointments()
        self.tell()
        self.assertEqual(len(self.mails()), 2)

    def test_who_was_told_cannot_be_called_back_by_undoing(self):
        absence = self.confirm()
        self.tell()
        self.assertFalse(absence.can_undo)
        with self.assertRaisesRegex(UserError, "of 3 appointments the patients of 3 have been told"):
            absence.action_undo()

    def test_undo_leaves_cancelled_what_has_lost_its_time_or_credits_and_tells_why(self):
        absence = self.confirm()
        free = self.env["practice.appointment.type"].create({"name": "Free"})
        carla = self.make_patient("Carla")
        self.plan(carla, start=self.first.start, user_id=self.katrien.id, appointment_type=free)
        refund = self.credit_note(self.lot_of_bert.invoice_id, quantity=1)
        self.assertTrue(refund)
        answer = absence.action_undo()
        self.assertEqual(answer["tag"], "display_notification")
        lines = {event: self.line_of(absence, event) for event in self.events}
        self.assertEqual(lines[self.third].state, "kept")
        self.assertIn("somebody else", lines[self.first].problem)
        self.assertTrue(lines[self.second].problem)
        self.assertEqual(self.third.attendance, "planned")
        self.tell()
        self.assertEqual(len(self.mails()), 2)
        self.assertNotIn(self.third._practice_describe_start(), self.mails(self.patient).body_html)
        self.assertBooksAgree()

    # === HANDING OVER === #

    def test_a_colleague_who_is_free_is_proposed_with_a_fixed_number_of_queries(self):
        self.block(self.second.start, self.second.stop, self.pieter)
        absence = self.make_absence()
        proposed = {line.event_id: line.colleague_id for line in absence.line_ids}
        nobody = self.env["res.users"]
        self.assertEqual(proposed, {self.first: self.pieter, self.second: nobody, self.third: self.pieter})

        def count(events):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            absence._propose_colleagues(events)
            return self.env.cr.sql_log_count - before

        count(self.events)
        self.assertEqual(count(self.events), count(self.first))

    def test_nobody_works_at_night(self):
        self.first.write({"start": self.at(hours=12), "stop": self.at(hours=13)})
        absence = self.make_absence(date_to=self.at(hours=20))
        self.assertFalse(self.line_of(absence, self.first).colleague_id)
        with self.assertRaisesRegex(ValidationError, "No colleague is free"):
            self.line_of(absence, self.first).hand_over = True

    def test_handing_over_keeps_time_and_credits_and_tells_both(self):
        absence = self.make_absence()
        self.line_of(absence, self.second).hand_over = True
        absence.action_cancel_appointments()
        self.assertEqual((self.second.user_id, self.second.attendance), (self.pieter, "planned"))
        self.assertEqual(self.second.partner_ids, self.pieter.partner_id | self.bert)
        self.assertEqual(self.second.credit_state, "reserved")
        self.assertFalse(self.env["mail.mail"].search([]), "nobody is told yet")
        domain = [("model", "=", "calendar.event"), ("res_id", "=", self.second.id)]
        before = self.env["mail.message"].search(domain)
        self.tell()
        self.assertIn("PB pieter", self.mails(self.bert).body_html)
        invitation = self.env["mail.message"].search(domain) - before
        self.assertEqual(invitation.partner_ids, self.pieter.partner_id)
        self.assertEqual(self.line_of(absence, self.second).outcome, "handed_over")

    def test_undo_takes_back_what_was_handed_over(self):
        absence = self.make_absence()
        absence.line_ids.hand_over = True
        absence.action_cancel_appointments()
        self.assertEqual(self.events.user_id, self.pieter)
        absence.action_undo()
        self.assertEqual(self.events.user_id, self.katrien)
        self.assertEqual(set(self.events.mapped("attendance")), {"planned"})

    def test_a_colleague_who_is_not_free_any_more_is_named(self):
        absence = self.make_absence()
        self.line_of(absence, self.second).hand_over = True
        self.block(self.second.start, self.second.stop, self.pieter)
        with self.assertRaisesRegex(UserError, "PB pieter is no longer free"):
            absence.action_cancel_appointments()

    # === WHO HAS PICKED === #

    def test_the_list_says_who_has_a_new_time_whoever_planned_it(self):
        absence = self.confirm()
        self.tell()
        self.assertEqual(self.outcomes(absence), ["open"] * 3)
        new = self.plan(self.bert, start=self.at(days=3), user_id=self.katrien.id)
        self.assertEqual(self.line_of(absence, self.second).outcome, "picked")
        self.assertEqual(self.line_of(absence, self.second).new_start, new.start)
        self.assertEqual((absence.picked_count, absence.open_count), (1, 2))
        lines = self.env["practice.absence.line"]
        self.assertEqual(lines.search([("outcome", "=", "picked")]).event_id, self.second)
        self.assertEqual(lines.search([("outcome", "=", "open")]).event_id, self.first + self.third)
        new._practice_cancel_planned(notify=False)
        self.assertEqual(self.outcomes(absence), ["open"] * 3)
        self.plan(self.bert, start=self.at(days=4), user_id=self.katrien.id)
        self.assertEqual(self.line_of(absence, self.second).outcome, "picked")

    def test_two_lost_appointments_need_two_new_ones(self):
        absence = self.confirm()
        self.plan(start=self.at(days=3), user_id=self.katrien.id)
        self.assertEqual(self.outcomes(absence), ["picked", "open", "open"])
        self.plan(start=self.at(days=4), user_id=self.katrien.id)
        self.assertEqual(self.outcomes(absence), ["picked", "open", "picked"])

    # === WHO MAY === #

    def test_nobody_outside_the_practices_staff_sees_or_makes_one(self):
        absence = self.confirm()
        for user in (self.employee, self.accountant, self.portal):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    absence.with_user(user).read(["reason"])
                with self.assertRaises(AccessError):
                    absence.line_ids.with_user(user).read(["patient_id"])
                with self.assertRaises(AccessError):
                    self.make_absence(user=user)

    def test_the_front_desk_of_another_company_sees_nothing_and_cancels_nothing(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = new_test_user(
            self.env,
            "pb_elsewhere",
            "practice_billing.group_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        absence = self.make_absence()
        self.assertFalse(self.env["practice.absence"].with_user(stranger).search([]))
        self.assertFalse(self.env["practice.absence.line"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            absence.with_user(stranger).action_cancel_appointments()
        self.katrien.company_ids += other
        theirs = (
            self.env["practice.absence"]
            .with_user(stranger)
            .create(
                {
                    "practitioner_id": self.katrien.id,
                    "date_from": self.at(),
                    "date_to": self.at(hours=10),
                    "reason": "x",
                }
            )
        )
        self.assertFalse(theirs.line_ids, "appointments of another company are not theirs to cancel")

    def test_a_list_that_somebody_made_up_cancels_nothing_else(self):
        others = self.plan(self.bert, start=self.at(hours=3), user_id=self.pieter.id)
        absence = self.make_absence(line_ids=[Command.create({"event_id": others.id})])
        absence.action_cancel_appointments()
        self.assertEqual(others.attendance, "planned")
        self.assertEqual(absence.line_ids.event_id, self.events)


@tagged("post_install", "-at_install")
class TestLinks(AbsenceMixin, TransactionCase):
    """What the link of the e-mail is."""

    def link(self, absence, event):
        line = self.line_of(absence, event)
        return line._get_pick_url(line.patient_id._practice_get_mail_recipients())

    def test_who_has_a_login_goes_to_the_portal_and_others_get_a_link_of_their_own(self):
        login = new_test_user(self.env, "pb_an", "base.group_portal", partner_id=self.patient.id)
        absence = self.confirm()
        self.tell()
        url = self.link(absence, self.first)
        self.assertTrue(url.endswith(f"/my/appointments/book?type_id={self.type.id}&patient_id={self.patient.id}"))
        self.assertIn(url.replace("&", "&amp;"), str(self.mails(self.patient).body_html))
        token = self.line_of(absence, self.second).sudo().access_token
        self.assertIn(f"/practice/new-time/{token}", self.mails(self.bert).body_html)
        login.active = False
        self.assertIn("/practice/new-time/", self.link(absence, self.first))

    def test_who_cannot_book_this_type_alone_is_asked_to_call(self):
        self.type.online_booking = False
        self.confirm()
        self.tell()
        self.assertNotIn("new-time", self.mails(self.bert).body_html)
        self.assertIn("call us", self.mails(self.bert).body_html)

    def test_a_link_is_for_one_appointment_and_ends(self):
        absence = self.confirm()
        lines = self.env["practice.absence.line"]
        self.assertFalse(lines._find_by_token_sudo("") or lines._find_by_token_sudo(None))
        self.tell()
        tokens = absence.line_ids.sudo().mapped("access_token")
        self.assertEqual(len(set(tokens)), 3)
        self.assertTrue(all(len(token) > 40 for token in tokens))
        self.assertEqual(lines._find_by_token_sudo(tokens[1]), absence.line_ids.sorted("start")[1])
        self.travel(days=14)
        self.assertTrue(lines._find_by_token_sudo(tokens[1]))
        self.travel(days=1)
        self.assertFalse(lines._find_by_token_sudo(tokens[1]))

    def test_nobody_of_the_staff_reads_the_secret(self):
        absence = self.confirm()
        self.tell()
        with self.assertRaises(AccessError):
            absence.line_ids.with_user(self.front_desk).read(["access_token"])


@tagged("post_install", "-at_install")
class TestGroupsDuringAnAbsence(AbsenceMixin, TransactionCase):
    """A class goes with its practitioner: its participants are told like everybody else."""

    def setUp(self):
        super().setUp()
        self.type.places = 4
        self.group = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.type.id,
                "user_id": self.katrien.id,
                "start": self.at(hours=6),
                "practice_patient_ids": [Command.set((self.patient | self.bert).ids)],
            }
        )
        self.visits = self.group.practice_participant_ids
        self.env["mail.mail"].search([]).unlink()

    def test_it_is_called_off_for_all_and_each_is_told(self):
        absence = self.confirm()
        self.assertEqual(set((self.group | self.visits).mapped("attendance")), {"cancelled"})
        line = self.line_of(absence, self.group)
        self.assertEqual((line.outcome, line.told), ("called_off", False))
        self.assertEqual(absence.open_count, 5, "three visits and two participants; not the class")
        self.tell()
        self.assertEqual(len(self.mails()), 2, "one each")
        self.assertEqual(absence.state, "told")
        self.assertEqual(absence.call_count, 0)

    def test_undone_it_takes_place_with_all_of_them(self):
        absence = self.confirm()
        absence.action_undo()
        self.assertEqual(set((self.group | self.visits).mapped("attendance")), {"planned"})
        self.assertEqual(self.group.practice_places_taken, 2)
        self.assertEqual(absence.state, "draft")

    def test_a_colleague_takes_the_whole_class(self):
        absence = self.make_absence()
        line = self.line_of(absence, self.group)
        self.assertEqual(line.colleague_id, self.pieter)
        of_visits = absence.line_ids.filtered("is_in_group")
        self.assertEqual(of_visits.event_id, self.visits)
        self.assertFalse(of_visits.colleague_id)
        with self.assertRaisesRegex(ValidationError, "goes with its group"), self.cr.savepoint():
            of_visits[0].hand_over = True
        line.hand_over = True
        absence.action_cancel_appointments()
        self.assertEqual((self.group | self.visits).user_id, self.pieter)
        self.assertEqual(set(of_visits.mapped("outcome")), {"handed_over"})
        self.tell()
        self.assertEqual(absence.state, "told")
        self.assertEqual(set(of_visits.mapped("told")), {"sent"})

    def test_undone_the_class_is_hers_again(self):
        absence = self.make_absence()
        self.line_of(absence, self.group).hand_over = True
        absence.action_cancel_appointments()
        absence.action_undo()
        self.assertEqual((self.group | self.visits).user_id, self.katrien)
