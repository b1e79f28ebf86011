"""What the tests of classes on patients' pages share."""

from odoo.fields import Command

from odoo.addons.practice_billing.tools.slots import Slot

from .booking import BookingHttpCase

#: A name that stands nowhere else.
SECRET = "Zacharias Quackenbush"


class GroupHttpCase(BookingHttpCase):
    """A class of three on two days, in which somebody takes part whose name is a secret."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga = cls.make_type(
            cls.package,
            name="Yoga Class",
            places=3,
            online_booking=True,
            practitioner_ids=[Command.set(cls.katrien.ids)],
        )
        cls.secret = cls.make_patient(SECRET, phone="+32 470 11 22 33")

    def setUp(self):
        super().setUp()
        self.give(self.secret)
        self.lesson, self.later = (self.plan_lesson(days) for days in (4, 6))

    def plan_lesson(self, days):
        start = self.local(self.at(days=days).date(), 10)
        return self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.yoga.id,
                "start": start,
                "user_id": self.katrien.id,
                "practice_patient_ids": [Command.set(self.secret.ids)],
            }
        )

    def lesson_slot(self, lesson, patient=None):
        return Slot(self.yoga.id, self.katrien.id, (patient or self.parent).id, lesson.start).encode()

    def joined(self, lesson=None, patient=None):
        """Book a place on the portal; return the visit."""
        visit = self.booked(self.book(self.lesson_slot(lesson or self.lesson, patient)))
        self.env.invalidate_all()
        return visit
