import { registry } from "@web/core/registry";

/** Fail when the page has to be scrolled sideways. */
function fits() {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${location.pathname} is ${scrollWidth} wide on a screen of ${window.innerWidth}`);
    }
}

/** Check that a page fits the screen, and go on to the next one. */
function follow(trigger) {
    return [
        { trigger, run: fits },
        { trigger, run: "click", expectUnloadPage: true },
    ];
}

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
