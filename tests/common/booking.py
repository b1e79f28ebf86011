"""What the tests of online booking share: practitioners with working hours, and a type that patients book."""

from datetime import datetime, time, timedelta

import pytz

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from odoo.addons.practice_billing.tools.slots import Slot

from .notices import NoticesMixin
from .pages import FamilyMixin
from .practice import PracticeMixin

BRUSSELS = pytz.timezone("Europe/Brussels")
#: Where booking starts on the portal.
BOOK = "/my/appointments/book"


def make_rooms(case, *names, types=None):
    """Make rooms in which appointments of ``types``, by default the type of ``case``, take place."""
    return case.env["practice.room"].create(
        [{"name": name, "type_ids": [Command.set((types or case.type).ids)]} for name in names]
    )


class BookingMixin(PracticeMixin):
    """Two practitioners who work every day from nine to twelve and from one to five, and an open type."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.company.resource_calendar_id = cls.make_calendar()
        cls.katrien, cls.pieter = (cls.make_practitioner(name) for name in ("katrien", "pieter"))
        cls.type.write(
            {
                "name": "Online Session",
                "online_booking": True,
                "practitioner_ids": [Command.set((cls.katrien | cls.pieter).ids)],
                "cancel_hours": 24,
            }
        )
        return result

    @classmethod
    def make_calendar(cls, hours=((9, 12), (13, 17)), days=range(7), **vals):
        return cls.env["resource.calendar"].create(
            {
                "name": "PB hours",
                "tz": "Europe/Brussels",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(Command.create(cls.attendance(day, *span)) for day in days for span in hours),
                ],
                **vals,
            }
        )

    @classmethod
    def attendance(cls, day, begins, ends, **vals):
        period = "morning" if begins < 12 else "afternoon"
        return {"name": "PB", "dayofweek": str(day), "hour_from": begins, "hour_to": ends, "day_period": period, **vals}

    @classmethod
    def make_practitioner(cls, name, calendar=None):
        """Make a user of the practice; with working hours of his own when a calendar is given."""
        user = new_test_user(
            cls.env, f"pb_{name}", "practice_billing.group_user", name=f"PB {name}", tz="Europe/Brussels"
        )
        if calendar:
            cls.make_resource(user, calendar)
        return user

    @classmethod
    def make_resource(cls, user, calendar, **vals):
        values = {"name": user.name, "user_id": user.id, "calendar_id": calendar.id, "company_id": cls.company.id}
        return cls.env["resource.resource"].create({**values, "tz": "Europe/Brussels", **vals})

    def local(self, day, hour, minute=0):
        """Return the naive UTC moment of a clock in Brussels on ``day``."""
        naive = self.midnight(day) + timedelta(hours=hour, minutes=minute)
        return BRUSSELS.localize(naive).astimezone(pytz.utc).replace(tzinfo=None)

    @staticmethod
    def midnight(day):
        return datetime.combine(day, time.min)

    def free(self, practitioner=None, patient=None, **options):
        """Return the free times of one practitioner as naive UTC moments."""
        practitioner = practitioner or self.katrien
        appointment_type = options.pop("type", self.type)
        return appointment_type._get_free_times(practitioner, patient or self.patient, **options)[practitioner]

    def free_on(self, day, practitioner=None, **options):
        """Return the free times of a day as a patient reads them."""
        bounds = {"first": self.local(day, 0), "last": self.local(day + timedelta(days=1), 0) - timedelta(minutes=1)}
        return [
            f"{pytz.utc.localize(start).astimezone(BRUSSELS):%H:%M}"
            for start in self.free(practitioner, **bounds, **options)
        ]

    def block(self, start, stop, user=None, **vals):
        """Put an event of a practitioner into the calendar."""
        user = user or self.katrien
        partners = [Command.set(user.partner_id.ids)]
        values = {"name": "Secret meeting", "start": start, "stop": stop, "user_id": user.id, "partner_ids": partners}
        return self.env["calendar.event"].create({**values, **vals})


class BookingHttpCase(FamilyMixin, BookingMixin, NoticesMixin, HttpCase):
    """A family with logins, and a second type that takes no credits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.child.email = False
        cls.intake = cls.env["practice.appointment.type"].create(
            {
                "name": "Intake",
                "online_booking": True,
                "online_description": "A first talk",
                "practitioner_ids": [Command.set(cls.katrien.ids)],
                "booking_limit": 2,
            }
        )

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.parent)
        self.authenticate("pb_parent", "pb_parent")

    # === DOING THINGS === #

    def slot(self, start=None, *, number=0, practitioner=None, patient=None, type=None):
        """Return a chosen time as text: the free time with that number, three days ahead at the earliest.

        Numbers count from the morning of a day, so that they mean the same times whenever the test runs.
        """
        type, practitioner, patient = type or self.type, practitioner or self.katrien, patient or self.parent
        morning = self.local(self.at(days=4).date(), 0)
        start = start or self.free(practitioner, patient, type=type, first=morning)[number]
        return Slot(type.id, practitioner.id, patient.id, start).encode()

    def book(self, slot=None):
        return self.send_form(f"{BOOK}/plan", booking=slot or self.slot())

    def move(self, event, slot):
        return self.send_form(f"/my/appointments/{event.id}/move/plan", booking=slot)

    def booked(self, response):
        """Return the appointment that a response says was booked."""
        location = response.headers["Location"]
        self.assertIn("message=booked", location)
        return self.env["calendar.event"].browse(int(location.split("?")[0].rsplit("/", 1)[1]))

    def appointments(self):
        domain = [("practice_appointment_type_id", "in", (self.type | self.intake).ids)]
        return self.env["calendar.event"].with_context(active_test=False).search(domain)

    def assertNotBooked(self, response, where):
        self.assertEqual(response.status_code, 303)
        self.assertIn(where, response.headers["Location"])
        self.assertFalse(self.appointments())

    def invited(self, event, subject=""):
        """Return the partners whom Odoo told about an appointment, and who told them."""
        messages = self.env["mail.message"].search(
            [("model", "=", "calendar.event"), ("res_id", "=", event.id), ("message_type", "=", "user_notification")]
        )
        messages = messages.filtered(lambda it: subject in (it.subject or ""))
        return messages.partner_ids, messages.author_id

    def call(self, path):
        return self.url_open(path, allow_redirects=False)
