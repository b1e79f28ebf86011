"""Pages of the patient's portal with 1,000 purchases and 2,000 appointments, against such pages with ten of each."""

import statistics
from datetime import timedelta

from measuring import report, settle
from portal import Portal
from practice import Practice

LOTS, APPOINTMENTS, FEW, ROUNDS = 1000, 2000, 10, 15
PAGES = ("/my/packages", "/my/appointments", "/my/packages?filterby=all", "/my/appointments?filterby=past")
QUERIES = 60

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
group = env.ref("base.group_portal")


def login(name, lots, appointments):
    """Return a patient's portal, with so many purchases and (every other one past) appointments."""
    user = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create({"name": name, "login": name, "group_ids": [(6, 0, group.ids)], "tz": "Europe/Brussels"})
    )
    practice.give(user.partner_id, lots=lots)
    start = practice.next_monday()
    env["calendar.event"].with_context(tracking_disable=True, no_mail_to_attendees=True, dont_notify=True).create(
        [
            {
                "practice_appointment_type_id": practice.type.id,
                "patient_id": user.partner_id.id,
                "start": start + timedelta(hours=number // 2)
                if number % 2
                else start - timedelta(days=14, hours=number // 2),
            }
            for number in range(appointments)
        ]
    )
    return Portal(env, user)


# Half of the appointments are past, so each page of ten is full.
portals = {"few": login("few", FEW, 2 * FEW), "many": login("many", LOTS, APPOINTMENTS)}
settle(env)
for page in PAGES:
    taken = {name: [] for name in portals}
    for number in range(ROUNDS + 1):
        for name, portal in portals.items():
            measured = portal.open(page)
            if number:
                taken[name].append(measured)
    seconds = {name: statistics.median(it.seconds for it in rounds) for name, rounds in taken.items()}
    name = page.removeprefix("/my/").partition("?filterby=")
    name = "portal_" + "_".join(part for part in (name[0], name[2]) if part)
    report(f"{name}_ratio", seconds["many"] / seconds["few"], 1.5)
    report(f"{name}_queries", statistics.median(it.queries for it in taken["many"]), QUERIES)
