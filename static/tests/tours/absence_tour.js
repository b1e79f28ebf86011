import { registry } from "@web/core/registry";

const LIST = "[name=line_ids] .o_data_row";

registry.category("web_tour.tours").add("practice_absence_confirm", {
    url: "/odoo/appointments",
    steps: () => [
        {
            trigger: "button[data-menu-xmlid='practice_billing.practice_menu_appointments']",
            run: "click",
        },
        {
            content: "From the menu, as people come",
            trigger: "a[data-menu-xmlid='practice_billing.practice_absence_menu']",
            run: "click",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Who is ill",
            trigger: "[name=practitioner_id] input",
            run: "edit PB katrien",
        },
        {
            trigger: ".ui-autocomplete a:contains(PB katrien)",
            run: "click",
        },
        {
            content: "Who is affected is there before anything is saved",
            trigger: `${LIST}:contains(An Peeters)`,
        },
        {
            trigger: `${LIST}:contains(Bert Claes)`,
        },
        {
            content: "A colleague is free for Bert",
            trigger: `${LIST}:contains(Bert Claes):contains(PB pieter) [name=hand_over] input`,
            run: "click",
        },
        {
            trigger: "button[name=action_cancel_appointments]",
            run: "click",
        },
        {
            content: "Nobody has been told, so it can be undone",
            trigger: "button[name=action_undo]",
            run: "click",
        },
        {
            trigger: "button[name=action_cancel_appointments]",
            run: "click",
        },
        {
            trigger: `${LIST}:contains(Bert Claes):contains(With a Colleague)`,
        },
        {
            trigger: `${LIST}:contains(An Peeters):contains(No New Time Yet):contains(Not Yet)`,
        },
        {
            trigger: "button[name=action_tell_now]",
            run: "click",
        },
        {
            trigger: ".o_form_view:has(button[name=action_tell_now])",
        },
    ],
});

registry.category("web_tour.tours").add("practice_absence_who_picked", {
    url: "/odoo/absences",
    steps: () => [
        {
            trigger: ".o_data_row:contains(PB katrien):contains(Patients Told) td[name=reason]",
            run: "click",
        },
        {
            content: "One appointment of An has a new time, the other one has not",
            trigger: `${LIST}:contains(An Peeters):contains(No New Time Yet):contains(E-Mailed)`,
        },
        {
            trigger: "button[name=action_open_lines]:contains(Without a New Time):contains(1)",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(An Peeters):contains(New Time):contains(E-Mailed)",
        },
        {
            trigger: ".o_data_row:contains(Bert Claes):contains(With a Colleague)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_cancel_several", {
    url: "/odoo/appointments?view_type=list",
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row",
        },
        {
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Deleting asks who cancels",
            trigger: ".o_cp_action_menus button.dropdown-toggle",
            run: "click",
        },
        {
            trigger: ".o_menu_item:contains(Delete)",
            run: "click",
        },
        {
            trigger: ".modal label:contains(The practice cancels)",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains(Never late)",
        },
        {
            trigger: ".modal [name=reason] input",
            run: "edit Water in the cellar",
        },
        {
            trigger: ".modal button:contains(Cancel Appointments)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
    ],
});
