"""What the tests of absences share: a practitioner who is away, and who was planned with them."""

from .booking import BookingMixin

#: How long it takes until it cannot be undone any more.
UNDO = {"minutes": 11}


class AbsenceMixin(BookingMixin):
    """Katrien gives three visits today, two of them to An; Pieter gives the same type."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.bert = cls.make_patient("Bert Claes")
        return result

    def setUp(self):
        super().setUp()
        # As people work, with e-mails.
        self.env = self.env(context={"tracking_disable": True, "no_reset_password": True})
        self.lot, self.lot_of_bert = self.sell(), self.sell(self.bert)
        quiet = {"user_id": self.katrien.id}
        self.first = self.plan(start=self.at(hours=3), **quiet)
        self.second = self.plan(self.bert, start=self.at(hours=4), **quiet)
        self.third = self.plan(start=self.at(hours=5), **quiet)
        self.tomorrow = self.plan(start=self.at(days=1, hours=1), **quiet)
        self.events = self.first + self.second + self.third
        self.env["mail.mail"].search([]).unlink()

    def make_absence(self, user=None, **vals):
        """Make the absence of Katrien for the rest of the day, as the front desk does."""
        absences = self.env["practice.absence"].with_user(user or self.front_desk)
        values = {"practitioner_id": self.katrien.id, "date_from": self.at(), "date_to": self.at(hours=10), **vals}
        absence = absences.create({"reason": "Flu", **values})
        self.env.flush_all()  # as at the end of a request
        return absence

    def confirm(self, **vals):
        absence = self.make_absence(**vals)
        absence.action_cancel_appointments()
        return absence

    def tell(self):
        """Let the time pass in which it can be undone, and the run do its work."""
        if self.now:
            self.travel(**UNDO)
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_tell_absences").method_direct_trigger()
        self.env.invalidate_all()

    def mails(self, partner=None):
        mails = self.env["mail.mail"].search([("model", "=", "practice.absence.line")])
        return mails.filtered(lambda mail: not partner or partner in mail.recipient_ids)

    def line_of(self, absence, event):
        return absence.line_ids.filtered(lambda line: line.event_id == event)

    def outcomes(self, absence):
        self.env.invalidate_all()
        return absence.line_ids.mapped("outcome")
