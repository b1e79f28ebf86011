import { registry } from "@web/core/registry";

/** Pays the first part with the demo provider, and agrees that the coming ones are charged to the same card. */
registry.category("web_tour.tours").add("practice_agree_to_parts", {
    steps: () => [
        {
            trigger: "article a:contains(See the parts)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The coming parts are named before anybody agrees",
            trigger: "label:contains(pay the coming parts automatically):contains(400.00)",
            run: "click",
        },
        {
            trigger: "#o_practice_plan:checked",
        },
        {
            trigger: "#customer_input",
            run: "edit 4242 4242",
        },
        {
            trigger: "#simulated_payment_state",
            run: "select done",
        },
        {
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".badge:contains(Paid)",
        },
        {
            trigger: "li:contains(Will be charged on)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_stop_parts", {
    steps: () => [
        {
            content: "The second part is paid as well",
            trigger: "ul:has(li:contains(Paid) + li:contains(Paid))",
        },
        {
            trigger: "button:contains(Stop automatic payment)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-warning:contains(You stopped the automatic payment)",
        },
        {
            content: "The third one waits",
            trigger: "li .badge:contains(To pay)",
        },
    ],
});
