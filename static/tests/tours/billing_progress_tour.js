import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";

/** Step that does what the run in the background does next: the test says how many subscriptions that are. */
const RUN_ON = {
    content: "The run goes on",
    trigger: ".modal .progress",
    async run() {
        const { id } = await rpc("/web/action/load", { action_id: "practice_billing.tour_run_on" });
        await rpc("/web/action/run", { action_id: id });
    },
};

registry.category("web_tour.tours").add("practice_bill_many", {
    steps: () => [
        { trigger: ".o_list_view thead .o_list_record_selector input", run: "click" },
        { trigger: ".o_control_panel button[name=action_bill]", run: "click" },
        { trigger: ".modal [role=status]:contains(0 of 60 subscriptions done)" },
        RUN_ON,
        {
            content: "The dialog looks again by itself",
            trigger: ".modal [role=status]:contains(30 of 60 subscriptions done)",
        },
        { trigger: ".modal .progress:has([style*='50%'])" },
        RUN_ON,
        {
            content: "It ends with what was made",
            trigger: ".modal:not(:has(.progress-bar)) .alert-success:contains(Invoices made: 60)",
        },
        { trigger: ".modal button:contains(Open the Invoices)", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_breadcrumb .active:contains(Invoices)" },
        { trigger: ".o_list_view .o_data_row:contains(Many 59)" },
        { trigger: ".o_pager_limit:contains(60)" },
    ],
});
