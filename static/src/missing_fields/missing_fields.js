import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { Record } from "@web/model/relational_model/record";

/** Forms of the practice name what is missing; Odoo only says that something is, and other forms stay as they are. */
patch(Record.prototype, {
    _displayInvalidFieldNotification() {
        const missing = [...this._invalidFields].map((name) => this.fields[name]?.string).filter(Boolean);
        if (!this.resModel?.startsWith("practice.") || !missing.length) {
            return super._displayInvalidFieldNotification(...arguments);
        }
        return this.model.notification.add(_t("Fill in what is missing: %s.", missing.join(", ")), { type: "danger" });
    },
});
