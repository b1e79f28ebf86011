import { registry } from "@web/core/registry";

/** A step that leaves the page. */
function go(trigger, content) {
    return { content, trigger, run: "click", expectUnloadPage: true };
}

/** Steps that sign a mandate on Odoo's payment form, after having been refused with an account that is none. */
function sign(iban) {
    return [
        {
            trigger: "fieldset[name=practice_mandate] input[name=holder]",
            run: "edit De Brug",
        },
        {
            trigger: "fieldset[name=practice_mandate] input[name=iban]",
            run: "edit BE00 1234 5678 9012",
        },
        {
            trigger: "fieldset[name=practice_mandate] input[name=consent]",
            run: "click",
        },
        {
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
        },
        {
            content: "What is no account is refused in words",
            trigger: ".modal:contains(This is no IBAN)",
        },
        {
            trigger: ".modal footer button",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal.show)) fieldset[name=practice_mandate] input[name=iban]",
            run: `edit ${iban}`,
        },
        go("button[name=o_payment_submit_button]:enabled", "Sign"),
    ];
}

registry.category("web_tour.tours").add("practice_debit_sign", {
    url: "/my/subscription/method",
    steps: () => [
        {
            content: "The mandate is read before it is signed",
            trigger: "fieldset[name=practice_mandate] [role=region]:contains(you authorise)",
        },
        ...sign("BE68 5390 0754 7034"),
        {
            trigger: "li:contains(7034) .badge:contains(In use)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_debit_sign_again", {
    url: "/my",
    steps: () => [
        go(
            ".alert-warning[role=alert]:contains(could not be collected) a:contains(Renew payment method)",
            "The mandate is worth nothing any more: the banner says so"
        ),
        ...sign("NL91 ABNA 0417 1643 00"),
        {
            trigger: "li:contains(4300) .badge:contains(In use)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_debit_pay_all", {
    url: "/my/subscription/open",
    steps: () => [
        {
            content: "The invoice, and the fee for what came back",
            trigger: "#wrap:contains(94.38):contains(6.05):contains(100.43)",
        },
        go("button[name=o_payment_submit_button]:enabled", "With the mandate that was just signed"),
        {
            content: "It is on its way, and nobody pays it twice",
            trigger: "#wrap:contains(Payment under way):not(:has(button[name=o_payment_submit_button]))",
        },
    ],
});

registry.category("web_tour.tours").add("practice_debit_upload", {
    steps: () => [
        {
            trigger: ".o_control_panel button:contains(Make Files Now)",
            run: "click",
        },
        {
            content: "The file that was just made",
            trigger: ".o_data_row:contains(To Upload) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "What it collects is there to compare",
            trigger: ".o_form_view [name=transaction_ids] .o_data_row:contains(De Brug)",
        },
        {
            content: "The file is what a bank reads",
            trigger: "button[name=action_download]",
            async run() {
                const id = Number(location.pathname.split("/").pop());
                const call = (method) =>
                    fetch(`/web/dataset/call_button/practice.sepa.batch/${method}`, {
                        method: "POST",
                        headers: { "Content-Type": "application/json" },
                        body: JSON.stringify({
                            jsonrpc: "2.0",
                            params: { model: "practice.sepa.batch", method, args: [[id]], kwargs: {} },
                        }),
                    }).then((answer) => answer.json());
                const { result } = await call("action_download");
                const text = await (await fetch(result.url)).text();
                if (!text.includes("CstmrDrctDbtInitn")) {
                    throw new Error("This is no file for a bank");
                }
            },
        },
        {
            trigger: "button[name=action_mark_uploaded]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Uploaded)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_debit_load_answer", {
    steps: () => [
        {
            trigger: ".o_control_panel button:contains(Load a Bank Answer)",
            run: "click",
        },
        {
            content: "The file of the bank",
            trigger: ".modal .o_field_widget[name=file] input[type=file]:not(:visible)",
            async run({ anchor }) {
                const content = await (await fetch("/web/content/practice_billing.tour_bank_answer")).blob();
                const files = new DataTransfer();
                files.items.add(new File([content], "answer.xml"));
                anchor.files = files.files;
                anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        {
            trigger: ".modal .o_field_widget[name=file] input:value(answer.xml)",
        },
        {
            trigger: ".modal button[name=action_load]",
            run: "click",
        },
        {
            content: "What became of it",
            trigger: ".o_form_view [name=line_ids] .o_data_row",
        },
    ],
});
