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
