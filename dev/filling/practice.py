"""What the parts share: the company, the clock, and how people make, sell, pay and plan."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

#: What runs every night, in the order of their priorities.
RUNS = (
    *("close_appointments", "send_notices", "subscription_time", "bill", "collect", "direct_debit"),
    *("expire_credits", "warn_expiry", "warn_low", "release_revenue", "invoice_visits", "webhooks"),
)
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "no_mail_to_attendees": True,
    "no_reset_password": True,
}


class Practice:
    """What the parts of the story share: the company, its accounts, and how things are made."""

    def __init__(self, env, clock):
        self.env, self.clock = env(context={**env.context, **QUIET}), clock
        self.company = self.env.company
        belgium = self.env.ref("base.be").id
        self.address = {"street": "Kerkstraat 1", "zip": "9000", "city": "Gent", "country_id": belgium}

    @property
    def today(self):
        return self.company._practice_day()

    # === MAKING THINGS === #

    def make(self, model, **vals):
        return self.env[model].create(vals)

    def make_account(self, code, account_type, name, **vals):
        return self.make("account.account", code=code, name=name, account_type=account_type, **vals)

    def make_patient(self, name, **vals):
        email = f"{name.split()[0].lower()}@example.com"
        return self.make("res.partner", name=name, **{"email": email, **self.address, **vals})

    def make_user(self, login, groups, name):
        return new_test_user(self.env, login, groups, name=name, email=f"{login}@example.com", tz="Europe/Brussels")

    def wizard(self, model, action, **vals):
        """Fill in a dialog and press its button."""
        return getattr(self.make(model, **vals), action)()

    # === WHAT PEOPLE DO === #

    def invoice(self, product, patient, payer=None, post=True, **line):
        vals = {"product_id": product.id, "practice_patient_id": patient.id, **line}
        invoice = self.make(
            "account.move",
            move_type="out_invoice",
            partner_id=(payer or patient).id,
            invoice_date=self.today,
            invoice_line_ids=[Command.create(vals)],
        )
        if post:
            invoice.action_post()
        return invoice

    def pay(self, invoices):
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        return register.create({"journal_id": self.bank.id, "payment_date": self.today})._create_payments()

    def sell(self, product, patient, payer=None, **line):
        """Sell and have it paid; return the lot."""
        invoice = self.invoice(product, patient, payer, **line)
        self.pay(invoice)
        return self.lots_of(invoice)

    def lots_of(self, invoice):
        return self.env["practice.credit.lot"].search([("invoice_id", "=", invoice.id)])

    def plan(self, patient, days, hour=9, **vals):
        """Plan an appointment in so many days."""
        start = self.clock().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
        vals = {"practice_appointment_type_id": self.session.id, "user_id": self.therapist.id, **vals}
        return self.make("calendar.event", patient_id=patient.id, start=start, **vals)

    def pass_time(self, until):
        """Let weeks go by with their nightly runs."""
        while self.clock() < until:
            self.clock.move_to(min(self.clock() + timedelta(days=7), until))
            for name in RUNS:
                self.run(name)

    def run(self, name):
        """Let a scheduled action run: in a transaction of its own, so that each has to see what the other did."""
        self.env.cr.commit()
        self.env.ref(f"practice_billing.ir_cron_{name}").method_direct_trigger()
        self.env.cr.commit()
        self.env.invalidate_all()
