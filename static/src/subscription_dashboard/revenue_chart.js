/* global Chart */

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";

/** Gains above zero and losses below it, so that colour is never the only sign. */
const MOVEMENTS = [
    { name: "new_mrr", label: _t("New"), color: "#198754" },
    { name: "reactivation", label: _t("Reactivation"), color: "#20a39e" },
    { name: "expansion", label: _t("Expansion"), color: "#8fd19e" },
    { name: "contraction", label: _t("Contraction"), color: "#f4a261" },
    { name: "churn", label: _t("Churn"), color: "#ce4257" },
];

/**
 * Recurring revenue of the last months and what made it change: as pictures, and as a table for who prefers figures.
 */
export class RevenueChart extends Component {
    static template = "practice_billing.RevenueChart";
    static props = { months: Array, formatMoney: Function, onOpen: Function, onOpenMovements: Function };

    setup() {
        this.level = useRef("level");
        this.movements = useRef("movements");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const charts = [
                    new Chart(this.level.el, this.getConfig("line", this.levelDatasets)),
                    new Chart(this.movements.el, this.getConfig("bar", this.movementDatasets)),
                ];
                return () => charts.forEach((chart) => chart.destroy());
            },
            () => [this.props.months]
        );
    }

    /** Movements that happened at all; a legend of what did not is noise. */
    get kinds() {
        return MOVEMENTS.filter(({ name }) => this.props.months.some((month) => month[name]));
    }

    get levelDatasets() {
        return [
            {
                label: _t("MRR"),
                data: this.props.months.map((month) => month.mrr),
                borderColor: "#017e84",
                backgroundColor: "rgba(1, 126, 132, 0.15)",
                fill: "origin",
                tension: 0.2,
            },
        ];
    }

    get movementDatasets() {
        return this.kinds.map(({ name, label, color }) => ({
            label: label.toString(),
            data: this.props.months.map((month) => month[name]),
            backgroundColor: color,
        }));
    }

    getConfig(type, datasets) {
        const { formatMoney } = this.props;
        const stacked = type === "bar";
        return {
            type,
            data: { labels: this.props.months.map((month) => month.month), datasets },
            options: {
                animation: false,
                locale: luxon.Settings.defaultLocale,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { display: stacked, position: "bottom" },
                    tooltip: {
                        filter: (item) => !stacked || item.raw,
                        callbacks: { label: (item) => `${item.dataset.label}: ${formatMoney(item.raw)}` },
                    },
                },
                scales: {
                    x: { stacked, grid: { display: false }, ticks: { maxRotation: 60 } },
                    y: { stacked, beginAtZero: true, ticks: { maxTicksLimit: 6 } },
                },
            },
        };
    }
}
