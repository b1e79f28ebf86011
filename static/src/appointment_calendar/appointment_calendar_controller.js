import { onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { CalendarController } from "@web/views/calendar/calendar_controller";
import { AppointmentQuickCreate } from "./appointment_quick_create";

const { DateTime } = luxon;

/** Returns when an appointment of `day` begins that nobody gave a time: at the next half hour of the clock. */
function getNextHalfHour(day) {
    const now = DateTime.now();
    const next = now.startOf("hour").plus({ minutes: now.minute < 30 ? 30 : 60 });
    return next.plus({ days: day.startOf("day").diff(now.startOf("day"), "days").days });
}

export class AppointmentCalendarController extends CalendarController {
    static template = "practice_billing.AppointmentCalendarController";
    static components = {
        ...CalendarController.components,
        QuickCreateFormView: AppointmentQuickCreate,
    };

    setup() {
        super.setup();
        onWillStart(async () => {
            const typeIds = await this.orm.search("practice.appointment.type", [], { limit: 2 });
            this.onlyTypeId = typeIds.length === 1 && typeIds[0];
        });
    }

    /** Returns what a new appointment begins with, in the short dialog and in the whole form. */
    getAppointmentContext(record) {
        const context = {
            ...this.model.makeContextDefaults(this.model.buildRawRecord(record)),
            ...this.props.context,
            practice_planning: true,
            default_allday: Boolean(record.isAllDay),
            // In the calendar of one patient Odoo would make a to-do about the contact of it.
            default_res_model_id: false,
            default_res_id: false,
        };
        if (this.onlyTypeId) {
            context.default_practice_appointment_type_id = this.onlyTypeId;
            if (!record.end) {
                delete context.default_stop; // the type says how long it takes
            }
        }
        return context;
    }

    getQuickCreateFormViewProps(record) {
        return {
            ...super.getQuickCreateFormViewProps(record),
            title: _t("Plan Appointment"),
            size: "md",
            context: this.getAppointmentContext(record),
            // Expanding a dialog saves it; "More Options" does not.
            canExpand: false,
            onRecordSaved: () => this.model.load(),
        };
    }

    /** A month and a year know days only, but nobody comes for a whole day. */
    createRecord(record) {
        if (record.isAllDay && ["month", "year"].includes(this.model.scale)) {
            record = { start: getNextHalfHour(record.start), isAllDay: false };
        }
        return super.createRecord(record);
    }

    onClickNew() {
        return this.action.doAction("practice_billing.calendar_event_action_plan", {
            additionalContext: this.getAppointmentContext({ start: getNextHalfHour(this.date) }),
        });
    }

    /** Buttons of the dialog (attended, cancel) change the appointment without saving the dialog. */
    async editRecord(record, context) {
        await super.editRecord(record, context);
        return this.reload(record);
    }

    /** Deleting an appointment cancels it, and says first what that costs the patient. */
    async deleteRecord(record) {
        const action = await this.orm.call("calendar.event", "action_unlink_event", [record.id]);
        // Without a dialog Odoo has deleted it, and goes to its own calendar.
        if (!action?.type || action.type === "ir.actions.act_url") {
            return this.reload(record);
        }
        return this.action.doAction(action, {
            onClose: () => {
                this.reload(record); // not waited for: the dialog would stay open meanwhile
            },
        });
    }

    /** Shows what a dialog has changed, and gives the keyboard back to the appointment that led there. */
    reload(record) {
        this.model.keyboardReturnsTo = String(record.id);
        return this.model.load();
    }
}
