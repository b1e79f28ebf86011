import { Component, onWillStart, useState } from "@odoo/owl";
import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { RevenueChart } from "./revenue_chart";

const OVERVIEW = "practice.subscription.overview";

/**
 * What waits for somebody, each number one click from the list it counts, and how recurring revenue develops.
 * Counts come first; revenue is computed from every period and follows.
 */
export class SubscriptionDashboard extends Component {
    static template = "practice_billing.SubscriptionDashboard";
    static components = { Layout, RevenueChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = { controlPanel: {} };
        this.state = useState({ revenue: null });
        onWillStart(async () => {
            this.data = await this.orm.call(OVERVIEW, "get_cards");
            if (this.data.started && this.data.money) {
                this.loadRevenue();
            }
        });
    }

    async loadRevenue() {
        this.state.revenue = await this.orm.call(OVERVIEW, "get_revenue");
    }

    open(action) {
        return this.action.doAction(action);
    }

    money(amount) {
        return formatCurrency(amount, this.data.currency_id);
    }

    number(count) {
        return formatInteger(count);
    }

    /** The amount of a card, in words that say what it is. */
    amountOf(card) {
        if (card.key === "usage") {
            return this.state.revenue ? this.money(this.state.revenue.usage_amount) : "";
        }
        if (card.amount === null) {
            return "";
        }
        const amount = this.money(card.amount);
        return ["past_due", "not_sent", "broken", "expected"].includes(card.key) ? amount : _t("%s a month", amount);
    }

    get change() {
        const { change, mrr } = this.state.revenue;
        const before = mrr - change;
        const sign = change > 0 ? "+" : "";
        const amount = sign + this.money(change);
        const part = before ? `${sign}${formatFloat((100 * change) / before, { digits: [0, 1] })} %` : "";
        return {
            text: before
                ? _t("%(amount)s (%(part)s) since last month", { amount, part })
                : _t("%s since last month", amount),
            icon: change > 0 ? "fa-arrow-up" : change < 0 ? "fa-arrow-down" : "fa-arrow-right",
            className: change > 0 ? "text-success" : change < 0 ? "text-danger" : "text-muted",
        };
    }
}

registry.category("actions").add("practice_subscription_dashboard", SubscriptionDashboard);
