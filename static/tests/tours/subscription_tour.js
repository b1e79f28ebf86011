import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const ORGANISATION = "Tour Practice";

/** Steps that choose `value` in the many2one `name` of the form, a dialog or the line being edited. */
function choose(name, value, place = "") {
    return [
        {
            trigger: `${place} [name=${name}] input`,
            run: `edit ${value}`,
        },
        {
            trigger: `.ui-autocomplete a:contains(${value})`,
            run: "click",
        },
    ];
}

function addSeat(practitioner) {
    return [
        {
            content: `Add ${practitioner}`,
            trigger: "[name=seat_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        ...choose("practitioner_id", practitioner, "[name=seat_ids] .o_selected_row"),
    ];
}

registry.category("web_tour.tours").add("practice_subscribe_and_bill", {
    url: "/odoo/subscriptions",
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("organisation_id", ORGANISATION, ".o_form_view"),
        ...choose("plan_id", "Standard", ".o_form_view"),
        ...addSeat("Tour An"),
        ...addSeat("Tour Bert"),
        ...stepUtils.saveForm(),
        {
            content: "It is due, and the next invoice can be seen before it is made",
            trigger: ".alert:contains(is due and not billed yet)",
        },
        {
            trigger: ".o_notebook .nav-link:contains(Next Invoice)",
            run: "click",
        },
        {
            content: "With both practitioners, without and with tax",
            trigger: ".o_practice_preview td:contains(Tour An, Tour Bert)",
        },
        {
            trigger: ".o_practice_preview tfoot:contains(78.00):contains(16.38):contains(94.38)",
        },
        {
            trigger: "button[name=action_bill]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(Invoices posted: 1.)",
        },
        {
            content: "Open the invoice: it is what was shown",
            trigger: "button[name=action_open_invoices]:contains(1)",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:only-child:contains(94.38) td.o_data_cell",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=invoice_line_ids] td:contains(Tour An, Tour Bert)",
        },
        {
            trigger: ".o_form_view .oe_subtotal_footer:contains(94.38)",
        },
    ],
});

registry.category("web_tour.tours").add("practice_change_and_cancel", {
    url: "/odoo/subscriptions",
    steps: () => [
        {
            trigger: `.o_data_row td:contains(${ORGANISATION})`,
            run: "click",
        },
        {
            trigger: "button[name=action_change_plan]",
            run: "click",
        },
        {
            content: "Nothing changes yet",
            trigger: ".modal:contains(Choose another plan or another billing) [name=plan_id]",
        },
        ...choose("plan_id", "Standard", ".modal"),
        {
            content: "The very lines of the invoice, before it is ordered",
            trigger: ".modal .o_practice_preview td:contains(Credit for unused days)",
        },
        {
            trigger: ".modal [name=code] input",
            run: "edit nonsense && press Tab",
        },
        {
            content: "A wrong code is refused in words",
            trigger: ".modal .alert-danger:contains(There is no discount code nonsense)",
        },
        {
            trigger: ".modal [name=code] input",
            run: "edit welcome && press Tab",
        },
        {
            trigger: ".modal .o_practice_preview td:contains(WELCOME: 20 %)",
        },
        {
            trigger: ".modal button:contains(Change and Bill Now)",
            run: "click",
        },
        {
            content: "The invoice of today",
            trigger: ".o_form_view [name=invoice_line_ids] td:contains(WELCOME: 20 %)",
        },
        {
            trigger: `.o_breadcrumb a:contains(${ORGANISATION})`,
            run: "click",
        },
        {
            trigger: ".o_form_view [name=plan_id]:contains(Standard)",
        },
        {
            content: "Cancel it, seeing first until when it goes on",
            trigger: "button[name=action_cancel]",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains(Everything goes on until)",
        },
        {
            trigger: ".modal [name=reason] .o_select_menu_input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Too expensive)",
            run: "click",
        },
        {
            trigger: ".modal button:contains(End with the Period)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .alert:contains(It can be undone until then)",
        },
        {
            content: "Keep it after all",
            trigger: "button[name=action_undo_cancel]",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(.alert:contains(It can be undone until then))) button[name=action_cancel]",
        },
    ],
});
