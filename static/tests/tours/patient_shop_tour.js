import { registry } from "@web/core/registry";
import { fits, follow } from "./patient_pages";

/** Steps from My Packages to the payment form of the only package. */
function buy() {
    return [
        {
            content: "There is nothing yet, and a way to buy",
            trigger: ".o_portal_wrap a:contains(Buy a package)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The card says what it costs",
            trigger: "article:contains(1,200.00):contains(120.00) a:contains(Choose)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "select[name=patient_id]",
            run: "selectByLabel PB parent",
        },
        {
            content: "Read the terms",
            trigger: "summary:contains(Terms)",
            run: "click",
        },
        {
            trigger: "details[open]:contains(two years)",
        },
        {
            trigger: "input[name=terms]",
            run: "click",
        },
        {
            trigger: "button[value=online]",
            run: "click",
            expectUnloadPage: true,
        },
    ];
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
        {
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
    ];
}

function seeCredits() {
    return [
        {
            content: "The page of the purchase says that it is paid",
            trigger: ".alert-success:contains(your payment has arrived)",
        },
        {
            trigger: "dd:contains(10 left)",
        },
        {
            trigger: ".o_portal_wrap a:contains(My packages)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "article:contains(Ten sessions):contains(10 left) a:contains(Buy again)",
        },
    ];
}

registry.category("web_tour.tours").add("practice_buy_package", {
    url: "/my/packages",
    steps: () => [...buy(), ...pay("done"), ...seeCredits()],
});

registry.category("web_tour.tours").add("practice_buy_package_twice", {
    url: "/my/packages",
    steps: () => [
        ...buy(),
        ...pay("error"),
        {
            content: "It says that nothing was paid",
            trigger: ".alert-danger:contains(did not succeed)",
        },
        ...pay("done"),
        ...seeCredits(),
    ],
});

registry.category("web_tour.tours").add("practice_upgrade_package", {
    url: "/my/packages",
    steps: () => [
        ...follow("article:contains(Ten sessions) a:contains(Upgrade to 10 credits for)"),
        {
            content: "It says what changes and what it costs",
            trigger: "form:contains(Unused credits that go into it: 4) td:contains(550.00)",
            run: fits,
        },
        {
            trigger: "input[name=terms]",
            run: "click",
        },
        ...follow("button:contains(Upgrade and pay)"),
        {
            content: "It waits for payment, which is asked for at once",
            trigger: ".alert-info:contains(plan with the credits that were left)",
            run: fits,
        },
        ...pay("done"),
        {
            trigger: ".alert-success:contains(your payment has arrived)",
        },
        {
            trigger: "dd:contains(9 left)",
        },
        ...follow(".o_portal_wrap a:contains(My packages)"),
        {
            trigger: "article:contains(Ten sessions):contains(9 left)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_give_on_portal", {
    steps: () => [
        ...follow(".o_portal_wrap a:contains(Buy it as a gift)"),
        { trigger: "input[name=receiver_name]", run: "edit Oma Rosa" },
        { trigger: "textarea[name=message]", run: "edit Happy birthday!" },
        { trigger: "input[name=terms]", run: "click" },
        { trigger: "button[value=online]", run: "click", expectUnloadPage: true },
        { trigger: "dd:contains(Oma Rosa)", run: fits },
        ...pay("done"),
        { trigger: ".alert-success:contains(The voucher is ready)" },
        ...follow(".o_portal_wrap a:contains(Gifts I gave)"),
        { content: "The code can be read out", trigger: "article:contains(Oma Rosa) .font-monospace", run: fits },
    ],
});

registry.category("web_tour.tours").add("practice_redeem_on_portal", {
    steps: () => [
        ...follow("button:contains(Look at it)"),
        { content: "What it is, before it is redeemed", trigger: "p:contains(Happy birthday!)", run: fits },
        ...follow("button:contains(Redeem it)"),
        { trigger: "article:contains(Ten sessions):contains(10 left)", run: fits },
    ],
});
