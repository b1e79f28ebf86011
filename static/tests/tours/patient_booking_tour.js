import { registry } from "@web/core/registry";
import { fits, follow } from "./patient_pages";

registry.category("web_tour.tours").add("practice_patient_books", {
    url: "/my/appointments",
    steps: () => [
        ...follow("a:contains(Book an appointment)"),
        ...follow("a.list-group-item:contains(Online Session)"),
        {
            content: "Anybody could give it; the patient prefers one of them",
            trigger: "label[for=practitioner_id]",
        },
        {
            trigger: "select[name=practitioner_id]",
            run: "selectByLabel PB pieter",
        },
        ...follow("button:contains(Show free times)"),
        ...follow(".o_practice_time:first"),
        {
            content: "What it costs is said before",
            trigger: "dd:contains(Before: 5, after: 4)",
        },
        ...follow("button:contains(Book this appointment)"),
        {
            trigger: ".alert-success[role=status]:contains(is booked)",
        },
        ...follow("a:contains(Choose another time)"),
        {
            content: "With the same practitioner unless asked otherwise",
            trigger: "select[name=practitioner_id]:has(option[selected]:contains(PB pieter))",
        },
        ...follow(".o_practice_time:last"),
        ...follow("button:contains(Move the appointment)"),
        {
            trigger: ".alert-success[role=status]:contains(is moved)",
        },
        ...follow("button:contains(Cancel the appointment)"),
        {
            trigger: ".alert-success[role=status]:contains(is cancelled)",
            run: fits,
        },
    ],
});
