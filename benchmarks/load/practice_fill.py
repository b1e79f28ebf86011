"""Fill a database for a load: a practice with patients and front desks that have logins. ``dev/odoo load`` runs it."""

from datetime import timedelta

from load import sizes
from measuring import analyze
from portal import log_in
from practice import Practice

from odoo.fields import Command

#: The credits of a patient, ten to the unit: enough for three minutes of clicking, so that some run out. A longer load
#: has a unit for each minute.
UNITS = 3
PRACTITIONERS = 5
#: Days before today on which visits may have been; the credits were sold earlier.
PAST_DAYS = 20

size = sizes.read("size")
env = env(user=env.ref("base.user_admin"), context={"no_reset_password": True, "tz": "Europe/Brussels"})
company = env.company
company.practice_tz = "Europe/Brussels"
company.resource_calendar_id = env["resource.calendar"].create(
    {
        "name": "Every day",
        "tz": "Europe/Brussels",
        "attendance_ids": [
            Command.clear(),
            *(
                Command.create(
                    {"name": "Open", "dayofweek": str(day), "hour_from": 8, "hour_to": 18, "day_period": "morning"}
                )
                for day in range(7)
            ),
        ],
    }
)
practice = Practice(env)


def make_users(word, count, group):
    """Make users called ``word 0``, ``word 1`` …"""
    return env["res.users"].create(
        [
            {
                "name": f"{word} {number}",
                "login": f"{word}{number}",
                "email": f"{word}{number}@example.com",
                "group_ids": [Command.set(env.ref(group).ids)],
                "tz": "Europe/Brussels",
            }
            for number in range(count)
        ]
    )


practitioners = make_users("practitioner", PRACTITIONERS, "practice_billing.group_user")
logins = {
    "patient": make_users("patient", size["patients"], "base.group_portal"),
    "desk": make_users("desk", size["desks"], "practice_billing.group_user"),
}
patients = logins["patient"].partner_id
practice.type.write({"online_booking": True, "practitioner_ids": [Command.set(practitioners.ids)]})

bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
outstanding = env["account.account"].create(
    {"name": "Outstanding", "code": "580100", "account_type": "asset_current", "reconcile": True}
)
bank.inbound_payment_method_line_ids.payment_account_id = outstanding
sold_on = company._practice_day() - timedelta(days=PAST_DAYS + 10)
units = max(UNITS, size.get("seconds", 0) // 60)
invoices = env["account.move"].create(
    [
        {
            **practice.invoice_vals(patient, practice.product),
            "invoice_date": sold_on,
            "invoice_line_ids": [Command.create({"product_id": practice.product.id, "quantity": units})],
        }
        for patient in patients
    ]
)
invoices.action_post()
env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices.ids).create(
    {"journal_id": bank.id, "payment_date": sold_on, "group_payment": False}
)._create_payments()
analyze(env)
sizes.keep(
    "facts",
    {
        "type": practice.type.id,
        "practitioners": practitioners.ids,
        "patients": patients.ids,
        "past_days": PAST_DAYS,
        "sessions": {word: [log_in(env, user) for user in users] for word, users in logins.items()},
        "sold": sum(env["practice.credit.lot"].search([]).mapped("credits_available")),
    },
)
