import { askRecurrenceUpdatePolicy } from "@calendar/views/ask_recurrence_update_policy_hook";
import { CalendarModel } from "@web/views/calendar/calendar_model";

export class AppointmentCalendarModel extends CalendarModel {
    static services = [...CalendarModel.services, "dialog"];

    setup(params, services) {
        super.setup(params, services);
        this.dialog = services.dialog;
        /** Id of the appointment whose dialog was closed last. */
        this.keyboardReturnsTo = null;
    }

    /** A group appointment is shown once: its participants are seen in it. */
    computeDomain(data) {
        return [...super.computeDomain(data), ["practice_group_id", "=", false]];
    }

    /** Moving one appointment of a series asks which of them move; what is refused goes back to where it was. */
    async updateRecord(record, options) {
        if (this.records[record.id].rawRecord.recurrency) {
            record.recurrenceUpdate = await askRecurrenceUpdatePolicy(this.dialog);
            if (!record.recurrenceUpdate) {
                return this.notify();
            }
        }
        try {
            return await super.updateRecord(record, options);
        } catch (error) {
            this.notify();
            throw error;
        }
    }

    buildRawRecord(record, options) {
        const rawRecord = super.buildRawRecord(record, options);
        if (record.recurrenceUpdate) {
            rawRecord.recurrence_update = record.recurrenceUpdate;
        }
        return rawRecord;
    }
}
