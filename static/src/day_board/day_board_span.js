import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** Asks what a time is for that somebody dragged over. */
export class DayBoardSpan extends Component {
    static template = "practice_billing.DayBoardSpan";
    static props = {
        title: String,
        practitioner: String,
        plan: Function,
        away: Function,
        close: Function,
    };

    get awayLabel() {
        return _t("%s is away…", this.props.practitioner);
    }

    onClick(name) {
        this.props.close();
        this.props[name]();
    }
}
