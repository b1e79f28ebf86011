import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const PATIENT = "Tour Patient";
const PLANNED = `.fc-event:contains(${PATIENT})`;
const CALENDAR = "body:not(:has(.modal)) .o_calendar_view .fc-timegrid";

/** Returns where a person points at in the week: FullCalendar goes by positions, its slots lie under everything. */
function getSlot(day, time) {
    const row = document.querySelector(`.fc-timegrid-slot-lane[data-time="${time}"]`);
    row.scrollIntoView({ block: "center" });
    const column = document.querySelector(`.fc-timegrid-col.fc-day-${day}`).getBoundingClientRect();
    const position = { x: column.x + column.width / 2, y: row.getBoundingClientRect().y + 2 };
    return { row, options: { position, interactive: false } };
}

/** Shows next week: it is all to come, whatever the day and the hour of the test. */
function showNextWeek() {
    return [
        {
            trigger: `${CALENDAR}:has(.fc-day-today)`,
        },
        {
            trigger: ".o_calendar_button_next",
            run: "click",
        },
        {
            trigger: `${CALENDAR}:not(:has(.fc-day-today))`,
        },
    ];
}

function clickSlot(day, time) {
    return {
        content: `Click the empty slot of ${day} at ${time}`,
        trigger: CALENDAR,
        async run(helpers) {
            const { row, options } = getSlot(day, time);
            await helpers.click(row, options);
        },
    };
}

function dragAppointment(day, time) {
    return {
        content: `Drag the appointment to ${day} at ${time}`,
        trigger: PLANNED,
        async run(helpers) {
            const { animationFrame, drag } = odoo.loader.modules.get("@odoo/hoot-dom");
            const { row, options } = getSlot(day, time);
            const { drop, moveTo } = await drag(helpers.anchor, { position: { y: 2 }, relative: true });
            await animationFrame();
            await moveTo(row, options);
            await animationFrame();
            await drop();
        },
    };
}

function choose(field, text) {
    return [
        {
            trigger: `[name=${field}] input`,
            run: `edit ${text}`,
        },
        {
            trigger: `.ui-autocomplete a:contains(${text})`,
            run: "click",
        },
        {
            trigger: `[name=${field}] input:value(${text})`,
        },
    ];
}

/** Fills the short dialog; the balance is there before anything is saved. */
function fillDialog() {
    return [
        ...choose("practice_appointment_type_id", "Session"),
        ...choose("patient_id", PATIENT),
        {
            trigger: ".modal [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
    ];
}

/** Plans in the slot, and sees it there without loading the page again. */
function planInSlot(day, time) {
    return [
        clickSlot(day, time),
        ...fillDialog(),
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It is there",
            trigger: `body:not(:has(.modal)) .fc-timegrid-col.fc-day-${day} ${PLANNED}`,
        },
    ];
}

/** Leaves the page as somebody does who closes its tab, and comes back to the calendar. */
function closeTab({ asks }) {
    return [
        {
            trigger: "body",
            expectUnloadPage: true,
            run() {
                window.addEventListener("beforeunload", (ev) =>
                    sessionStorage.setItem("practice_tour_asks", ev.defaultPrevented)
                );
                window.location.assign("/odoo/appointments");
            },
        },
        {
            content: asks ? "The browser has asked about unsaved changes" : "The browser has not asked",
            trigger: CALENDAR,
            run() {
                if (sessionStorage.getItem("practice_tour_asks") !== String(asks)) {
                    throw new Error(`It ${asks ? "did not ask" : "asked"} about unsaved changes`);
                }
            },
        },
    ];
}

