import { Component, onWillRender, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useLookAgain } from "@practice_billing/look_again/look_again";

/** What the server sends while it checks: nothing of a check is in the database until it ends. */
const PROGRESS = "practice_billing.import_progress";

/**
 * Says how many rows of a file are done and how long the others take, and looks again as long as the run works on it.
 */
export class ImportProgress extends Component {
    static template = "practice_billing.ImportProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.checked = useState({ rows_done: 0, rows_total: 0 });
        this.since = null;
        this.bus = useService("bus_service");
        this.onProgress = (message) => {
            if (message.import_id === this.props.record.resId) {
                this.checked.rows_done = message.rows_done;
                this.checked.rows_total = message.rows_total;
            }
        };
        this.bus.subscribe(PROGRESS, this.onProgress);
        useLookAgain(() => this.isRunning);
        onWillRender(() => (this.timeLeft = this.estimate()));
        onWillUnmount(() => this.bus.unsubscribe(PROGRESS, this.onProgress));
    }

    get isRunning() {
        const { state, error } = this.props.record.data;
        return ["checking", "importing"].includes(state) && !error;
    }

    get isChecking() {
        return this.props.record.data.state === "checking";
    }

    /** How far it is; nobody knows before the first rows are done. */
    get progress() {
        const { rows_done: done, rows_total: total } = this.isChecking ? this.checked : this.props.record.data;
        return { done, total, isKnown: Boolean(done && total) };
    }

    get percent() {
        const { done, total, isKnown } = this.progress;
        return isKnown ? Math.round((100 * done) / total) : 100;
    }

    get words() {
        const { done, total, isKnown } = this.progress;
        if (!this.isChecking) {
            return _t("%(done)s of %(total)s rows done. You can leave this page.", { done, total });
        }
        return isKnown
            ? _t("%(done)s of %(total)s rows checked. You can leave this page.", { done, total })
            : _t("The rows are being checked. You can leave this page.");
    }

    /** Say how long the other rows take at the speed since this form first saw some done. */
    estimate() {
        const { done, total, isKnown } = this.progress;
        const { state } = this.props.record.data;
        if (!isKnown || this.since?.state !== state) {
            this.since = isKnown ? { state, done, at: Date.now() } : null;
            return "";
        }
        if (done <= this.since.done) {
            return "";
        }
        const speed = (done - this.since.done) / (Date.now() - this.since.at);
        const seconds = Math.max(5, 5 * Math.ceil((total - done) / speed / 5000));
        return seconds < 90
            ? _t("About %s seconds left", seconds)
            : _t("About %s minutes left", Math.round(seconds / 60));
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
