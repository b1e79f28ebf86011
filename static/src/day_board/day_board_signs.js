import { _t } from "@web/core/l10n/translation";

/** What a sign looks like, and what it says to whoever does not see it. */
const SIGNS = {
    attended: { icon: "fa-check", className: "text-success", title: _t("Attended") },
    no_show: { icon: "fa-user-times", className: "text-danger", title: _t("No-show") },
    cancelled: { icon: "fa-ban", className: "text-muted", title: _t("Cancelled") },
    late_cancelled: { icon: "fa-ban", className: "text-danger", title: _t("Cancelled late") },
    attention: { icon: "fa-exclamation-triangle", className: "text-danger", title: _t("Credits need attention") },
    credits_missing: { icon: "fa-exclamation-circle", className: "text-danger", title: _t("Holds no credits") },
    last_credit: { icon: "fa-battery-quarter", className: "text-warning-emphasis", title: _t("Last credit, none are left") },
    unpaid: { icon: "fa-credit-card", className: "text-danger", title: _t("Credits are not paid") },
    invoice: { icon: "fa-file-text-o", className: "text-danger", title: _t("Unpaid invoice") },
    first_visit: { icon: "fa-star", className: "text-primary", title: _t("First visit") },
    overruled: { icon: "fa-clone", className: "text-muted", title: _t("Planned all the same") },
    recurring: { icon: "fa-repeat", className: "text-muted", title: _t("Of a series") },
};

/** Returns the signs of an appointment, the most urgent first: `[{name, icon, className, title}]`. */
export function getSigns(block) {
    const names = new Set(block.signs);
    names.add(block.attendance);
    if (block.overrule_reason) {
        names.add("overruled");
    }
    if (block.recurring) {
        names.add("recurring");
    }
    return Object.entries(SIGNS)
        .filter(([name]) => names.has(name))
        .map(([name, sign]) => ({ name, ...sign }));
}

const isComing = (block) => !block.is_cancelled;

/** The numbers on top: what each counts, and highlights when it is clicked. */
export const NUMBERS = [
    { name: "visits", icon: "fa-users", label: _t("Visits"), counts: isComing },
    {
        name: "short",
        icon: "fa-battery-quarter",
        label: _t("Short of Credits"),
        counts: (block) => isComing(block) && block.signs.some((it) => ["credits_missing", "last_credit"].includes(it)),
    },
    {
        name: "unpaid",
        icon: "fa-file-text-o",
        label: _t("Unpaid"),
        counts: (block) => isComing(block) && block.signs.some((it) => ["unpaid", "invoice"].includes(it)),
    },
    {
        name: "first_visit",
        icon: "fa-star",
        label: _t("First Visits"),
        counts: (block) => block.signs.includes("first_visit"),
    },
    {
        name: "no_show",
        icon: "fa-user-times",
        label: _t("No-Shows"),
        counts: (block) => block.attendance === "no_show",
    },
    { name: "cancelled", icon: "fa-ban", label: _t("Cancelled"), counts: (block) => block.is_cancelled },
];
