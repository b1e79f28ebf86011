import { PaymentForm } from "@payment/interactions/payment_form";
import { patch } from "@web/core/utils/patch";

/**
 * Says with a payment whether its payer agreed, by a checkbox of the page, that the coming parts are charged too. What
 * is sent are the days and amounts that the page shows, so that they are compared with those of the invoice.
 */
patch(PaymentForm.prototype, {
    _prepareTransactionRouteParams() {
        const params = super._prepareTransactionRouteParams(...arguments);
        const agreed = document.querySelector("#o_practice_plan:checked");
        if (agreed) {
            params.practice_plan = agreed.value;
        }
        return params;
    },
});
