import { CalendarQuickCreate } from "@calendar/views/calendar_form/calendar_quick_create";

/** The short dialog of an appointment. */
export class AppointmentQuickCreate extends CalendarQuickCreate {
    setup() {
        super.setup();
        this.viewProps.buttonTemplate = "practice_billing.AppointmentQuickCreateButtons";
    }
}
