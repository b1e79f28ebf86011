import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** Sold in three parts of which the first one is paid at the desk; three credits can be planned. */
registry.category("web_tour.tours").add("practice_sell_in_parts", {
    steps: () => [
        {
            trigger: "button[name=action_practice_sell_package]",
            run: "click",
        },
        {
            trigger: ".modal [name=amount_total]:contains(1,200.00)",
        },
        {
            trigger: ".modal [name=payment_term_id] input",
            run: "edit PB in 3 parts",
        },
        {
            trigger: ".ui-autocomplete a:contains(PB in 3 parts)",
            run: "click",
        },
        {
            content: "What that means is said",
            trigger: ".modal [name=parts_note]:contains(after each part: 3, 6, 10)",
        },
        {
            trigger: ".modal [name=payment_journal_id] input",
            run: "edit PB bank",
        },
        {
            trigger: ".ui-autocomplete a:contains(PB bank)",
            run: "click",
        },
        {
            content: "Only the first part is paid now",
            trigger: ".modal [name=parts_note]:contains(is paid now: 3 credits)",
        },
        {
            trigger: ".modal button:contains(Sell and Register Payment)",
            run: "click",
        },
        {
            trigger: "button[name=action_open_practice_lots]",
            run: "click",
        },
        {
            trigger: ".o_data_row td:contains(Tour Patient)",
            run: "click",
        },
        {
            content: "The credits say what is paid and when the next part is",
            trigger: ".o_form_view [name=parts_note]:contains(Credits paid: 3 of 10. The next part is due)",
        },
        {
            trigger: ".o_practice_credit_bar:contains(3 left):contains(7 waiting for payment)",
        },
    ],
});

/** Planning: as long as credits are paid, then refused in words. */
const plan = [
    {
        trigger: "button[name=action_practice_plan_appointment]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("practice_plan_paid_part", {
    steps: () => [
        ...plan,
        {
            trigger: "[name=credit_balance]:contains(1 left, 2 reserved)",
        },
        ...stepUtils.saveForm(),
        {
            trigger: "[name=credit_state]:contains(Reserved)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_plan_unpaid_part", {
    steps: () => [
        ...plan,
        {
            content: "It is said before",
            trigger: ".alert:contains(Not enough credits)",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Refused, with the numbers",
            trigger: ".modal:contains('3 reserved, 7 waiting for payment')",
        },
        {
            trigger: ".modal footer button",
            run: "click",
        },
        {
            trigger: ".o_form_button_cancel",
            run: "click",
        },
    ],
});
