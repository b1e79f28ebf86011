import {patch} from "@web/core/utils/patch";
import {PaymentPostProcessing} from "@payment/interactions/post_processing";

/** A direct debit is pending for days: nobody has to wait for it on the page that says so. */
patch(PaymentPostProcessing, {
    getFinalStates(providerCode) {
        const states = super.getFinalStates(...arguments);
        return providerCode === "practice_sepa" ? states.add("pending") : states;
    },
});
