import { askRecurrenceUpdatePolicy } from "@calendar/views/ask_recurrence_update_policy_hook";
import { Component, onWillStart, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { CheckboxItem } from "@web/core/dropdown/checkbox_item";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime, serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { useBus, useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { useSearchBarToggler } from "@web/search/search_bar/search_bar_toggler";
import { ActionHelper } from "@web/views/action_helper";
import { standardViewProps } from "@web/views/standard_view_props";
import { AppointmentQuickCreate } from "../appointment_calendar/appointment_quick_create";
import { useBoardActions } from "./day_board_actions";
import { ask } from "./day_board_dialog";
import { DayBoardGrid } from "./day_board_grid";
import { formatMinute, toMoment } from "./day_board_layout";
import { DayBoardModel } from "./day_board_model";
import { DayBoardPopover } from "./day_board_popover";
import { DayBoardSpan } from "./day_board_span";

const { DateTime } = luxon;

/** What the bus calls the news of a board. */
const BOARD = "practice_board";

/** Minutes of a day. */
const DAY = 24 * 60;

/** Milliseconds in which news are gathered before the board is read again. */
const GATHERED = 400;

/** The day board: what stands on it, and what people do there. */
export class DayBoardController extends Component {
    static template = "practice_billing.DayBoardController";
    static components = { ActionHelper, CheckboxItem, DayBoardGrid, Dropdown, DropdownItem, Layout, SearchBar };
    static props = { ...standardViewProps, archInfo: Object };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.model = new DayBoardModel(this.orm, { domain: this.props.domain, ...this.props.state?.board });
        // What the model reads while the board is drawn has to be seen by who draws it.
        this.data = this.model.state = useState(this.model.state);
        this.state = useState({ now: DateTime.now(), moving: null, pending: null, focus: null });
        this.actions = useBoardActions((block) => this.reload(block));
        this.popover = usePopover(DayBoardPopover, {
            position: "right",
            setActiveElement: true,
            useBottomSheet: this.ui.isSmall,
        });
        this.spanPopover = usePopover(DayBoardSpan, { position: "right", onClose: () => this.leaveSpan() });
        useBus(this.ui.bus, "active-element-changed", () => this.waitsForFocus && this.focus(this.waitsForFocus));
        this.searchBarToggler = useSearchBarToggler();
        useSetupAction({ getLocalState: () => ({ board: this.model.exportState() }) });
        this.listen();
        this.watchClock();
        onWillStart(() => Promise.all([this.model.load(), this.loadOnlyType(), this.loadHasRooms()]));
        onWillUpdateProps(({ domain }) => {
            if (JSON.stringify(domain) !== JSON.stringify(this.model.domain)) {
                this.model.domain = domain;
                return this.model.load();
            }
        });
    }

    // === LIVE === //

    /** What others change shows here within seconds. */
    listen() {
        const bus = useService("bus_service");
        const reload = debounce(() => this.model.load(), GATHERED);
        const onNews = (news) => this.model.concerns(news) && reload();
        bus.subscribe(BOARD, onNews);
        bus.start();
        // Meanwhile anything may have happened.
        useBus(bus, "BUS:RECONNECT", reload);
        onWillUnmount(() => {
            bus.unsubscribe(BOARD, onNews);
            reload.cancel();
        });
    }

    watchClock() {
        const interval = browser.setInterval(() => (this.state.now = DateTime.now()), 30000);
        onWillUnmount(() => browser.clearInterval(interval));
    }

    /** Returns the day and the minute that the clock of the practice shows. */
    get now() {
        const now = this.state.now.setZone(this.data.data.tz);
        return { day: now.toISODate(), minute: now.hour * 60 + now.minute };
    }

    async reload(block) {
        await this.model.load();
        if (block) {
            this.focus(block.id);
        }
    }

    /** Gives the keyboard to an appointment; a dialog that is open keeps it until it is closed. */
    focus(blockId) {
        this.waitsForFocus = null;
        if (this.ui.activeElement === document) {
            this.state.focus = { blockId };
        } else {
            this.waitsForFocus = blockId;
        }
    }

    // === WHAT IS SHOWN === //

    get isEmpty() {
        return !this.model.getChoices("practitioner").length;
    }

    get columns() {
        return this.model.getColumns();
    }

    get title() {
        const [first, last] = this.model.getSpan().map((it) => DateTime.fromISO(it));
        if (this.data.scale === "day") {
            return first.toLocaleString({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
        }
        return `${first.toLocaleString({ day: "numeric", month: "short" })} – ${last.toLocaleString(DateTime.DATE_MED)}`;
    }

    get shortTitle() {
        return this.data.scale === "day"
            ? DateTime.fromISO(this.data.day).toLocaleString({ weekday: "short", day: "numeric", month: "short" })
            : this.title;
    }

    get isToday() {
        const [first, last] = this.model.getSpan();
        const { today } = this.data.data;
        return first <= today && today <= last;
    }

    /** Returns a sentence when the clock of the practice is another one than that of who looks. */
    get otherZone() {
        const { tz } = this.data.data;
        const now = DateTime.now();
        return now.setZone(tz).offset === now.offset ? "" : _t("Times of %s", tz);
    }

    /** Says who is shown: everybody, one by name, or how many. */
    get who() {
        const choices = this.model.getChoices("practitioner");
        const chosen = choices.filter((it) => it.isChosen);
        if (chosen.length === choices.length) {
            return _t("Everybody");
        }
        return chosen.length === 1
            ? chosen[0].title
            : _t("%(count)s of %(all)s", { count: chosen.length, all: choices.length });
    }

    get next() {
        const block = this.isToday && this.model.getNext(this.now.minute);
        return block && { block, time: formatMinute(block.begins), title: this.getTitle(block) };
    }

    getTitle(block) {
        return block.patient ? block.patient.name : block.type;
    }

    onChangeDay(ev) {
        if (ev.target.value) {
            this.model.show({ day: ev.target.value });
        }
    }

    setScale(scale) {
        if (scale !== this.data.scale) {
            this.model.show({ scale });
        }
    }

    showNext() {
        this.focus(this.next.block.id);
    }

    // === PLANNING === //

    async loadOnlyType() {
        const typeIds = await this.orm.search("practice.appointment.type", [], { limit: 2 });
        this.onlyTypeId = typeIds.length === 1 && typeIds[0];
    }

    async loadHasRooms() {
        this.hasRooms = Boolean(await this.orm.searchCount("practice.room", [], { limit: 1 }));
    }

    onSlot(column, minute) {
        return this.state.moving ? this.moveTo(column, minute) : this.plan(column, minute);
    }

    /** Asks what a time is for that was dragged over; `leave` is called once it is said, or it is left. */
    onSpan({ column, begins, ends }, element, leave) {
        if (column.kind !== "practitioner" || !column.res_id) {
            leave();
            return this.plan(column, begins);
        }
        this.leaveSpan = leave;
        this.spanPopover.open(element, {
            title: _t("%(begins)s to %(ends)s", { begins: formatMinute(begins), ends: formatMinute(ends) }),
            practitioner: column.name,
            plan: () => this.plan(column, begins),
            away: () => this.openAbsence(column, begins, ends),
            close: () => this.spanPopover.close(),
        });
    }

    /**
     * Opens an absence: it shows whom it affects before anything happens.
     *
     * @param {number} [begins] minute; by default the practitioner is away all day, today from this hour on
     * @param {number} [ends] minute; by default until the end of the day
     */
    openAbsence(column, begins, ends) {
        const { tz } = this.data.data;
        const first = begins ?? (column.isToday ? Math.floor(this.now.minute / 60) * 60 : 0);
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "practice.absence",
            views: [[false, "form"]],
            context: {
                default_practitioner_id: column.res_id,
                default_date_from: toMoment(column.day, first, tz),
                default_date_to: toMoment(column.day, ends ?? DAY - 1, tz),
            },
        });
    }

    /** Opens the short dialog; what is saved there stands on the board at once. */
    plan(column, minute) {
        const context = {
            ...this.props.context,
            practice_planning: true,
            default_start: toMoment(column.day, minute, this.data.data.tz),
            default_allday: false,
            default_res_model_id: false,
            default_res_id: false,
        };
        if (column.kind === "practitioner" && column.res_id) {
            context.default_user_id = column.res_id;
            context.default_partner_ids = [column.partner_id];
        }
        if (column.kind === "room") {
            context.default_practice_room_id = column.res_id;
        }
        if (this.onlyTypeId) {
            context.default_practice_appointment_type_id = this.onlyTypeId;
        }
        this.dialog.add(AppointmentQuickCreate, {
            resModel: this.props.resModel,
            viewId: this.props.archInfo.quickCreateViewId,
            title: _t("Plan Appointment"),
            size: "md",
            context,
            // Expanding a dialog saves it; "More Options" does not.
            canExpand: false,
            onRecordSaved: (record) => this.reload({ id: record.resId }),
        });
    }

    /** Plans at the next half hour, or when the day that is shown begins. */
    onClickNew() {
        const column = this.columns.find((it) => it.isToday) || this.columns[0];
        const begins = column.hours[0]?.[0] ?? 9 * 60;
        const soon = Math.ceil((this.now.minute + 1) / 30) * 30;
        return this.plan(column, column.isToday ? Math.min(soon, 23 * 60 + 30) : begins);
    }

    // === APPOINTMENTS === //

    onBlock(element, block, column) {
        if (this.state.moving) {
            return this.moveTo(column, block.begins);
        }
        this.popover.open(element, {
            model: this.model,
            blockId: block.id,
            practitioner: column.name,
            close: () => this.popover.close(),
            run: (name, it) => this.run(name, { ...it, title: this.getTitle(it) }),
        });
    }

    run(name, block) {
        const parts = { move: "all", end: "end" };
        return parts[name] ? this.beginMoving(block, parts[name]) : this.actions[name](block);
    }

    /**
     * The next time that is chosen, with the mouse, a finger or Enter, is its new time, also on another day, or its
     * new end.
     *
     * @param {"all" | "end"} part
     */
    beginMoving(block, part) {
        this.state.moving = { block, part };
        this.focus(block.id);
    }

    moveTo(column, minute) {
        const { block, part } = this.state.moving;
        if (part === "all") {
            return this.move(block, column, minute);
        }
        if (minute <= block.begins || !column.blocks.some((it) => it.id === block.id)) {
            const time = formatMinute(block.begins);
            return this.notification.add(
                _t("It begins at %s: choose a later time of the same column as its end.", time),
                { type: "warning" }
            );
        }
        return this.move(block, column, block.begins, minute);
    }

    get movingNotice() {
        const { block, part } = this.state.moving;
        const who = this.getTitle(block);
        return part === "end"
            ? _t("When does the appointment of %s end? Click the time, or go there and press Enter.", who)
            : _t("Choose the new time of %s: click it, or go there and press Enter.", who);
    }

    leaveMoving() {
        this.state.moving = null;
    }

    /**
     * Moves an appointment, or its end, and shows it there while the server decides; what is refused goes back.
     *
     * @param {number} [ends] minute at which it ends; by default it stays as long as it is
     */
    async move(block, column, begins, ends) {
        const { tz } = this.data.data;
        const length = deserializeDateTime(block.stop).diff(deserializeDateTime(block.start));
        const start = toMoment(column.day, begins, tz);
        const stop = ends ? toMoment(column.day, ends, tz) : serializeDateTime(deserializeDateTime(start).plus(length));
        this.state.moving = null;
        this.state.pending = {
            id: block.id,
            columnId: column.id,
            begins,
            ends: ends || begins + block.ends - block.begins,
        };
        try {
            const ids = ["practitioner", "room"].map((kind) => column.kind === kind && column.res_id);
            await this.sendMove(block, [start, stop, ...ids]);
        } finally {
            await this.reload(block);
            this.state.pending = null;
        }
    }

    /** Sends a move, after asking what has to be said: which of a series, why all the same, that it costs more. */
    async sendMove(block, place) {
        const options = {};
        if (block.recurring) {
            options.scope = await askRecurrenceUpdatePolicy(this.dialog);
            if (!options.scope) {
                return;
            }
        }
        for (;;) {
            const { conflicts, costs } = await this.orm.call(
                "calendar.event",
                "practice_move_on_board",
                [[block.id], ...place],
                options
            );
            if (!conflicts.length && !costs.length) {
                return;
            }
            const said = await ask(this.dialog, {
                title: _t("Move the Appointment of %s", this.getTitle(block)),
                lines: [...conflicts, ...costs],
                asksReason: Boolean(conflicts.length),
                placeholder: _t("e.g. Both agreed to share the hour"),
                confirmLabel: _t("Move All the Same"),
            });
            if (!said) {
                return;
            }
            Object.assign(options, { reason: said.reason || null, confirmed: true });
        }
    }
}
