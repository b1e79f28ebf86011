import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { CalendarController } from "@web/views/calendar/calendar_controller";
import { CalendarCommonRenderer } from "@web/views/calendar/calendar_common/calendar_common_renderer";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { calendarView } from "@web/views/calendar/calendar_view";

class AppointmentCalendarController extends CalendarController {
    setup() {
        super.setup();
        this.appointmentAction = useService("action");
    }

    /** Deleting an appointment cancels it, and says first what that costs the patient. */
    async deleteRecord(record) {
        const action = await this.orm.call("calendar.event", "action_unlink_event", [record.id]);
        if (!action?.type) {
            return this.model.load();
        }
        return this.appointmentAction.doAction(action, { onClose: () => this.model.load() });
    }
}

/** Minutes up to which an appointment has room for one line only. */
const ONE_LINE_MINUTES = 30;

/** Where a day is scrolled to: few practices open earlier. */
const DAY_BEGINS = "07:30:00";

class AppointmentCalendarCommonRenderer extends CalendarCommonRenderer {
    get options() {
        return { ...super.options, scrollTime: DAY_BEGINS };
    }

    eventClassNames(info) {
        const classNames = super.eventClassNames(info);
        const record = this.props.model.records[info.event.id];
        if (record && record.end.diff(record.start).as("minutes") <= ONE_LINE_MINUTES) {
            classNames.push("o_practice_one_line");
        }
        return classNames;
    }
}

class AppointmentCalendarRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: AppointmentCalendarCommonRenderer,
        week: AppointmentCalendarCommonRenderer,
        month: AppointmentCalendarCommonRenderer,
    };
}

class AppointmentCalendarArchParser extends calendarView.ArchParser {
    /** The filter panel takes its titles from the fields, and "Organizer" is nobody at a practice. */
    parse(...args) {
        const archInfo = super.parse(...args);
        if (archInfo.filtersInfo.user_id) {
            archInfo.filtersInfo.user_id.label = _t("Practitioner");
        }
        return archInfo;
    }
}

/** The calendar of a practice: half an hour shows the patient beside the time, not hidden below it. */
registry.category("views").add("practice_appointment_calendar", {
    ...calendarView,
    ArchParser: AppointmentCalendarArchParser,
    Controller: AppointmentCalendarController,
    Renderer: AppointmentCalendarRenderer,
});
