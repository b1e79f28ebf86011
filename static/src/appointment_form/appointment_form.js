import { CalendarFormController } from "@calendar/views/calendar_form/calendar_form_controller";
import { CalendarQuickCreateFormController } from "@calendar/views/calendar_form/calendar_quick_create";
import { useBus } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";

/** Odoo saves a form whose tab is closed or hidden. An appointment that nobody has confirmed is not planned by that. */
patch(CalendarFormController.prototype, {
    setup() {
        super.setup();
        useBus(this.model.bus, "FIELD_IS_DIRTY", (ev) => (this.practiceIsTyping = ev.detail));
    },

    get practiceIsUnconfirmed() {
        const { context, data, isNew } = this.model.root;
        return isNew && Boolean(data.practice_appointment_type_id || context.practice_planning);
    },

    beforeVisibilityChange() {
        return this.practiceIsUnconfirmed ? undefined : super.beforeVisibilityChange();
    },

    async beforeUnload(ev) {
        if (!this.practiceIsUnconfirmed) {
            return super.beforeUnload(ev);
        }
        if (this.model.root.dirty || this.practiceIsTyping) {
            ev.preventDefault();
            ev.returnValue = "Unsaved changes";
        }
    },
});

/** Odoo's *More Options* takes a few fields of its own along; of an appointment goes all that was chosen. */
patch(CalendarQuickCreateFormController.prototype, {
    async goToFullEvent() {
        if (!this.practiceIsUnconfirmed) {
            return super.goToFullEvent();
        }
        const chosen = Object.entries(await this.model.root.getChanges());
        return this.actionService.doAction("practice_billing.calendar_event_action_plan", {
            additionalContext: {
                ...this.props.context,
                ...Object.fromEntries(chosen.map(([name, value]) => [`default_${name}`, value])),
            },
        });
    },
});
