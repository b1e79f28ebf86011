import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { useAutofocus } from "@web/core/utils/hooks";

/** Says what has to be known before something is done, and asks why where a reason is kept. */
export class DayBoardDialog extends Component {
    static template = "practice_billing.DayBoardDialog";
    static components = { Dialog };
    static props = {
        title: String,
        lines: { type: Array, element: String },
        confirmLabel: String,
        asksReason: { type: Boolean, optional: true },
        placeholder: { type: String, optional: true },
        confirm: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ reason: "" });
        if (this.props.asksReason) {
            useAutofocus({ refName: "reason" });
        }
    }

    get canConfirm() {
        return !this.props.asksReason || Boolean(this.state.reason.trim());
    }

    onSubmit() {
        if (this.canConfirm) {
            this.props.confirm({ reason: this.state.reason.trim() });
            this.props.close();
        }
    }
}

/** Returns `{reason}`, or nothing when it was not confirmed. */
export function ask(dialog, props) {
    return new Promise((resolve) => {
        dialog.add(DayBoardDialog, { ...props, confirm: resolve }, { onClose: () => resolve(null) });
    });
}
