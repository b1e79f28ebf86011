import { registry } from "@web/core/registry";

/** Tour Patient gives ten credits; Tour Receiver brings the card, and has them. */
registry.category("web_tour.tours").add("practice_gift_voucher", {
    url: "/odoo/patients",
    steps: () => [
        {
            trigger: ".o_searchview_input",
            run: "edit Tour Patient",
        },
        {
            trigger: ".o_searchview_input",
            run: "press Enter",
        },
        {
            trigger: ".o_data_row:only-child td:contains(Tour Patient)",
            run: "click",
        },
        {
            trigger: "button[name=action_practice_sell_package]",
            run: "click",
        },
        {
            trigger: ".modal [name=credits]:contains(10)",
        },
        {
            trigger: ".modal [name=payment_journal_id] input",
            run: "edit PB bank",
        },
        {
            trigger: ".ui-autocomplete a:contains(PB bank)",
            run: "click",
        },
        {
            trigger: ".modal [name=is_gift] input",
            run: "click",
        },
        {
            trigger: ".modal [name=receiver_name] input",
            run: "edit Tour Receiver",
        },
        {
            trigger: ".modal [name=message] textarea",
            run: "edit Happy birthday!",
        },
        {
            trigger: ".modal button:contains(Sell and Register Payment)",
            run: "click",
        },
        {
            content: "The voucher is there, and can be printed",
            trigger: ".o_form_view button[name=action_print]",
        },
        {
            trigger: "button[name=action_open_lot]",
            run: "click",
        },
        {
            content: "The credits are kept for it",
            trigger: ".o_form_view .alert:contains(kept for a gift voucher)",
        },
        {
            trigger: "button[name=action_open_voucher]",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_redeem]",
            run: "click",
        },
        {
            content: "Another patient brings the card",
            trigger: ".modal [name=partner_id] input",
            run: "edit Tour Receiver",
        },
        {
            trigger: ".ui-autocomplete a:contains(Tour Receiver)",
            run: "click",
        },
        {
            content: "It is said what happens",
            trigger: ".modal [name=consequence]:contains(Tour Receiver gets 10 credits)",
        },
        {
            trigger: ".modal footer button[name=action_redeem]",
            run: "click",
        },
        {
            content: "The credits are there",
            trigger: "body:not(:has(.modal)) .o_form_view .oe_title:contains(Tour Receiver)",
        },
        {
            trigger: ".o_field_widget[name=credits_available]:contains(10)",
        },
        {
            trigger: "button[name=action_open_voucher]",
            run: "click",
        },
        {
            content: "The voucher is redeemed, and offers nothing more",
            trigger: ".o_form_view:not(:has(button[name=action_redeem])) .o_arrow_button_current:contains(Redeemed)",
        },
    ],
});
