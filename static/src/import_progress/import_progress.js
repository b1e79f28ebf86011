import { Component, onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Milliseconds after which the form looks again how far the run is. */
const INTERVAL = 2000;

/**
 * Says how many rows of a file are done, and looks again as long as the run works on it.
 */
export class ImportProgress extends Component {
    static template = "practice_billing.ImportProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.timer = browser.setInterval(() => this.look(), INTERVAL);
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    get isRunning() {
        const { state, error } = this.props.record.data;
        return ["checking", "importing"].includes(state) && !error;
    }

    get isChecking() {
        return this.props.record.data.state === "checking";
    }

    get percent() {
        const { rows_done, rows_total } = this.props.record.data;
        return this.isChecking ? 100 : rows_total && Math.round((100 * rows_done) / rows_total);
    }

    get words() {
        const { rows_done, rows_total } = this.props.record.data;
        return this.isChecking
            ? _t("The rows are being checked. You can leave this page.")
            : _t("%(done)s of %(total)s rows done. You can leave this page.", { done: rows_done, total: rows_total });
    }

    async look() {
        if (!this.isRunning || this.isLooking || document.hidden) {
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

registry.category("fields").add("practice_import_progress", {
    component: ImportProgress,
    displayName: _t("Progress of an import"),
    supportedTypes: ["selection"],
    fieldDependencies: [
        { name: "rows_done", type: "integer" },
        { name: "rows_total", type: "integer" },
        { name: "error", type: "char" },
    ],
});
