from datetime import datetime, time, timedelta
from threading import Timer
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.bus.models.bus import channel_with_db, dispatch, hashable
from odoo.addons.bus.tests.common import WebsocketCase

from ..common.booking import BookingMixin, make_rooms
from ..common.checkouts import OrganisationMixin
from ..common.instalments import make_term
from ..common.practice import PracticeMixin
from ..common.subscriptions import SubscriptionMixin

BILLING = "odoo.addons.practice_billing.models.subscriptions.billing.subscription_billing"


@tagged("post_install", "-at_install")
class TestTours(PracticeMixin, HttpCase):
    """What the front desk does all day, in a real browser."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.type.cancel_hours = 0
        cls.patient.name = "Tour Patient"

    def test_front_desk_sells_and_books_and_the_calendar_shows_it(self):
        self.start_tour("/odoo", "practice_sell_and_book", login="pb_front_desk")

        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(event.attendance, "planned")
        self.assertEqual(event.credit_state, "reserved")
        self.assertRecordValues(
            self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]),
            [{"state": "active", "credits_available": 9, "credits_reserved": 1}],
        )

    def test_front_desk_plans_the_next_visit_and_reads_there_what_was_noted(self):
        self.give(self.patient, 10)
        start = self.at(days=3).replace(hour=10, minute=0, second=0)
        event = self.plan(start=start, user_id=self.front_desk.id)
        self.start_tour(f"/odoo/appointments/{event.id}", "practice_next_visit", login="pb_front_desk")
        self.env.invalidate_all()
        later = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)]) - event
        self.assertEqual(later._practice_get_visit_day() - event._practice_get_visit_day(), timedelta(weeks=3))
        self.assertEqual(later.user_id, self.front_desk)
        self.start_tour(f"/odoo/appointments/{later.id}", "practice_read_note", login="pb_front_desk")

    def test_front_desk_refunds_and_reads_before_what_goes_back(self):
        lot = self.sell()
        self.start_tour(f"/odoo/credits/{lot.id}", "practice_refund", login="pb_front_desk")
        self.env.invalidate_all()
        note = self.env["account.move"].search([("reversed_entry_id", "=", lot.invoice_id.id)])
        self.assertEqual((note.state, note.amount_total, note.amount_residual), ("posted", 450.0, 0.0))
        self.assertLot(lot, available=6, refunded=4, value=720.0)

    def test_front_desk_transfers_credits(self):
        lot, bert = self.sell(), self.make_patient("Tour Receiver")
        self.start_tour(f"/odoo/credits/{lot.id}", "practice_transfer", login="pb_front_desk")
        self.env.invalidate_all()
        self.assertLot(lot, available=7, transferred=3, value=840.0)
        received = lot.transferred_lot_ids
        self.assertLot(received, partner_id=bert, payer_id=bert, available=3, value=360.0)
        self.assertBooksAgree()

    def test_front_desk_sells_a_gift_and_redeems_it_for_another_patient(self):
        receiver = self.make_patient("Tour Receiver")
        self.start_tour("/odoo", "practice_gift_voucher", login="pb_front_desk")
        self.env.invalidate_all()
        voucher = self.env["practice.gift.voucher"].search([("buyer_id", "=", self.patient.id)])
        self.assertEqual((voucher.state, voucher.message), ("redeemed", "Happy birthday!"))
        self.assertLot(voucher.lot_id, available=0, transferred=10, value=0.0)
        received = voucher.redeemed_lot_id
        self.assertLot(received, partner_id=receiver, payer_id=self.patient, available=10, credits_spendable=10)
        self.assertBooksAgree()

    def test_front_desk_sells_in_parts_and_plans_what_is_paid(self):
        make_term(self.env)
        page = f"/odoo/patients/{self.patient.id}"
        self.start_tour(page, "practice_sell_in_parts", login="pb_front_desk")
        self.env.invalidate_all()
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)])
        self.assertLot(lot, paid=3, unpaid=7, spendable=3, value=1200.0, state="active")
        self.assertEqual(lot.invoice_id.amount_residual, 800.0)
        for number in (20, 21):
            self.plan(start=self.at(days=number))
        self.start_tour(page, "practice_plan_paid_part", login="pb_front_desk")
        self.env.invalidate_all()
        self.assertLot(lot, reserved=3, spendable=0)
        # So that nothing else is in the way of the next one, which is proposed for the same time.
        self.env["calendar.event"].search([("patient_id", "=", self.patient.id)], order="id desc", limit=1).write(
            {"start": self.at(days=22), "stop": self.at(days=22, hours=1)}
        )
        self.start_tour(page, "practice_plan_unpaid_part", login="pb_front_desk")
        self.assertLot(lot, reserved=3, spendable=0)

    def test_front_desk_sells_while_planning_and_cancels(self):
        self.start_tour("/odoo", "practice_sell_while_planning", login="pb_front_desk")

        events = self.env["calendar.event"].with_context(active_test=False)
        event = events.search([("patient_id", "=", self.patient.id)])
        self.assertRecordValues(event, [{"attendance": "cancelled", "credit_state": "returned", "active": False}])
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)])
        self.assertEqual((lot.credits_available, lot.credits_reserved), (10, 0))


@tagged("post_install", "-at_install")
class TestCalendarTours(PracticeMixin, HttpCase):
    """The calendar of appointments by the ways people take: what they do there shows without loading the page again."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.env["practice.appointment.type"].search([("id", "!=", cls.type.id)]).active = False
        cls.type.write({"cancel_hours": 0, "duration": 0.75})
        cls.patient.name = "Tour Patient"

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.patient, credits=10)

    def get_planned(self):
        """Return the appointments of the patient, cancelled ones too."""
        return self.env["calendar.event"].with_context(active_test=False).search([("patient_id", "=", self.patient.id)])

    def next_wednesday(self):
        """Return the Wednesday of the week after the one that the calendar begins with."""
        week_start = int(self.env["res.lang"]._get_data(code=self.front_desk.lang).week_start)
        today = self.today()
        first = today - timedelta(days=(today.isoweekday() - week_start) % 7)
        return first + timedelta(days=7 + (3 - week_start) % 7)

    def test_what_is_planned_in_an_empty_slot_is_there_and_follows_drag_and_cancelling(self):
        self.start_tour("/odoo/appointments", "practice_plan_in_calendar", login="pb_front_desk")

        event = self.get_planned()
        self.assertRecordValues(event, [{"attendance": "cancelled", "credit_state": "returned", "active": False}])
        self.assertEqual(event.stop - event.start, timedelta(minutes=45))

    def test_what_is_dragged_to_a_refused_time_goes_back(self):
        wednesday = self.next_wednesday()
        event = self.plan(start=datetime.combine(wednesday, time(9, 0)))
        self.lot.expiry_date = wednesday
        start = event.start
        self.start_tour("/odoo/appointments", "practice_drag_is_refused", login="pb_front_desk")

        self.assertEqual(event.start, start)

    def test_dragging_one_of_a_series_asks_which_of_them_move(self):
        events = self.plan_series(2, start=datetime.combine(self.next_wednesday(), time(9, 0)))
        self.start_tour("/odoo/appointments", "practice_drag_series", login="pb_front_desk")

        moved = self.get_planned().filtered("active")
        self.assertEqual(len(moved), 2)
        self.assertNotIn(events[1].start, moved.mapped("start"))

    def test_nobody_comes_for_a_whole_day(self):
        self.start_tour("/odoo/appointments", "practice_plan_in_month", login="pb_front_desk")

        event = self.get_planned()
        self.assertRecordValues(event, [{"allday": False, "credit_state": "reserved"}])
        self.assertEqual(event.stop - event.start, timedelta(minutes=45))

    def test_more_options_take_along_what_was_chosen(self):
        self.start_tour("/odoo/appointments", "practice_more_options", login="pb_front_desk")

        event = self.get_planned()
        self.assertEqual(event.credit_state, "reserved")
        self.assertEqual(event.stop - event.start, timedelta(minutes=90))

    def test_everything_works_without_a_mouse(self):
        self.start_tour("/odoo/appointments", "practice_plan_without_mouse", login="pb_front_desk")

        event = self.get_planned()
        self.assertEqual(event.credit_state, "reserved")
        # The next half hour, of the day that is shown.
        self.assertIn(event.start.minute, (0, 30))
        self.assertLess(abs(event.start - self.at(days=7)), timedelta(minutes=31))
        self.assertEqual(event.stop - event.start, timedelta(minutes=45))

    def test_closing_the_tab_plans_nothing(self):
        self.start_tour("/odoo/appointments", "practice_close_tab", login="pb_front_desk")
        self.assertFalse(self.get_planned())

    def test_closing_the_tab_plans_nothing_that_was_only_proposed(self):
        self.start_tour("/odoo/patients", "practice_close_tab_untouched", login="pb_front_desk")
        self.assertFalse(self.get_planned())

    def test_closing_the_tab_saves_meetings_and_changes_as_odoo_does(self):
        event = self.plan()
        self.start_tour("/odoo/calendar", "practice_close_tab_as_odoo", login="pb_front_desk")

        self.assertEqual(self.env["calendar.event"].search_count([("name", "=", "Tour Meeting")]), 1)
        self.assertEqual(event.location, "Room 2")


