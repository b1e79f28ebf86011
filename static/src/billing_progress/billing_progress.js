import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useLookAgain } from "@practice_billing/look_again/look_again";

/** Says how many subscriptions are billed, and looks again as long as some are left. */
export class BillingProgress extends Component {
    static template = "practice_billing.BillingProgress";
    static props = { ...standardFieldProps };

    setup() {
        useLookAgain(() => this.left);
    }

    get left() {
        return this.props.record.data[this.props.name];
    }

    get percent() {
        const total = this.props.record.data.total_count;
        return total ? Math.round((100 * (total - this.left)) / total) : 100;
    }

    get words() {
        const total = this.props.record.data.total_count;
        return _t("%(done)s of %(total)s subscriptions done. You can close this dialog: the run goes on.", {
            done: total - this.left,
            total,
        });
    }
}

registry.category("fields").add("practice_billing_progress", {
    component: BillingProgress,
    displayName: _t("Progress of the billing"),
    supportedTypes: ["integer"],
    fieldDependencies: [{ name: "total_count", type: "integer" }],
});
