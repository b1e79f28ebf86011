import { registry } from "@web/core/registry";

const PATIENT = "Tour Patient";
const BOARD = "body:not(:has(.modal)) .o_practice_board_grid";
const PLANNED = `.o_practice_board_block:contains(${PATIENT})`;
const STEP_MINUTES = 15;

/** Returns where a person points at: the middle of a quarter of an hour of the clock, in a column. */
function getPoint(key, time) {
    const column = document.querySelector(`.o_practice_board_column[data-key^="${key}"]`);
    const [hours, minutes] = time.split(":").map(Number);
    const grid = column.closest(".o_practice_board_grid");
    const first = grid.querySelector(".o_practice_board_hour");
    const begins = Number(first.textContent.split(":")[0]) * 60;
    const pixels = column.getBoundingClientRect().height / (grid.querySelectorAll(".o_practice_board_hour").length * 60);
    const offset = (hours * 60 + minutes - begins + STEP_MINUTES / 2) * pixels;
    grid.scrollTop = Math.max(0, offset - 200);
    const rect = column.getBoundingClientRect();
    return { column, options: { position: { x: rect.x + rect.width / 2, y: rect.y + offset }, interactive: false } };
}

function getKey(name) {
    const titles = [...document.querySelectorAll(".o_practice_board_column")];
    return titles.find((it) => it.getAttribute("aria-label").includes(name)).dataset.key;
}

/** Shows tomorrow: it is all to come, whatever the hour of the test. */
function showTomorrow() {
    return [
        {
            trigger: `${BOARD}:has(.o_practice_board_today)`,
        },
        {
            trigger: ".o_practice_board_following",
            run: "click",
        },
        {
            trigger: `${BOARD}:not(:has(.o_practice_board_today))`,
        },
    ];
}

function clickTime(name, time) {
    return {
        content: `Click the empty time of ${name} at ${time}`,
        trigger: BOARD,
        async run(helpers) {
            const { column, options } = getPoint(getKey(name), time);
            await helpers.click(column, options);
        },
    };
}

function drag(name, time, handle = "") {
    return {
        content: `Drag to ${name} at ${time}`,
        trigger: `body:not(:has(.modal)) ${PLANNED}`,
        async run(helpers) {
            const { animationFrame, drag } = odoo.loader.modules.get("@odoo/hoot-dom");
            const { column, options } = getPoint(getKey(name), time);
            const grabbed = handle ? helpers.anchor.querySelector(handle) : helpers.anchor;
            const { drop, moveTo } = await drag(grabbed, { position: { x: 20, y: 4 }, relative: true });
            await animationFrame();
            await moveTo(column, options);
            await animationFrame();
            await drop();
        },
    };
}

function dragOver(name, first, last) {
    return {
        content: `Drag over the empty time of ${name} from ${first} to ${last}`,
        trigger: BOARD,
        async run() {
            const { animationFrame, drag } = odoo.loader.modules.get("@odoo/hoot-dom");
            const { column, options } = getPoint(getKey(name), first);
            const { drop, moveTo } = await drag(column, options);
            await animationFrame();
            await moveTo(column, getPoint(getKey(name), last).options);
            await animationFrame();
            await drop();
        },
    };
}

function isAt(name, time) {
    return {
        content: `It is with ${name} at ${time}`,
        trigger: `${BOARD} .o_practice_board_column[aria-label*="${name}"] ${PLANNED}:contains(${time})`,
    };
}

function choosePatient() {
    return [
        {
            trigger: ".modal [name=patient_id] input",
            run: `edit ${PATIENT}`,
        },
        {
            trigger: `.ui-autocomplete a:contains(${PATIENT})`,
            run: "click",
        },
    ];
}

function save() {
    return {
        trigger: ".modal .o_form_button_save",
        run: "click",
    };
}

