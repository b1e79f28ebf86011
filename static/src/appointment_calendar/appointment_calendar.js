import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { utils } from "@web/core/ui/ui_service";
import { calendarView } from "@web/views/calendar/calendar_view";
import { AppointmentCalendarController } from "./appointment_calendar_controller";
import { AppointmentCalendarModel } from "./appointment_calendar_model";
import { AppointmentCalendarRenderer } from "./appointment_calendar_renderer";

class AppointmentCalendarArchParser extends calendarView.ArchParser {
    parse(...args) {
        const archInfo = super.parse(...args);
        // A week on a phone has no room for names.
        if (utils.isSmall()) {
            archInfo.scale = "day";
        }
        // The filter panel takes its titles from the fields, and "Organizer" is nobody at a practice.
        if (archInfo.filtersInfo.user_id) {
            archInfo.filtersInfo.user_id.label = _t("Practitioner");
        }
        return archInfo;
    }
}

/** The calendar of a practice: what is done there shows at once, and all of it works without a mouse. */
registry.category("views").add("practice_appointment_calendar", {
    ...calendarView,
    ArchParser: AppointmentCalendarArchParser,
    Controller: AppointmentCalendarController,
    Model: AppointmentCalendarModel,
    Renderer: AppointmentCalendarRenderer,
});
