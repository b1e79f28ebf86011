from odoo.tests import tagged

from ..common.booking import BookingHttpCase


class BookingTour(BookingHttpCase):
    def book_move_and_cancel(self):
        """Let a patient book, move and cancel in a real browser, and look at what is left of it."""
        self.start_tour("/my/appointments", "practice_patient_books", login="pb_parent")

        event = self.appointments()
        self.assertRecordValues(
            event, [{"patient_id": self.parent.id, "user_id": self.pieter.id, "attendance": "cancelled"}]
        )
        self.assertEqual(event.credit_move_ids.mapped("kind"), ["unreserve", "reserve"])
        self.assertEqual((self.lot.credits_available, self.lot.credits_reserved), (5, 0))


@tagged("post_install", "-at_install")
class TestBookingTour(BookingTour):
    def test_a_patient_books_moves_and_cancels(self):
        self.book_move_and_cancel()


@tagged("post_install", "-at_install")
class TestBookingTourOnAPhone(BookingTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_patient_books_moves_and_cancels_on_a_phone(self):
        self.book_move_and_cancel()
