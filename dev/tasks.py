"""Do the ten tasks of ``docs/tasks.md`` in a browser, as somebody would, and count: ``tasks.py ADDRESS [NAME…]``.

Called by ``dev/odoo tasks``, which makes a demo database and serves it. Each task begins where the page says, and ends
with looking at what is to be seen. A click counts as one, and so does a field that is filled.
"""

import json
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pictures import Page, action, chromium, wait_for

#: Nobody who plans for Katrien on the Monday to come at two has to say why; on the day after neither.
NOW = datetime.now(ZoneInfo("Europe/Brussels"))
MONDAY = (NOW + timedelta(days=7 - NOW.weekday())).replace(hour=14, minute=0, second=0)
#: Cancelling a psychotherapy session is free until 24 hours before.
SOON = (NOW + timedelta(hours=20)).replace(minute=0, second=0)

#: What a person types.
TYPE = """it.focus();
    it.value = {value};
    it.dispatchEvent(new Event("input", {{bubbles: true}}));
    it.dispatchEvent(new Event("change", {{bubbles: true}}));"""


class Deed(str):
    """A step that a person does; others only look."""

    __slots__ = ()


def click(selector, text=""):
    return Deed(wait_for(selector, text, "it.click();"))


def see(selector, text=""):
    """Return the step that looks for an element with this text."""
    return wait_for(selector, text, "")


def fill(selector, value):
    """Return the step that types into a field."""
    return Deed(wait_for(selector, "", TYPE.format(value=json.dumps(value))))


def pick(field, text):
    """Return the steps that choose a record in a form."""
    return fill(f"[name={field}] input", text), click(".o-autocomplete--dropdown-item", text)


def choose_time(moment, shown=NOW):
    """Return the steps that give the appointment of a form an hour, in the calendar that opens on day ``shown``."""
    pick_day = f"""[...document.querySelectorAll(".o_popover .o_date_item_cell:not(.o_out_of_range)")]
        .find((it) => it.innerText === "{moment.day}").click()"""
    return (
        click("[name=start] button[data-field=start]"),
        *([click(".o_popover .o_next")] if moment.month != shown.month else []),
        Deed(pick_day),
        fill(".o_popover .o_time_picker_input", f"{moment:%H:%M}"),
        fill(".o_time_picker ~ .o_time_picker .o_time_picker_input", f"{moment + timedelta(hours=1):%H:%M}"),
        click(".o_popover .o_datetime_buttons .btn-primary"),
    )


def patient(login, *steps):
    return action(login, "res_partner_action_patient", *steps, of="patient_youssef", width=1280, height=900)


def page(login, path, *steps):
    return Page(login, path, steps, 1280, 900)


def plan(moment):
    """Return the steps that plan a psychotherapy session with Katrien, with a reason where one is asked for."""
    return (
        click("button[name=action_practice_plan_appointment]"),
        *pick("practice_appointment_type_id", "Psychotherapy session"),
        *pick("user_id", "Katrien"),
        *choose_time(moment),
        say_why(),
        click(".o_form_button_save"),
    )


def say_why():
    """Return the step that gives a reason where the form asks for one."""
    script = TYPE.format(value=json.dumps("No other time suits"))
    return Deed(f"""{{
        const it = document.querySelector("[name=practice_overrule_reason] input");
        if (it?.checkVisibility()) {{ {script} }}
    }}""")


def pay():
    """Return the steps that pay, or save, with a new method of the demo provider."""
    return (
        click("label", "Demo"),
        fill("#customer_input, input[name=customer_input]", "4999"),
        click("button[name=o_payment_submit_button]"),
    )


SELECT_STANDARD = click(".o_practice_banners .btn", "Select plan"), click("[aria-label='Select Standard']")

#: The difference is the last column but one, which chooses columns.
SEE_NO_DIFFERENCE = wait_for(
    "tfoot td:nth-last-child(2)", "", "if (!it.innerText.startsWith('0.00')) throw new Error(it.innerText);"
)

TASKS = {
    "sell": [
        page(
            "frontdesk",
            "/odoo/patients",
            fill(".o_searchview_input", "Youssef"),
            click(".o_searchview_autocomplete .o-dropdown-item", "Name"),
            click(".o_data_row td", "Youssef Haddad"),
            click("button[name=action_practice_sell_package]"),
            *pick("product_id", "Psychotherapy, 10"),
            *pick("payment_journal_id", "Cash"),
            click("button[name=action_sell]"),
            see(".ribbon", "PAID"),
        ),
        patient("frontdesk", see(".o_data_row:has(.text-bg-success)", "Psychotherapy")),
    ],
    "plan": [
        patient("frontdesk", *plan(MONDAY), see("[name=credit_balance]", "session 1 of 10; 9 left, 1 reserved")),
    ],
    "move": [
        patient(
            "frontdesk",
            click("button[name=action_open_practice_appointments]"),
            click(".o_calendar_button_next"),
            click(".fc-event", "Psychotherapy session"),
            click(".o_cw_popover_edit"),
            *choose_time(MONDAY + timedelta(days=1), MONDAY),
            click(".modal .o_form_button_save"),
            see(f'[data-date="{MONDAY + timedelta(days=1):%Y-%m-%d}"] .fc-event', "Psychotherapy session"),
        ),
    ],
    "cancel late": [
        patient(
            "frontdesk",
            *plan(SOON),
            click("button[name=action_practice_cancel_appointment]"),
            see(".modal", "Credits lost: 1"),
            fill(".modal [name=reason] input", "Ill"),
            click(".modal button[name=action_cancel]"),
            see(".o_arrow_button_current", "Cancelled Late"),
        ),
    ],
    "refund": [
        patient(
            "accountant",
            click("button[name=action_open_practice_lots]"),
            click(".o_data_row td", "Psychotherapy"),
            click("button[name=action_practice_refund]"),
            fill("[name=reason] input", "Moves to another town"),
            click("button[name=action_refund]"),
            see("body", "960.00"),
        )
    ],
    "proof": [action("accountant", "practice_credit_proof_action", SEE_NO_DIFFERENCE)],
    "select plan": [
        page("trial", "/my", *SELECT_STANDARD, *pay(), see("main", "Active"), see("main", "The next invoice is of")),
    ],
    "code": [
        page(
            "expired",
            "/my",
            *SELECT_STANDARD,
            fill("#checkout_code", "WELKOM20"),
            click(".btn", "Apply"),
            see("main", "WELKOM20: 20 %"),
            click("button[name=o_payment_submit_button]"),
            see("body", "is being processed"),
        ),
    ],
    "add practitioner": [
        page(
            "organisation",
            "/my/subscription",
            click(".btn", "Add practitioner"),
            fill("#seat_name", "Piet Smets"),
            fill("#seat_email", "piet.smets@example.com"),
            click(".btn", "See what it costs"),
            see("main", "What it costs"),
            click(".btn", "Add practitioner"),
            see("main", "Piet Smets"),
        )
    ],
    "change card": [
        page("organisation", "/my/subscription", click("a", "Payment methods"), *pay(), see("main", "Demo 4999")),
    ],
}


def main(address, *names):
    """Do the tasks, all without ``names``; return how many could not be done."""
    failed = 0
    with chromium(address) as browser:
        browser.speak("en_GB")
        for name in names or TASKS:
            try:
                for shown in TASKS[name]:
                    browser.open(shown)
            except SystemExit as error:
                failed += 1
                print(f"{name}: {error}", flush=True)
            else:
                clicks = sum(isinstance(step, Deed) for shown in TASKS[name] for step in shown.steps)
                print(f"{name}: {clicks} clicks and fields", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
