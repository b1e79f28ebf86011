"""Pages of the patient's portal with 1,000 purchases and 2,000 appointments, against such pages with ten of each."""

import statistics
from datetime import timedelta

from measuring import analyze, report
from portal import Portal
from practice import Practice

from odoo.fields import Command

LOTS, APPOINTMENTS, FEW, ROUNDS = 1000, 2000, 10, 15
PAGES = {
    "packages": "/my/packages",
    "packages_all": "/my/packages?filterby=all",
    "appointments": "/my/appointments",
    "appointments_past": "/my/appointments?filterby=past",
    "buy": "/my/packages/buy",
    "book": "/my/appointments/book?type_id={type_id}",
}
QUERIES = 60

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
practice.product.product_tmpl_id.practice_published = True
users = env["res.users"].with_context(no_reset_password=True)


def make_user(name, group):
    group = env.ref(group)
    return users.create({"name": name, "login": name, "group_ids": [Command.set(group.ids)], "tz": "Europe/Brussels"})


def login(name, lots, appointments):
    """Return a patient's portal and its pages, with so many purchases and (every other one past) appointments.

    They are with a practitioner of their own, early in the morning, so that there are free times by day.
    """
    user = make_user(name, "base.group_portal")
    practitioner = make_user(f"practitioner of {name}", "practice_billing.group_user")
    appointment_type = practice.type.copy(
        {"name": name, "online_booking": True, "practitioner_ids": [Command.set(practitioner.ids)]}
    )
    practice.give(user.partner_id, lots=lots)
    monday = practice.next_monday(hour=0)
    env["calendar.event"].with_context(tracking_disable=True, no_mail_to_attendees=True, dont_notify=True).create(
        [
            {
                "practice_appointment_type_id": appointment_type.id,
                "patient_id": user.partner_id.id,
                "user_id": practitioner.id,
                "start": (monday if number % 2 else monday - timedelta(days=14))
                + (1 if number % 2 else -1) * timedelta(days=number // 12)
                + timedelta(hours=number // 2 % 6),
            }
            for number in range(appointments)
        ]
    )
    return Portal(env, user), {page: path.format(type_id=appointment_type.id) for page, path in PAGES.items()}


# Half of the appointments are past, so each page of ten is full.
portals = {"few": login("few", FEW, 2 * FEW), "many": login("many", LOTS, APPOINTMENTS)}
analyze(env)
for page in PAGES:
    taken = {name: [] for name in portals}
    for number in range(ROUNDS + 1):
        for name, (portal, paths) in portals.items():
            measured = portal.open(paths[page])
            if number:
                taken[name].append(measured)
    seconds = {name: statistics.median(it.seconds for it in rounds) for name, rounds in taken.items()}
    report(f"portal_{page}_ratio", seconds["many"] / seconds["few"], 1.5)
    report(f"portal_{page}_queries", statistics.median(it.queries for it in taken["many"]), QUERIES)