function clickAction(name) {
    return {
        trigger: `.o_practice_board_popover [data-action=${name}]`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("practice_board_plan_and_drag", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        clickTime("katrien", "10:00"),
        {
            content: "Who has the column gives it",
            trigger: ".modal [name=user_id] input:value(PB katrien)",
        },
        ...choosePatient(),
        {
            content: "The balance is there before anything is saved",
            trigger: ".modal [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        save(),
        isAt("katrien", "10:00"),
        {
            content: "The numbers count it",
            trigger: ".o_practice_board_number[data-number=visits]:contains(1)",
        },
        drag("pieter", "14:00"),
        isAt("pieter", "14:00"),
        drag("pieter", "12:00"),
        {
            content: "Where they do not work it is asked why, and it goes back",
            trigger: ".modal:contains(does not work at this time)",
        },
        {
            trigger: ".modal .modal-footer .btn-secondary",
            run: "click",
        },
        isAt("pieter", "14:00"),
        drag("pieter", "12:00"),
        {
            trigger: ".modal input[required]",
            run: "edit They asked for it",
        },
        {
            trigger: ".modal .modal-footer .btn-primary:enabled",
            run: "click",
        },
        isAt("pieter", "12:00"),
        {
            trigger: `${PLANNED} [data-sign=overruled]`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_resize", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        drag("katrien", "11:25", ".o_practice_board_end"),
        {
            trigger: `${BOARD} ${PLANNED}`,
            run: "click",
        },
        {
            trigger: ".o_practice_board_popover:contains(10:00 to 11:30)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_refused", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        {
            trigger: `${BOARD} ${PLANNED}`,
            run: "click",
        },
        clickAction("move"),
        {
            content: "It can be moved to another day",
            trigger: ".o_practice_board_notice",
        },
        {
            trigger: ".o_practice_board_following",
            run: "click",
        },
        {
            trigger: `${BOARD}:not(:has(${PLANNED}))`,
        },
        clickTime("katrien", "14:00"),
        {
            content: "The credits are not valid any more on that day",
            trigger: ".modal .o_error_dialog, .modal.o_error_dialog, .modal:contains(Tour Patient)",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_practice_board_previous",
            run: "click",
        },
        isAt("katrien", "10:00"),
    ],
});

registry.category("web_tour.tours").add("practice_board_mark", {
    url: "/odoo/day-board",
    steps: () => [
        {
            content: "First click",
            trigger: `${BOARD} ${PLANNED}`,
            run: "click",
        },
        {
            content: "Second click",
            ...clickAction("no_show"),
        },
        {
            trigger: `${BOARD} ${PLANNED} [data-sign=no_show]`,
        },
        {
            trigger: ".o_practice_board_number[data-number=no_show]:contains(1)",
        },
        {
            content: "The credits back, with two clicks and a reason",
            trigger: `${PLANNED}`,
            run: "click",
        },
        clickAction("giveBack"),
        {
            trigger: ".modal input[required]:focus",
            run: "edit The train did not run",
        },
        {
            trigger: ".modal input[required]",
            run: "press Enter",
        },
        {
            trigger: `${BOARD} ${PLANNED}`,
            run: "click",
        },
        {
            content: "There is nothing more to give back",
            trigger: ".o_practice_board_popover:not(:has([data-action=giveBack]))",
        },
        clickAction("planAgain"),
        {
            trigger: `${BOARD} ${PLANNED}:not(:has([data-sign=no_show]))`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_cancel", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        {
            content: "First click",
            trigger: `${BOARD} ${PLANNED}`,
            run: "click",
        },
        {
            content: "What it costs stands there before the second one",
            trigger: ".o_practice_board_popover:contains(Cancelling is free until):contains(credits that go back: 1)",
        },
        clickAction("cancel"),
        {
            trigger: `${BOARD}:not(:has(${PLANNED}))`,
        },
        {
            content: "It is found among those that were cancelled",
            trigger: ".o_practice_board_number[data-number=cancelled]:contains(1)",
            run: "click",
        },
        {
            trigger: `${PLANNED}.o_practice_board_struck`,
        },
        {
            content: "A slip is undone where it is told",
            trigger: ".o_notification button:contains(Undo)",
            run: "click",
        },
        {
            trigger: `${BOARD} ${PLANNED}:not(.o_practice_board_struck)`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_without_mouse", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        {
            content: "The board is one stop of the Tab key",
            trigger: `${BOARD} [tabindex="0"]`,
            async run(helpers) {
                if (document.querySelectorAll(".o_practice_board_grid [tabindex='0']").length !== 1) {
                    throw new Error("The board has not one stop of the Tab key");
                }
                helpers.anchor.focus();
                await helpers.press("Home");
            },
        },
        {
            trigger: ".o_practice_board_slot:focus:contains(09:00)",
            run: "press ArrowDown",
        },
        {
            content: "It says where it is",
            trigger: ".o_practice_board_slot:focus[aria-label*='09:15, PB katrien, free']",
            run: "press Enter",
        },
        ...choosePatient(),
        {
            trigger: ".modal [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
            run: "press Alt+c",
        },
        {
            content: "The keyboard is on what was planned",
            trigger: `${BOARD} ${PLANNED}:focus[aria-label*='09:15, ${PATIENT}, Session, PB katrien']`,
            run: "press ArrowDown",
        },
        {
            trigger: ".o_practice_board_slot:focus:contains(10:15)",
            run: "press ArrowUp",
        },
        {
            trigger: `${PLANNED}:focus`,
            run: "press m",
        },
        {
            trigger: `.o_practice_board_notice`,
        },
        {
            trigger: `${PLANNED}:focus`,
            run: "press ArrowRight",
        },
        {
            trigger: ".o_practice_board_slot:focus[aria-label*=pieter]",
            run: "press Enter",
        },
        isAt("pieter", "09:15"),
        {
            content: "E changes the end",
            trigger: `${PLANNED}:focus`,
            run: "press e",
        },
        {
            trigger: ".o_practice_board_notice:contains(When does)",
        },
        {
            trigger: `${PLANNED}:focus`,
            run: "press ArrowDown",
        },
        {
            trigger: ".o_practice_board_slot:focus:contains(10:15)",
            run: "press ArrowDown",
        },
        {
            trigger: ".o_practice_board_slot:focus:contains(10:30)",
            run: "press Enter",
        },
        {
            trigger: "body:not(:has(.o_practice_board_notice))",
        },
        {
            content: "Enter opens what can be done, Escape leads back",
            trigger: `${PLANNED}:focus`,
            run: "press Enter",
        },
        {
            trigger: ".o_practice_board_popover:has(:focus):contains(09:15 to 10:30)",
            run: "press Escape",
        },
        {
            trigger: `body:not(:has(.o_practice_board_popover)) ${PLANNED}:focus`,
            run: "press ArrowUp",
        },
        {
            content: "A is for an absence from there on",
            trigger: ".o_practice_board_slot:focus:contains(09:00)",
            run: "press a",
        },
        {
            trigger: `.o_form_view [name=line_ids] .o_data_row:contains(${PATIENT})`,
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            trigger: `${BOARD} [tabindex="0"]`,
            run({ anchor }) {
                anchor.focus();
            },
        },
        {
            trigger: `${BOARD} :focus`,
            run: "press PageDown",
        },
        {
            trigger: `${BOARD}:not(:has(${PLANNED}))`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_absence", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        isAt("katrien", "10:00"),
        dragOver("katrien", "09:00", "09:45"),
        {
            content: "It is asked what the time is for",
            trigger: ".o_practice_board_span:contains(09:00 to 10:00) [data-action=plan]",
            run: "click",
        },
        {
            trigger: ".modal [name=user_id] input:value(PB katrien)",
        },
        {
            trigger: ".modal .o_form_button_cancel",
            run: "click",
        },
        dragOver("katrien", "09:00", "09:45"),
        {
            trigger: ".o_practice_board_span [data-action=away]",
            run: "click",
        },
        {
            content: "Nobody comes in this time",
            trigger: ".o_form_view:contains(No planned appointments in this time) [name=practitioner_id] input:value(PB katrien)",
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "All day, from the head of the column",
            trigger: `${BOARD} .o_practice_board_column_head:contains(katrien) .o_practice_board_away`,
            run: "click",
        },
        {
            trigger: `.o_form_view [name=line_ids] .o_data_row:contains(${PATIENT})`,
        },
        {
            trigger: "button[name=action_cancel_appointments]",
            run: "click",
        },
        {
            trigger: "button[name=action_undo]",
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Their time is taken, and nobody comes",
            trigger: `${BOARD}:not(:has(${PLANNED})) .o_practice_board_column[aria-label*=katrien] .o_practice_board_busy`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_absence_on_phone", {
    url: "/odoo/day-board",
    steps: () => [
        {
            trigger: ".o_practice_board_following",
            run: "click",
        },
        {
            trigger: `${BOARD}:not(:has(.o_practice_board_today)) ${PLANNED}`,
        },
        {
            trigger: ".o_practice_board_column_head:contains(PB katrien) .o_practice_board_away",
            run: "click",
        },
        {
            content: "Who is affected",
            trigger: `.o_form_view [name=line_ids] .o_kanban_record:contains(${PATIENT})`,
        },
        {
            trigger: "button[name=action_cancel_appointments]",
            run: "click",
        },
        {
            content: "Nobody has been told, so it can be undone",
            trigger: "button[name=action_undo]",
        },
        {
            trigger: ".o_back_button, .o_mobile_menu_toggle ~ * .oi-arrow-left, .o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            trigger: `${BOARD}:not(:has(${PLANNED})) .o_practice_board_busy`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_rooms", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        {
            trigger: `${BOARD}:not(:has(.o_practice_board_column[data-key^=room]))`,
        },
        {
            trigger: ".o_practice_board_rooms",
            run: "click",
        },
        isAt("Garden", "10:00"),
        drag("Street", "11:00"),
        isAt("Street", "11:00"),
        isAt("katrien", "11:00"),
    ],
});

/** A colleague plans tomorrow at ten, and this board knows nothing of it but what the bus says. */
registry.category("web_tour.tours").add("practice_board_live", {
    url: "/odoo/day-board",
    steps: () => [
        ...showTomorrow(),
        {
            trigger: `${BOARD}:not(:has(${PLANNED}))`,
            async run() {
                const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
                const orm = (model, method, args) =>
                    rpc(`/web/dataset/call_kw/${model}/${method}`, { model, method, args, kwargs: {} });
                const day = document.querySelector(".o_practice_board_column").dataset.day;
                const [patientId] = await orm("res.partner", "search", [[["name", "=", PATIENT]]]);
                const [typeId] = await orm("practice.appointment.type", "search", [[]]);
                const [userId] = await orm("res.users", "search", [[["name", "=", "PB katrien"]]]);
                await orm("calendar.event", "create", [
                    [
                        {
                            practice_appointment_type_id: typeId,
                            patient_id: patientId,
                            user_id: userId,
                            start: `${day} 09:00:00`,
                        },
                    ],
                ]);
            },
        },
        {
            content: "It is there, and nobody has loaded anything",
            trigger: `${BOARD} .o_practice_board_column[aria-label*="katrien"] ${PLANNED}`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_board_on_phone", {
    url: "/odoo/day-board",
    steps: () => [
        {
            content: "One column at a time",
            trigger: ".o_practice_board_column_head:contains(PB katrien)",
            run() {
                const count = document.querySelectorAll(".o_practice_board_column").length;
                if (count !== 1) {
                    throw new Error(`${count} columns`);
                }
            },
        },
        {
            content: "Swipe",
            trigger: ".o_practice_board_column",
            async run({ anchor }) {
                const { x, y } = anchor.getBoundingClientRect();
                const touch = (clientX) => new Touch({ identifier: 1, target: anchor, clientX, clientY: y + 200 });
                const swipe = (type, touches) =>
                    anchor.dispatchEvent(
                        new TouchEvent(type, { bubbles: true, cancelable: true, touches, changedTouches: touches })
                    );
                swipe("touchstart", [touch(x + 250)]);
                swipe("touchend", [touch(x + 100)]);
            },
        },
        {
            trigger: ".o_practice_board_column_head:contains(PB pieter)",
        },
        {
            trigger: "button[aria-label='Previous column']",
            run: "click",
        },
        {
            trigger: ".o_practice_board_column_head:contains(PB katrien)",
        },
        {
            trigger: ".o_practice_board_following",
            run: "click",
        },
        {
            trigger: `${BOARD}:not(:has(.o_practice_board_today))`,
        },
        clickTime("katrien", "10:00"),
        {
            trigger: ".modal [name=patient_id] input",
            run: "click",
        },
        {
            trigger: `.o_select_create_dialog_content .o_kanban_record:contains(${PATIENT})`,
            run: "click",
        },
        {
            trigger: ".modal [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        save(),
        isAt("katrien", "10:00"),
        {
            trigger: PLANNED,
            run: "click",
        },
        {
            content: "The page is not wider than the phone",
            trigger: ".o_practice_board_popover [data-action=cancel]",
            run() {
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("The page is wider than the phone");
                }
            },
        },
        clickAction("cancel"),
        {
            trigger: `${BOARD}:not(:has(${PLANNED}))`,
        },
    ],
});
