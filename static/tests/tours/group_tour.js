import { registry } from "@web/core/registry";

const CALENDAR = "body:not(:has(.modal)) .o_calendar_view .fc-timegrid";

function addPatient(name) {
    return [
        {
            trigger: ".modal [name=practice_patient_ids] input",
            run: `edit ${name}`,
        },
        {
            trigger: `.ui-autocomplete a:contains(${name})`,
            run: "click",
        },
        {
            trigger: `.modal [name=practice_patient_ids] .o_tag:contains(${name})`,
        },
    ];
}

function row(name) {
    return `[name=practice_participant_ids] .o_data_row:contains(${name})`;
}

registry.category("web_tour.tours").add("practice_plan_class", {
    url: "/odoo/appointments",
    steps: () => [
        {
            trigger: `${CALENDAR}:has(.fc-day-today)`,
        },
        {
            content: "Next week, all of which is to come",
            trigger: ".o_calendar_button_next",
            run: "click",
        },
        {
            trigger: `${CALENDAR}:not(:has(.fc-day-today))`,
            async run(helpers) {
                const slot = document.querySelector('.fc-timegrid-slot-lane[data-time="10:00:00"]');
                slot.scrollIntoView({ block: "center" });
                const column = document.querySelector(".fc-timegrid-col.fc-day-wed").getBoundingClientRect();
                const position = { x: column.x + column.width / 2, y: slot.getBoundingClientRect().y + 2 };
                await helpers.click(slot, { position, interactive: false });
            },
        },
        {
            trigger: ".modal [name=practice_appointment_type_id] input",
            run: "edit Tour Class",
        },
        {
            trigger: ".ui-autocomplete a:contains(Tour Class)",
            run: "click",
        },
        ...addPatient("Tour Patient"),
        ...addPatient("Second Patient"),
        {
            content: "Who has no credits is named before anything is saved",
            trigger: ".modal [name=credit_balance]:contains(Second Patient)",
        },
        {
            trigger: ".modal [name=practice_patient_ids] .o_tag:contains(Second Patient) .o_delete",
            run: "click",
        },
        ...addPatient("Third Patient"),
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It is there, once, with how many come",
            trigger: "body:not(:has(.modal)) .fc-timegrid-col.fc-day-wed .fc-event:contains(Tour Class (2 of 3))",
            run: "dblclick",
        },
        {
            content: "The participants come first",
            trigger: `.modal ${row("Third Patient")} button[name=action_practice_cancel_appointment]`,
            run: "click",
        },
        {
            trigger: ".modal button[name=action_cancel]",
            run: "click",
        },
        {
            trigger: `.modal ${row("Third Patient")}:contains(Cancelled)`,
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .fc-event:contains(Tour Class (1 of 3))",
        },
    ],
});

/** From the form of a class that has begun. */
registry.category("web_tour.tours").add("practice_mark_class", {
    steps: () => [
        {
            trigger: `${row("Third Patient")} button[name=action_practice_mark_no_show]`,
            run: "click",
        },
        {
            trigger: `${row("Third Patient")}:contains(No-Show)`,
        },
        {
            content: "All others in one go",
            trigger: ".o_statusbar_buttons button[name=action_practice_mark_attended]",
            run: "click",
        },
        {
            trigger: `${row("Tour Patient")}:contains(Attended)`,
        },
        {
            content: "Who did not come stays as they are",
            trigger: `${row("Third Patient")}:contains(No-Show)`,
        },
    ],
});

/** The same on a phone, where participants are cards. */
registry.category("web_tour.tours").add("practice_mark_class_on_phone", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains(Third Patient) button[name=action_practice_mark_no_show]",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains(Third Patient):contains(No-Show)",
        },
    ],
});
