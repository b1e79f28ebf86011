import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Shows where the credits of a lot are as one bar with a legend in words: colour is never the only sign.
 */
export class CreditBar extends Component {
    static template = "practice_billing.CreditBar";
    static props = { ...standardFieldProps };

    get parts() {
        const { data } = this.props.record;
        const gone = data.credits_lost + data.credits_refunded + data.credits_transferred;
        const waiting = Math.min(data.credits_available, data.credits_unpaid);
        return [
            { key: "used", label: _t("used"), count: data.credits_used, className: "bg-secondary" },
            { key: "gone", label: _t("lost, refunded or transferred"), count: gone, className: "bg-danger" },
            { key: "reserved", label: _t("reserved"), count: data.credits_reserved, className: "bg-info" },
            { key: "left", label: _t("left"), count: data.credits_available - waiting, className: "bg-success" },
            { key: "waiting", label: _t("waiting for payment"), count: waiting, className: "bg-warning" },
        ].filter((part) => part.count || part.key === "left");
    }

    get total() {
        return this.parts.reduce((sum, part) => sum + part.count, 0);
    }
}

export const creditBar = {
    component: CreditBar,
    displayName: _t("Credit bar"),
    supportedTypes: ["integer"],
    fieldDependencies: ["used", "lost", "refunded", "transferred", "reserved", "available", "unpaid"].map((counter) => ({
        name: `credits_${counter}`,
        type: "integer",
    })),
};

registry.category("fields").add("practice_credit_bar", creditBar);
