import { Component, onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Milliseconds after which the dialog looks again how far the run is. */
const INTERVAL = 2000;

/** Says how many subscriptions are billed, and looks again as long as some are left. */
export class BillingProgress extends Component {
    static template = "practice_billing.BillingProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.timer = browser.setInterval(() => this.look(), INTERVAL);
        onWillUnmount(() => browser.clearInterval(this.timer));
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

    async look() {
        if (!this.left || this.isLooking || document.hidden) {
            return;
        }
        this.isLooking = true;
        try {
            await this.props.record.load();
        } finally {
            this.isLooking = false;
        }
    }
}

registry.category("fields").add("practice_billing_progress", {
    component: BillingProgress,
    displayName: _t("Progress of the billing"),
    supportedTypes: ["integer"],
    fieldDependencies: [{ name: "total_count", type: "integer" }],
});