@tagged("post_install", "-at_install")
class TestCalendarTourOnPhone(PracticeMixin, HttpCase):
    """Planning in the calendar with a thumb."""

    now = None
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.patient.name = "Tour Patient"

    def test_front_desk_plans_in_an_empty_slot(self):
        self.make_type(self.package, name="Intake")
        self.give(self.patient, credits=10)
        self.start_tour("/odoo/appointments", "practice_plan_on_phone", login="pb_front_desk")

        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual((len(event), event.credit_state), (1, "reserved"))


class GroupTourMixin(PracticeMixin):
    """A class of three, and two patients who can pay for it."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.patient.name = "Tour Patient"
        cls.second, cls.third = cls.make_patient("Second Patient"), cls.make_patient("Third Patient")
        cls.group_type = cls.make_type(cls.package, name="Tour Class", places=3, cancel_hours=0)

    def setUp(self):
        super().setUp()
        self.give(self.patient)
        self.give(self.third)

    def open_class_that_has_begun(self, tour):
        group = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.group_type.id,
                "start": self.at(hours=-1),
                "user_id": self.front_desk.id,
                "practice_patient_ids": [Command.set((self.patient | self.third).ids)],
            }
        )
        self.start_tour(f"/odoo/appointments/{group.id}", tour, login="pb_front_desk")
        return {visit.patient_id: visit.attendance for visit in group.practice_participant_ids}


@tagged("post_install", "-at_install")
class TestGroupTours(GroupTourMixin, HttpCase):
    def test_front_desk_plans_a_class_in_an_empty_slot_and_one_cancels(self):
        self.start_tour("/odoo/appointments", "practice_plan_class", login="pb_front_desk")

        group = self.env["calendar.event"].search([("practice_appointment_type_id", "=", self.group_type.id)])
        group = group.filtered("practice_places")
        marks = {visit.patient_id: visit.attendance for visit in group.practice_participant_ids}
        self.assertEqual(marks, {self.patient: "planned", self.third: "cancelled"})
        self.assertEqual(group.practice_places_taken, 1)

    def test_attendance_of_a_class_in_one_go(self):
        marks = self.open_class_that_has_begun("practice_mark_class")
        self.assertEqual(marks, {self.patient: "attended", self.third: "no_show"})


@tagged("post_install", "-at_install")
class TestGroupTourOnPhone(GroupTourMixin, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_who_did_not_come_is_marked_with_a_thumb(self):
        marks = self.open_class_that_has_begun("practice_mark_class_on_phone")
        self.assertEqual(marks, {self.patient: "planned", self.third: "no_show"})


class BoardTourMixin(BookingMixin):
    """Katrien, who works every day, and Pieter, who has hours of their own."""

    now = None

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.env["practice.appointment.type"].search([("id", "!=", cls.type.id)]).active = False
        cls.type.write({"name": "Session", "cancel_hours": 0, "late_policy": "forfeit"})
        cls.make_resource(cls.pieter, cls.company.resource_calendar_id)
        cls.patient.name = "Tour Patient"
        cls.env.ref("base.lang_en").time_format = "%H:%M:%S"
        return result

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.patient, credits=10)

    def plan_tomorrow(self, **vals):
        return self.plan(start=self.local(self.today() + timedelta(days=1), 10), user_id=self.katrien.id, **vals)

    def get_planned(self):
        """Return the appointments of the patient, cancelled ones too."""
        return self.env["calendar.event"].with_context(active_test=False).search([("patient_id", "=", self.patient.id)])

    def start_board(self, name):
        self.start_tour("/odoo/day-board", name, login="pb_front_desk")
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestBoardTours(BoardTourMixin, HttpCase):
    """The day board by the ways people take."""

    def test_what_is_planned_in_an_empty_time_is_there_and_is_dragged(self):
        self.start_board("practice_board_plan_and_drag")

        event = self.get_planned()
        self.assertRecordValues(event, [{"credit_state": "reserved", "practice_overrule_reason": "They asked for it"}])
        self.assertEqual((event.user_id, event.start), (self.pieter, self.local(self.tomorrow, 12)))

    @property
    def tomorrow(self):
        return self.today() + timedelta(days=1)

    def test_its_end_is_dragged(self):
        event = self.plan_tomorrow()
        self.start_board("practice_board_resize")
        self.assertEqual(event.stop, self.local(self.tomorrow, 11, 30))

    def test_what_is_refused_goes_back(self):
        event = self.plan_tomorrow()
        self.lot.expiry_date = self.tomorrow
        self.start_board("practice_board_refused")
        self.assertEqual(event.start, self.local(self.tomorrow, 10))

    def test_no_show_and_giving_back_take_two_clicks(self):
        start = max(self.local(self.today(), 0), self.at(minutes=-30))
        event = self.plan(start=start, user_id=self.katrien.id)
        self.start_board("practice_board_mark")

        self.assertRecordValues(event, [{"attendance": "planned", "credit_state": "reserved"}])
        reasons = event.credit_move_ids.mapped("reason")
        self.assertIn("The train did not run", reasons)

    def test_cancelling_takes_two_clicks_and_can_be_undone(self):
        event = self.plan_tomorrow()
        self.start_board("practice_board_cancel")

        self.assertRecordValues(event, [{"attendance": "planned", "credit_state": "reserved", "active": True}])
        self.assertIn("unreserve", event.credit_move_ids.mapped("kind"))

    def test_everything_works_without_a_mouse(self):
        self.start_board("practice_board_without_mouse")

        event = self.get_planned()
        self.assertEqual((event.user_id, event.start), (self.pieter, self.local(self.tomorrow, 9, 15)))
        self.assertEqual(event.stop, self.local(self.tomorrow, 10, 30))

    def test_an_absence_is_dragged_or_begins_at_the_head_of_a_column(self):
        event = self.plan_tomorrow()
        self.start_board("practice_board_absence")

        absence = self.env["practice.absence"].search([("practitioner_id", "=", self.katrien.id)])
        self.assertEqual((absence.state, absence.line_ids.event_id), ("cancelled", event))
        self.assertEqual(absence.date_from, self.local(self.tomorrow, 0))

    def test_rooms_are_shown_and_dragged_to(self):
        _garden, street = make_rooms(self, "Garden", "Street")
        event = self.plan_tomorrow()
        self.start_board("practice_board_rooms")
        self.assertEqual((event.practice_room_id, event.start), (street, self.local(self.tomorrow, 11)))


@tagged("post_install", "-at_install")
class TestLiveBoardTour(BoardTourMixin, WebsocketCase):
    """What a colleague plans appears, over a real connection of the browser to the bus."""

    def setUp(self):
        super().setUp()
        events = self.env.registry["calendar.event"]
        tell = events._practice_tell_boards

        def tell_and_dispatch(model):
            """Tell, and do afterwards what PostgreSQL does after a commit: in a test nothing is committed."""
            tell(model)
            timer = Timer(1, self.dispatch)
            timer.start()
            self.addCleanup(timer.join)

        self.startPatcher(patch.object(events, "_practice_tell_boards", tell_and_dispatch))

    def dispatch(self):
        channel = hashable(channel_with_db(self.registry.db_name, (self.company, "practice_board")))
        for connection in dispatch._channels_to_ws.get(channel, ()):
            connection.trigger_notification_dispatching()

    def test_what_a_colleague_plans_is_there_within_seconds(self):
        self.start_board("practice_board_live")
        self.assertEqual(self.get_planned().credit_state, "reserved")


@tagged("post_install", "-at_install")
class TestBoardTourOnPhone(BoardTourMixin, HttpCase):
    """The day board with a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_somebody_is_ill_tomorrow(self):
        event = self.plan_tomorrow()
        self.start_board("practice_board_absence_on_phone")
        self.assertRecordValues(event, [{"attendance": "cancelled", "credit_state": "returned"}])

    def test_one_column_at_a_time(self):
        self.start_board("practice_board_on_phone")
        self.assertEqual(self.get_planned().attendance, "cancelled")


