"""Settling 5,000 appointments that have ended: 1,000 patients, 5 visits each, in one run; against 500 in one run."""

from datetime import timedelta

from measuring import analyze, measure_once, report
from practice import Practice

from odoo.addons.practice_billing.models.packages.appointments.calendar_event_closing import CLOSE_BATCH

PATIENTS, WEEKS = 1000, 5
#: Appointments that staff marks one after the other, each a request: what a run saves is a ratio to that.
BY_HAND = 50

env = env(user=env.ref("base.user_admin"), context={"tz": "Europe/Brussels", "lang": "en_US"})
practice = Practice(env)
everybody = practice.patients(PATIENTS)
events = env["calendar.event"]


def plan(patients, weeks):
    """Plan a visit of each patient in each of the last ``weeks`` weeks, every five minutes from Monday on."""
    practice.give(patients, credits=weeks, days_ago=7 * (weeks + 1))
    # The system plans what staff is asked a reason for: all of them with one practitioner.
    quiet = events.sudo().with_context(tracking_disable=True, no_mail_to_attendees=True, mail_create_nosubscribe=True)
    for week in range(1, weeks + 1):
        monday = practice.next_monday() - timedelta(weeks=week + 1)
        starts = [monday + timedelta(minutes=5 * number) for number in range(len(patients))]
        quiet.create(
            [
                {
                    "practice_appointment_type_id": practice.type.id,
                    "patient_id": patient.id,
                    "user_id": env.uid,
                    "start": start,
                    "stop": start + timedelta(hours=1),
                }
                for patient, start in zip(patients, starts, strict=True)
            ]
        )
        env.flush_all()
        env.invalidate_all()
    analyze(env)


def settle():
    """Run as the scheduled action does; return how many appointments had ended, and in how many batches."""
    ended = events.search_count(events._practice_get_to_close_domain())
    events.with_user(env.ref("base.user_root"))._cron_close_appointments()
    return ended, -(-ended // CLOSE_BATCH)


def mark_by_hand():
    for event in events.search(events._practice_get_to_close_domain(), limit=BY_HAND):
        env.invalidate_all()
        event.action_practice_mark_attended()
        env.flush_all()


plan(everybody[:500], 1)
by_hand, _marked = measure_once(env, mark_by_hand)
small, (few, few_batches) = measure_once(env, settle)
plan(everybody, WEEKS)
large, (many, many_batches) = measure_once(env, settle)
report("settling_a_second", many / large.processor, 500, at_least=True)
print("# a second by the clock, whatever else the machine does:", round(many / large.seconds))
report("settling_over_by_hand_ratio", (by_hand.processor / BY_HAND) / (large.processor / many), 5, at_least=True)
report("settling_queries_a_batch", large.queries / many_batches, 60)
report("settling_queries_a_batch_ratio", (large.queries / many_batches) / (small.queries / few_batches), 1.1)
report("settling_left_over", events.search_count(events._practice_get_to_close_domain()), 0)
