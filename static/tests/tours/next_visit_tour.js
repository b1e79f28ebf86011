import { registry } from "@web/core/registry";

/** At the end of a session: a note, and the same again in two weeks. */
registry.category("web_tour.tours").add("practice_next_visit", {
    steps: () => [
        {
            trigger: ".o_form_view .o_field_widget[name='practice_next_note'] textarea",
            run: "edit Bring the knee brace",
        },
        {
            trigger: ".o_statusbar_buttons button[name='action_practice_plan_next_visit']",
            run: "click",
        },
        {
            content: "It is proposed in two weeks, and the balance after it is said",
            trigger: ".modal .o_field_widget[name='distance'] input[data-value='2']:checked",
        },
        {
            trigger: ".modal .o_field_widget[name='consequence']:contains('Left after it: 8')",
        },
        {
            trigger: ".modal .o_field_widget[name='distance'] input[data-value='3']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='distance'] input[data-value='3']:checked",
        },
        {
            trigger: ".modal footer button[name='action_plan']",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('Planned: Tour Patient')",
        },
        {
            trigger: "body:not(:has(.modal)) .o_form_saved, body:not(:has(.modal)) .o_form_view",
        },
    ],
});

/** Three weeks later: the note is there. */
registry.category("web_tour.tours").add("practice_read_note", {
    steps: () => [
        {
            trigger: ".o_form_view .alert .o_field_widget[name='practice_note']:contains('Bring the knee brace')",
        },
    ],
});