@tagged("post_install", "-at_install")
class TestSubscriptionTours(SubscriptionMixin, HttpCase):
    """What administrator and accountant do with subscriptions, in a real browser."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.organisation = cls.make_organisation("Tour Practice")
        cls.people = cls.practitioner("Tour An") + cls.practitioner("Tour Bert")

    def test_administrator_subscribes_an_organisation_and_bills_it(self):
        self.start_tour("/odoo", "practice_subscribe_and_bill", login="pb_manager")

        subscription = self.organisation.practice_subscription_ids
        self.assertEqual(subscription.plan_id, self.standard)
        self.assertEqual(subscription.seat_ids.practitioner_id, self.people)
        self.assertInvoice(
            self.last_invoice(subscription),
            {"Standard": [78.0]},
            untaxed=78.0,
            total=94.38,
        )

    def test_accountant_changes_the_plan_with_a_code_and_cancels_and_undoes_it(self):
        code = self.make_code()
        start = self.today() - timedelta(days=10)
        subscription = self.subscribe(self.starter, self.organisation, self.people.mapped("name"), date_start=start)
        self.bill(subscription)
        preview = subscription._get_preview(subscription._get_change_preview(self.standard, "month", code)[1])
        self.start_tour("/odoo", "practice_change_and_cancel", login="pb_accountant")

        self.assertRecordValues(subscription, [{"plan_id": self.standard.id, "state": "active", "end_date": False}])
        self.assertPreviewed(preview, self.last_invoice(subscription))
        self.assertEqual(code.redemption_ids.subscription_id, subscription)

    def test_many_are_billed_in_the_background_and_the_dialog_says_how_far_it_is(self):
        many = [self.make_organisation(f"Many {number:02}") for number in range(60)]
        subscriptions = self.env["practice.subscription"].union(
            *(self.subscribe(organisation=organisation, seats=("Tour An",)) for organisation in many)
        )
        run = self.env["ir.actions.server"].create(
            {
                "name": "Tour: bill the next 30",
                "model_id": self.env["ir.model"]._get_id("practice.subscription"),
                "state": "code",
                "code": "model.sudo()._cron_bill(30)",
            }
        )
        self.env["ir.model.data"]._update_xmlids([{"xml_id": "practice_billing.tour_run_on", "record": run}])
        cron = self.registry["ir.cron"]
        with (
            patch(f"{BILLING}.INTERACTIVE", 20),
            # Its time is over after each batch.
            patch.object(cron, "_commit_progress", lambda _cron, processed=0, remaining=None: 0.0),
        ):
            self.start_tour("/odoo/subscriptions", "practice_bill_many", login="pb_manager")
        self.assertEqual(subscriptions.period_ids.mapped("state"), ["billed"] * 60)


@tagged("post_install", "-at_install")
class TestOrganisationTour(OrganisationMixin, HttpCase):
    """An organisation's administrator from the end of the trial to a dearer plan, in a real browser."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()
        cls.subscription._enter("expired")
        cls.make_code()

    def test_an_administrator_selects_a_plan_pays_adds_somebody_and_upgrades(self):
        self.start_tour("/my", "practice_organisation_subscribes", login="pb_boss")

        self.assertRecordValues(self.subscription, [{"state": "active", "plan_id": self.standard.id}])
        self.assertEqual(len(self.subscription.seat_ids), 3)
        first, change = self.subscription.period_ids.sorted("number").move_id
        self.assertEqual((first.amount_total, first.amount_residual), (29.04, 0.0))
        self.assertEqual(change.state, "posted")
        self.assertEqual(self.subscription.payment_token_id.partner_id, self.organisation)
        self.assertWaiting()

    def test_an_administrator_renews_a_card_that_was_refused(self):
        self.subscription._begin_billing()
        self.subscription._set_payment_token(self.make_token(self.organisation, "cancel", payment_details="0341"))
        move = self.bill(self.subscription).sudo()
        self.run_cron("ir_cron_collect")
        self.assertEqual((self.subscription.state, move.practice_collection), ("past_due", "refused"))
        subject = f"the payment of {move.name} failed"
        reminder = self.env["mail.mail"].search([("model", "=", "account.move"), ("res_id", "=", move.id)])
        self.assertEqual([subject in mail.subject for mail in reminder], [True])
        self.assertEqual(reminder.recipient_ids, self.organisation | self.boss.partner_id)

        self.start_tour("/my", "practice_organisation_renews_card", login="pb_boss")
        self.assertEqual(self.subscription.state, "past_due", "a new card is no payment yet")
        self.run_cron("ir_cron_collect")

        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.subscription.state, "active")
        self.assertEqual(self.boss.partner_id.with_user(self.boss)._practice_get_portal_banners(), [])


@tagged("post_install", "-at_install")
class TestOrganisationTourOnPhone(TestOrganisationTour):
    allow_inherited_tests_method = True  # for Odoo's loader, which else takes what stands here only
    browser_size = "390x844"
    touch_enabled = True
