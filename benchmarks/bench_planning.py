"""Planning an appointment that takes a credit, against the same plain event."""

from datetime import timedelta

from measuring import analyze, interleave, report
from practice import Practice

ROUNDS = 40

user = env.ref("base.user_admin")
env = env(user=user, context={"tz": "Europe/Brussels", "lang": "en_US"})
practice = Practice(env)
light, heavy = practice.patients(2)
practice.give(light)

# A patient of many years: 1,000 lots and 10,000 movements.
lots = practice.give(heavy, lots=1000)
for _visit in range(9):
    env["practice.credit.lot"]._record(
        {"lot": lot, "kind": "expire", "credits": 1, "date": env.company._practice_day()} for lot in lots
    )
start = practice.next_monday()
# A calendar has something after what is planned. Else PostgreSQL, which looks for the latest event before it looks for
# others, passes all those that were undone here.
later = start + timedelta(days=365)
env["calendar.event"].create({"name": "Next year", "start": later, "stop": later + timedelta(hours=1)})
analyze(env)
series = {
    "recurrency": True,
    "rrule_type": "weekly",
    "rrule_type_ui": "weekly",
    "interval": 1,
    "end_type": "count",
    "count": 52,
    "mon": True,
    "event_tz": "Europe/Brussels",
}


# What the form sends and what it reads back.
view = env["calendar.event"].get_view(env.ref("calendar.view_calendar_event_form").id, "form")
shown = {name: {} for name in view["models"]["calendar.event"]}


def plan(patient, appointment=True, muted=True, **vals):
    values = {
        "name": "Session",
        "start": str(start),
        "stop": str(start + timedelta(hours=1)),
        "user_id": user.id,
        "partner_ids": [(6, 0, (user.partner_id + patient).ids)],
        **vals,
    }
    if appointment:
        values.update(practice_appointment_type_id=practice.type.id, patient_id=patient.id)
    context = {"no_mail_to_attendees": True} if muted else {}
    return lambda: env["calendar.event"].with_context(**context).web_save(values, shown)


mailed = interleave(env, ROUNDS, plain=plan(light, False, muted=False), ours=plan(light, muted=False))
report("planning_with_mails_ratio", mailed["ours"].processor / mailed["plain"].processor, 1.05)
muted = interleave(env, ROUNDS, plain=plan(light, False), ours=plan(light), many_lots=plan(heavy))
report("planning_muted_ratio", muted["ours"].processor / muted["plain"].processor, 1.3)
report("planning_more_queries", muted["ours"].queries - muted["plain"].queries, 5)
report("planning_many_lots_ratio", muted["many_lots"].processor / muted["ours"].processor, 1.2)
report("planning_many_lots_more_queries", muted["many_lots"].queries - muted["ours"].queries, 0)

practice.give(light, lots=6)
analyze(env)
of_52 = interleave(env, 5, plain=plan(light, False, **series), ours=plan(light, **series))
report("series_of_52_ratio", of_52["ours"].processor / of_52["plain"].processor, 1.3)
report("series_of_52_more_queries", of_52["ours"].queries - of_52["plain"].queries, 5)

# A class of twelve, each with credits of their own, against one visit.
group_type = practice.type.copy({"name": "Class", "places": 12})
people = practice.patients(12)
for person in people:
    practice.give(person)
analyze(env)
twelve = {
    "practice_appointment_type_id": group_type.id,
    "partner_ids": [(6, 0, user.partner_id.ids)],
    "practice_patient_ids": [(6, 0, people.ids)],
}
of_twelve = interleave(env, ROUNDS, one=plan(light), class_of_12=plan(light, False, **twelve))
report("class_of_12_ratio", of_twelve["class_of_12"].processor / of_twelve["one"].processor, 3)
report("class_of_12_more_queries", of_twelve["class_of_12"].queries - of_twelve["one"].queries, 14)