registry.category("web_tour.tours").add("practice_plan_in_calendar", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        ...planInSlot("wed", "10:00:00"),
        dragAppointment("thu", "14:00:00"),
        {
            content: "It is there too",
            trigger: `.fc-timegrid-col.fc-day-thu ${PLANNED}`,
            run: "dblclick",
        },
        {
            content: "Cancelled with a button of the dialog",
            trigger: ".modal button[name=action_practice_cancel_appointment]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_cancel]",
            run: "click",
        },
        {
            trigger: ".modal [name=credit_state]:contains(Given Back)",
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "It is gone",
            trigger: `body:not(:has(.modal)) .fc:not(:has(${PLANNED}))`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_drag_is_refused", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        dragAppointment("thu", "14:00:00"),
        {
            content: "The credits are not valid any more on Thursday",
            trigger: ".modal.o_error_dialog, .modal .o_error_dialog, .modal:contains(Tour Patient)",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is where it was",
            trigger: `body:not(:has(.modal)) .fc-timegrid-col.fc-day-wed ${PLANNED}`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_drag_series", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        dragAppointment("thu", "14:00:00"),
        {
            content: "All of the series",
            trigger: ".modal input#all_events",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: `body:not(:has(.modal)) .fc-timegrid-col.fc-day-thu ${PLANNED}`,
        },
        {
            content: "So is the one of the week after",
            trigger: ".o_calendar_button_next",
            run: "click",
        },
        {
            trigger: `.fc-timegrid-col.fc-day-thu ${PLANNED}`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_plan_in_month", {
    url: "/odoo/appointments",
    steps: () => [
        {
            trigger: ".scale_button_selection",
            run: "click",
        },
        {
            trigger: ".dropdown-item:contains(Month)",
            run: "click",
        },
        {
            trigger: ".o_calendar_view .fc-daygrid-day.fc-day-today",
            run: "click",
        },
        ...fillDialog(),
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: `body:not(:has(.modal)) .fc-daygrid-day ${PLANNED}`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_more_options", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        clickSlot("wed", "10:00:00"),
        ...fillDialog(),
        {
            trigger: ".modal [name=start] [data-field=stop]",
            run: "click",
        },
        {
            content: "Longer than usual",
            trigger: ".modal [name=start] input[data-field=stop]",
            async run(helpers) {
                await helpers.edit(helpers.anchor.value.replace("10:45", "11:30"));
                await helpers.press("Enter");
            },
        },
        {
            trigger: ".modal [name=start]:contains(11:30), .modal [name=start] input[data-field=stop]:value(11:30)",
        },
        {
            trigger: ".modal button:contains(More Options)",
            run: "click",
        },
        {
            content: "Nothing that was chosen is lost",
            trigger: `body:not(:has(.modal)) .o_form_view [name=patient_id] input:value(${PATIENT})`,
        },
        {
            trigger: "[name=practice_appointment_type_id] input:value(Session)",
        },
        ...stepUtils.saveForm(),
        {
            trigger: ".o_back_button, .breadcrumb-item a:contains(Appointments)",
            run: "click",
        },
        {
            trigger: `.fc-timegrid-col.fc-day-wed ${PLANNED}`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_plan_without_mouse", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        {
            trigger: CALENDAR,
            run: "press Alt+c",
        },
        {
            content: "The only type is there",
            trigger: ".o_form_view [name=practice_appointment_type_id] input:value(Session)",
        },
        ...choose("patient_id", PATIENT),
        {
            trigger: "[name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
            run: "press Alt+s",
        },
        {
            trigger: "[name=credit_state]:contains(Reserved)",
        },
        {
            trigger: ".breadcrumb-item a:contains(Appointments)",
            run: "click",
        },
        {
            content: "Enter tells more about it",
            trigger: `.o_calendar_view ${PLANNED}`,
            async run(helpers) {
                helpers.anchor.focus();
                await helpers.press("Enter");
            },
        },
        {
            trigger: ".o_cw_popover .o_cw_popover_edit",
        },
        {
            content: "What comes next by keyboard is in it",
            trigger: ".o_cw_popover:has(:focus)",
            run: "press Escape",
        },
        {
            content: "And back on the appointment",
            trigger: `body:not(:has(.o_cw_popover)) ${PLANNED}:focus`,
            run: "press Enter",
        },
        {
            trigger: ".o_cw_popover .o_cw_popover_edit",
            async run(helpers) {
                helpers.anchor.focus();
                await helpers.press("Enter");
            },
        },
        {
            trigger: ".modal .o_form_view:has(:focus)",
            run: "press Escape",
        },
        {
            content: "The keyboard comes back from the dialog, too",
            trigger: `body:not(:has(.modal)) ${PLANNED}:focus`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_close_tab", {
    url: "/odoo/appointments",
    steps: () => [
        ...showNextWeek(),
        clickSlot("wed", "10:00:00"),
        ...fillDialog(),
        ...closeTab({ asks: true }),
        {
            trigger: ".o-calendar-button-new",
            run: "click",
        },
        ...choose("practice_appointment_type_id", "Session"),
        ...choose("patient_id", PATIENT),
        ...closeTab({ asks: true }),
    ],
});

registry.category("web_tour.tours").add("practice_close_tab_untouched", {
    url: "/odoo/patients",
    steps: () => [
        {
            trigger: `.o_data_row td:contains(${PATIENT})`,
            run: "click",
        },
        {
            trigger: "button[name=action_practice_plan_appointment]",
            run: "click",
        },
        {
            content: "All that is required is there, and nobody has confirmed it",
            trigger: "[name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        ...closeTab({ asks: false }),
    ],
});

/** What Odoo does is not ours to change: ordinary meetings, and appointments that are planned already. */
registry.category("web_tour.tours").add("practice_close_tab_as_odoo", {
    url: "/odoo/calendar",
    steps: () => [
        {
            trigger: ".o-calendar-button-new",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=name] textarea, .o_form_view [name=name] input",
            run: "edit Tour Meeting",
        },
        ...closeTab({ asks: false }),
        {
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: `.o_data_row td:contains(${PATIENT})`,
            run: "click",
        },
        {
            trigger: "[name=location] input, [name=location] textarea",
            run: "edit Room 2",
        },
        ...closeTab({ asks: false }),
    ],
});

/** A phone has no room for a list below a field: it opens a page to choose from. */
function chooseOnPhone(field, text, card = ".o_kanban_record") {
    return [
        {
            trigger: `.modal [name=${field}] input`,
            run: "click",
        },
        {
            trigger: `.o_select_create_dialog_content ${card}:contains(${text})`,
            run: "click",
        },
        {
            trigger: `body:not(:has(.o_select_create_dialog_content)) [name=${field}] input:value(${text})`,
        },
    ];
}

registry.category("web_tour.tours").add("practice_plan_on_phone", {
    url: "/odoo/appointments",
    steps: () => [
        clickSlot("today", "12:00:00"),
        {
            content: "Without a type it would be a meeting, which this calendar does not show",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: ".modal [name=practice_appointment_type_id].o_field_invalid",
        },
        ...chooseOnPhone("practice_appointment_type_id", "Session", ".o_kanban_record .fw-bold"),
        ...chooseOnPhone("patient_id", PATIENT),
        {
            trigger: ".modal [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It is there",
            trigger: `body:not(:has(.modal)) ${PLANNED}`,
        },
        {
            trigger: ".o-calendar-button-new:visible",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=practice_appointment_type_id]",
        },
        {
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            trigger: `.o_calendar_view ${PLANNED}`,
        },
    ],
});
