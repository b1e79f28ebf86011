import { registry } from "@web/core/registry";

/** Three of ten credits become somebody else's, with their money. */
registry.category("web_tour.tours").add("practice_transfer", {
    steps: () => [
        {
            trigger: ".o_statusbar_buttons button[name='action_transfer']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='receiver_id'] input",
            run: "edit Tour Receiver",
        },
        {
            trigger: ".modal .o-autocomplete--dropdown-item:contains('Tour Receiver')",
            run: "click",
        },
        {
            content: "All of them are proposed, and the money stays",
            trigger: ".modal .o_field_widget[name='consequence']:contains('Tour Receiver gets 10 credits')",
        },
        {
            trigger: ".modal .o_field_widget[name='credits'] input",
            run: "edit 3",
        },
        {
            trigger: ".modal .o_field_widget[name='owner'] input[data-value='receiver']",
            run: "click",
        },
        {
            content: "It is said whose money they become",
            trigger: ".modal .o_field_widget[name='consequence']:contains('becomes the money of Tour Receiver')",
        },
        {
            trigger: ".modal .o_field_widget[name='consequence']:contains('Tour Patient keeps 7 available')",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit Moves away",
        },
        {
            trigger: ".modal footer button[name='action_transfer']",
            run: "click",
        },
        {
            content: "The receiver's credits are shown, and lead back",
            trigger: "body:not(:has(.modal)) .o_form_view .oe_title:contains('Tour Receiver')",
        },
        {
            trigger: "button[name='action_open_source_lot']",
            run: "click",
        },
        {
            trigger: ".o_form_view .oe_title:contains('Tour Patient')",
        },
        {
            trigger: "button[name='action_open_transferred_lots']",
        },
    ],
});
