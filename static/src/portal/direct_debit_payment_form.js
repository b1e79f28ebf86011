import {_t} from "@web/core/l10n/translation";
import {rpc, RPCError} from "@web/core/network/rpc";
import {patch} from "@web/core/utils/patch";
import {PaymentForm} from "@payment/interactions/payment_form";

const CODE = "practice_sepa";

/** Signing a mandate on Odoo's payment form: holder, account and consent go along with the payment that was begun. */
patch(PaymentForm.prototype, {
    async _prepareInlineForm(providerId, providerCode, paymentOptionId, paymentMethodCode, flow) {
        if (providerCode !== CODE) {
            await super._prepareInlineForm(...arguments);
        } else if (flow !== "token") {
            this._setPaymentFlow("direct");
        }
    },

    async _initiatePaymentFlow(providerCode, paymentOptionId, paymentMethodCode, flow) {
        if (providerCode === CODE && flow === "direct" && !this._getMandateForm().reportValidity()) {
            this._enableButton();
            return;
        }
        await super._initiatePaymentFlow(...arguments);
    },

    async _processDirectFlow(providerCode, paymentOptionId, paymentMethodCode, processingValues) {
        if (providerCode !== CODE) {
            await super._processDirectFlow(...arguments);
            return;
        }
        const fields = this._getMandateForm().elements;
        try {
            await this.waitFor(
                rpc("/practice/direct_debit/sign", {
                    reference: processingValues.reference,
                    access_token: processingValues.sepa_access_token,
                    holder: fields.holder.value,
                    iban: fields.iban.value,
                    version: fields.version.value,
                    consent: fields.consent.checked,
                })
            );
            window.location = "/payment/status";
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            this._displayErrorDialog(_t("The mandate was not signed"), error.data.message);
            this._enableButton();
        }
    },

    /** Return the fields of the option that is chosen; the payment form is a form itself and cannot hold another one. */
    _getMandateForm() {
        const radio = this.el.querySelector('input[name="o_payment_radio"]:checked');
        const fieldset = this._getInlineForm(radio).querySelector("fieldset[name='practice_mandate']");
        return {
            elements: fieldset.elements,
            reportValidity: () => [...fieldset.elements].every((field) => field.reportValidity()),
        };
    },
});
