import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const PATIENT = "Tour Patient";

/** Steps of the sell dialog: the only product is there already, the patient pays at the desk. */
function sellAtTheDesk() {
    return [
        {
            content: "The product, its credits and its price are there",
            trigger: ".modal [name=credits]:contains(10)",
        },
        {
            trigger: ".modal [name=amount_total]:contains(1,200.00)",
        },
        {
            content: "The patient pays now",
            trigger: ".modal [name=payment_journal_id] input",
            run: "edit PB bank",
        },
        {
            trigger: ".ui-autocomplete a:contains(PB bank)",
            run: "click",
        },
        {
            trigger: ".modal button:contains(Sell and Register Payment)",
            run: "click",
        },
    ];
}

registry.category("web_tour.tours").add("practice_sell_and_book", {
    url: "/odoo/patients",
    steps: () => [
        {
            trigger: ".o_searchview_input",
            run: `edit ${PATIENT}`,
        },
        {
            trigger: ".o_searchview_input",
            run: "press Enter",
        },
        {
            content: "Open the patient",
            trigger: `.o_data_row:only-child td:contains(${PATIENT})`,
            run: "click",
        },
        {
            trigger: "button[name=action_practice_sell_package]",
            run: "click",
        },
        ...sellAtTheDesk(),
        {
            content: "The invoice is paid",
            trigger: ".o_form_view .ribbon span:contains(Paid)",
        },
        {
            content: "The credits are active",
            trigger: "button[name=action_open_practice_lots]",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Active) td:contains(Tour Patient)",
        },
        {
            content: "Plan an appointment from the patient's form",
            trigger: ".o_breadcrumb a:contains(Tour Patient)",
            run: "click",
        },
        {
            trigger: "button[name=action_practice_plan_appointment]",
            run: "click",
        },
        {
            content: "The balance is shown while planning",
            trigger: "[name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        ...stepUtils.saveForm(),
        {
            trigger: "[name=credit_state]:contains(Reserved)",
        },
        {
            trigger: "button[data-menu-xmlid='practice_billing.practice_menu_appointments']",
            run: "click",
        },
        {
            content: "The calendar shows it",
            trigger: "a[data-menu-xmlid='practice_billing.calendar_event_menu_appointment']",
            run: "click",
        },
        {
            trigger: `.fc-event:contains(${PATIENT})`,
            run: "click",
        },
        {
            content: "And what it costs",
            trigger: ".o_cw_popover:contains(session 1 of 10; 9 left, 1 reserved)",
        },
        {
            content: "Deleting it says what that costs, too",
            trigger: ".o_cw_popover .o_cw_popover_delete",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains(Credits that go back: 1)",
        },
        {
            content: "Keep it after all",
            trigger: ".modal button:contains(Keep It)",
            run: "click",
        },
        {
            trigger: `body:not(:has(.modal)) .fc-event:contains(${PATIENT})`,
        },
    ],
});

registry.category("web_tour.tours").add("practice_refund", {
    steps: () => [
        {
            trigger: "button[name=action_practice_refund]",
            run: "click",
        },
        {
            content: "All that is available is proposed",
            trigger: ".modal [name=amount_back]:contains(1,200.00)",
        },
        {
            trigger: ".modal [name=credits] input",
            run: "edit 4",
        },
        {
            trigger: ".modal [name=fee] input",
            run: "edit 30",
        },
        {
            trigger: ".modal [name=reason] input",
            run: "edit Moves to Ghent",
        },
        {
            content: "It says what goes back before it does",
            trigger: ".modal .alert:contains(450.00):contains(4 credits; still available afterwards: 6)",
        },
        {
            trigger: ".modal button[name=action_refund]",
            run: "click",
        },
        {
            content: "The credit note is there",
            trigger: ".o_form_view .ribbon span:contains(Paid)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_sell_while_planning", {
    url: "/odoo/patients",
    steps: () => [
        {
            trigger: ".o_searchview_input",
            run: `edit ${PATIENT}`,
        },
        {
            trigger: ".o_searchview_input",
            run: "press Enter",
        },
        {
            trigger: `.o_data_row:only-child td:contains(${PATIENT})`,
            run: "click",
        },
        {
            trigger: "button[name=action_practice_plan_appointment]",
            run: "click",
        },
        {
            content: "There are no credits: sell without leaving the appointment",
            trigger: ".alert:contains(Not enough credits) button:contains(Sell package)",
            run: "click",
        },
        ...sellAtTheDesk(),
        {
            trigger: "body:not(:has(.modal)) [name=credit_balance]:contains(session 1 of 10; 10 left, 0 reserved)",
        },
        ...stepUtils.saveForm(),
        {
            trigger: "[name=credit_state]:contains(Reserved)",
        },
        {
            content: "Cancel it, seeing first that it is free",
            trigger: "button[name=action_practice_cancel_appointment]",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains(Credits that go back: 1)",
        },
        {
            trigger: ".modal button[name=action_cancel]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) [name=credit_state]:contains(Given Back)",
        },
    ],
});
