"""Fill a database with something of everything that the module keeps, for the test of upgrades.

`dev/odoo dump` runs this in odoo shell, which gives it ``env``, with the code of the commit that is asked for. People's
own steps fill the database: forms, wizards, buttons, portal and nightly runs, so that what a real database holds is
there. All of it happens in the first months of 2026, whatever the day of today.
"""

from datetime import datetime

from filling.portal import Portal
from filling.software import other_software
from freezegun import freeze_time

BEGIN = datetime(2026, 1, 5, 9, 0)
END = datetime(2026, 4, 2, 9, 0)


def tell(story):
    """Let it happen."""
    story.sell_packages()
    story.sell_vouchers()
    story.sell_with_vat_at_use()
    story.plan_appointments()
    story.begin_subscriptions()
    story.sign_a_mandate()
    story.pass_time(datetime(2026, 1, 20, 9, 0))
    story.miss_appointments()
    story.miss_a_practitioner()
    story.wait_for_a_place()
    story.buy_and_book()
    story.use_subscriptions()
    story.check_out()
    story.pay_subscriptions()
    story.pass_time(datetime(2026, 2, 16, 9, 0))
    story.pay_subscriptions()
    story.change_subscriptions()
    story.hear_from_the_bank()
    story.take_back()
    story.pass_time(datetime(2026, 3, 2, 9, 0))
    story.extend()
    story.pass_time(END)
    story.plan(story.an, -1).action_practice_mark_attended()  # its revenue waits for the night
    story.plan(story.an, 9)
    story.pay_practitioners()
    story.state_to_payers()
    story.prepare_closing()
    story.end_of_story()


def check(env):
    """Complain when something that the test is about is missing, or the books do not agree to begin with."""
    wanted = {
        ("practice.credit.lot", "state"): {"pending", "active", "used_up", "expired", "cancelled"},
        ("practice.credit.lot", "origin"): {"invoice", "import", "gift", "plan", "transfer"},
        ("practice.credit.move", "kind"): {
            *("grant", "reserve", "unreserve", "use", "forfeit", "expire", "refund", "transfer", "receive"),
        },
        ("practice.gift.voucher", "state"): {"open", "redeemed"},
        ("practice.credit.import", "state"): {"draft", "done", "undone"},
        ("practice.data.import", "state"): {"done"},
        ("practice.revenue.release", "state"): {"due", "posted"},
        ("practice.absence", "state"): {"draft", "told"},
        ("practice.waiting", "state"): {"waiting", "offered"},
        ("practice.pay.statement", "state"): {"draft", "confirmed"},
        ("calendar.event", "attendance"): {"planned", "attended", "no_show", "cancelled"},
        ("practice.appointment.notice", "state"): {"sent"},
        ("practice.subscription", "state"): {"trial", "active", "past_due", "suspended", "cancelled", "expired"},
        ("practice.subscription.period", "kind"): {"regular", "change", "extras"},
        ("practice.subscription.usage", "state"): {"billed", "unbilled"},
        ("practice.subscription.checkout", "state"): {"draft", "done"},
        ("practice.webhook.delivery", "state"): {"waiting", "sent"},
        ("account.move", "practice_collection"): {"refused", "collecting", "failed"},
    }
    everything = env(context={**env.context, "active_test": False})
    missing = [
        f"no {model} whose {field} is {value}"
        for (model, field), values in wanted.items()
        for value in values - set(everything[model].search([]).mapped(field))
    ]
    for name, model in everything.items():
        stored = model._auto and not model._abstract and not model._transient
        if name.startswith("practice.") and stored and not model.search_count([], limit=1):
            missing.append(f"no {name}")
    assert not missing, missing
    assert not env["practice.credit.proof"]._get_keys_with_difference(), "the books do not agree"


# The clock ticks on, so that what happens later has a later time.
with freeze_time(BEGIN, tick=True) as clock, other_software(500) as webhook:
    story = Portal(env, clock)
    story.set_up_house(webhook)
    tell(story)
    env["mail.mail"].search([("state", "=", "outgoing")]).state = "cancel"
    env.flush_all()
    check(env)
    env.cr.commit()
