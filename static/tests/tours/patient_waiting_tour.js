import { registry } from "@web/core/registry";
import { fits, follow } from "./patient_pages";

registry.category("web_tour.tours").add("practice_patient_waits", {
    steps: () => [
        ...follow("a:contains(Put me on the waiting list)"),
        {
            trigger: "select[name=hour_from]",
            run: "select 9",
        },
        ...follow("button:contains(Put me on the waiting list)"),
        {
            trigger: ".alert-success[role=status]:contains(on the waiting list)",
            run: fits,
        },
        {
            trigger: "button:contains(Leave the list)",
        },
    ],
});
