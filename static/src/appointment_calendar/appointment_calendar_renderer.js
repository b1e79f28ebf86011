import { CalendarCommonPopover } from "@web/views/calendar/calendar_common/calendar_common_popover";
import { CalendarCommonRenderer } from "@web/views/calendar/calendar_common/calendar_common_renderer";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";

/** Minutes up to which an appointment has room for one line only. */
const ONE_LINE_MINUTES = 30;

/** Where a day is scrolled to: few practices open earlier. */
const DAY_BEGINS = "07:30:00";

class AppointmentCalendarCommonPopover extends CalendarCommonPopover {
    static subTemplates = {
        ...CalendarCommonPopover.subTemplates,
        footer: "practice_billing.AppointmentCalendarCommonPopover.footer",
    };
}

class AppointmentCalendarCommonRenderer extends CalendarCommonRenderer {
    static components = {
        ...CalendarCommonRenderer.components,
        Popover: AppointmentCalendarCommonPopover,
    };

    get options() {
        return { ...super.options, scrollTime: DAY_BEGINS };
    }

    /** Half an hour shows the patient beside the time, not hidden below it. */
    eventClassNames(info) {
        const classNames = super.eventClassNames(info);
        const record = this.props.model.records[info.event.id];
        if (record && record.end.diff(record.start).as("minutes") <= ONE_LINE_MINUTES) {
            classNames.push("o_practice_one_line");
        }
        return classNames;
    }

    /** FullCalendar makes all elements anew, also the one that the keyboard was on. */
    onEventDidMount(info) {
        super.onEventDidMount(info);
        const { model } = this.props;
        if (model.keyboardReturnsTo === info.event.id && document.activeElement === document.body) {
            model.keyboardReturnsTo = null;
            info.el.focus();
        }
    }
}

export class AppointmentCalendarRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: AppointmentCalendarCommonRenderer,
        week: AppointmentCalendarCommonRenderer,
        month: AppointmentCalendarCommonRenderer,
    };
}
