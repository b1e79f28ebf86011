import { registry } from "@web/core/registry";

/** A step that leaves the page. */
function go(trigger, content) {
    return { content, trigger, run: "click", expectUnloadPage: true };
}

/** Steps that pay with the demo provider, which answers with ``state``. */
function pay(state) {
    return [
        {
            trigger: "#customer_input",
            run: "edit 4242 4242",
        },
        {
            trigger: "#simulated_payment_state",
            run: `select ${state}`,
        },
        go("button[name=o_payment_submit_button]:enabled"),
    ];
}

function selectPlan(plan) {
    return [
        go(".alert-danger[role=alert] a:contains(Select plan)", "The trial has ended: the banner says so"),
        go(".btn-group a:contains(Yearly)"),
        {
            trigger: "article:contains(Starter):contains(Has no yearly price)",
        },
        go(".btn-group a:contains(Monthly)"),
        go(`article:contains(${plan}) button:contains(Select)`),
    ];
}

function applyCode(code) {
    return [
        {
            trigger: "#checkout_code",
            run: `edit ${code}`,
        },
        go("form:has(#checkout_code) button:contains(Apply)"),
    ];
}

registry.category("web_tour.tours").add("practice_organisation_subscribes", {
    url: "/my",
    steps: () => [
        ...selectPlan("Starter"),
        {
            trigger: ".o_practice_preview:contains(36.30)",
        },
        ...applyCode("NOTHING"),
        {
            content: "A refusal of a code that nobody has been given",
            trigger: ".alert-danger:contains(The discount code NOTHING cannot be used here)",
        },
        ...applyCode("welcome"),
        {
            content: "20 % off: 24.00 and tax",
            trigger: ".o_practice_preview:contains(29.04)",
        },
        ...pay("error"),
        {
            content: "Nothing was charged, and it can be tried again",
            // On the page of the checkout: Odoo's own status page says it too, and goes away by itself.
            trigger: "#wrap:has(#checkout_code) .alert-danger:contains(error)",
        },
        {
            content: "The demo provider has kept the card that it refused; take another one",
            trigger: "button[name=o_payment_expand_button]",
            run: "click",
        },
        {
            trigger: "#o_payment_methods.show input[name=o_payment_radio]:not(:checked)",
            run: "click",
        },
        ...pay("done"),
        {
            trigger: ".alert-success:contains(your subscription is active)",
        },
        {
            content: "No banner any more, and the method is saved",
            trigger: "body:not(:has(.o_practice_banners .alert)) li:contains(Collected automatically)",
        },
        go("a:contains(Add practitioner)"),
        {
            trigger: "#seat_name",
            run: "edit Tour Dirk",
        },
        {
            trigger: "#seat_email",
            run: "edit tour.dirk@example.com",
        },
        go("button:contains(See what it costs)"),
        {
            content: "Who pays what from when, before it is confirmed",
            trigger: ".o_practice_consequence:contains(15.00):contains(72.60)",
        },
        go("button[name=confirm]"),
        {
            trigger: "#practice_seats",
        },
        {
            trigger: "li strong:contains(Tour Dirk)",
        },
        go("a:contains(Change plan)"),
        go("article:contains(Standard) a:contains(Upgrade to Standard)"),
        {
            content: "The invoice before it is made",
            trigger: ".o_practice_preview:contains(Tour Dirk)",
        },
        go("button[name=confirm]:contains(Update plan)"),
        {
            trigger: ".alert-success:contains(Your plan is updated)",
        },
        {
            trigger: "#practice_plan:contains(Standard):contains(Active)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_organisation_renews_card", {
    url: "/my",
    steps: () => [
        go(
            ".alert-warning[role=alert]:contains(could not be collected) a:contains(Renew payment method)",
            "The card was refused: the banner says so"
        ),
        {
            trigger: "li:contains(0341) .badge:contains(In use)",
        },
        ...pay("done"),
        {
            content: "Invoices are collected with the new card from now on",
            trigger: "li:contains(4242) .badge:contains(In use)",
        },
    ],
});
