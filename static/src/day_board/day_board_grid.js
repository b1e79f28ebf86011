import { Component, onPatched, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatHours, formatMinute, getLanes, getRange, STEP } from "./day_board_layout";
import { getSigns } from "./day_board_signs";
import { useBoardDrag } from "./day_board_drag";
import { useBoardKeyboard } from "./day_board_keyboard";

/** Minutes up to which an appointment has room for one line only. */
const ONE_LINE_MINUTES = 30;

/** Pixels that a finger moves sideways to turn to the next column. */
const SWIPE = 60;

/** The columns of a day or a week with their appointments. It shows, and tells what was clicked, dragged or typed. */
export class DayBoardGrid extends Component {
    static template = "practice_billing.DayBoardGrid";
    static props = {
        columns: { type: Array, element: Object },
        now: Object,
        tz: String,
        isSmall: Boolean,
        moving: { type: [Object, { value: null }] },
        pending: { type: [Object, { value: null }] },
        focus: { type: [Object, { value: null }] },
        onFocused: Function,
        onSlot: Function,
        onSpan: Function,
        onAway: Function,
        onBlock: Function,
        onMove: Function,
        onBeginMoving: Function,
        onStep: Function,
        onLeaveMoving: Function,
    };

    setup() {
        this.gridRef = useRef("grid");
        this.hoverRef = useRef("hover");
        const today = this.props.columns.findIndex((it) => it.isToday);
        this.state = useState({ shownIndex: Math.max(0, today), ghost: null, cursor: null });
        this.drag = useBoardDrag(this);
        this.keyboard = useBoardKeyboard(this);
        useEffect(
            () => this.scrollToBeginning(),
            () => [this.props.columns[0].day]
        );
        onPatched(() => this.keyboard.followFocus());
    }

    // === WHAT IS SHOWN === //

    /** Returns the columns that are drawn: on a phone one at a time. */
    get columns() {
        const { columns, isSmall } = this.props;
        return isSmall ? columns.slice(this.shownIndex, this.shownIndex + 1) : columns;
    }

    get shownIndex() {
        return Math.min(this.state.shownIndex, this.props.columns.length - 1);
    }

    get range() {
        return getRange(this.props.columns);
    }

    get hours() {
        const { begins, ends } = this.range;
        return Array.from({ length: (ends - begins) / 60 }, (_it, index) => begins + index * 60);
    }

    get bodyStyle() {
        return `--minutes: ${this.range.ends - this.range.begins}`;
    }

    /** Returns the place of a time in its column. */
    getStyle({ begins, ends }, lane = { lane: 0, lanes: 1 }) {
        const first = Math.max(begins, this.range.begins);
        const last = Math.max(Math.min(ends, this.range.ends), first);
        return (
            `--begins: ${first - this.range.begins}; --length: ${last - first}; ` +
            `--lane: ${lane.lane}; --lanes: ${lane.lanes}`
        );
    }

    isInRange({ begins, ends }) {
        return ends > this.range.begins && begins < this.range.ends;
    }

    getBlocks(column) {
        const lanes = getLanes(column.blocks);
        return column.blocks.map((block) => ({
            block,
            style: this.getStyle(block, lanes.get(block)),
            isNarrow: lanes.get(block).lanes > 1 && this.columns.length > 2,
        }));
    }

    getBlockClass(block) {
        const { pending, moving } = this.props;
        return {
            [`o_practice_color_${block.color % 24}`]: true,
            [`o_practice_board_${block.attendance}`]: true,
            o_practice_board_one_line: block.ends - block.begins <= ONE_LINE_MINUTES,
            o_practice_board_dimmed: block.isDimmed,
            o_practice_board_struck: block.is_cancelled,
            o_practice_board_pending: pending?.id === block.id || moving?.block.id === block.id,
        };
    }

    getSigns(block) {
        return getSigns(block);
    }

    formatMinute(minute) {
        return formatMinute(minute);
    }

    getTitle(block) {
        return block.patient ? block.patient.name : block.type;
    }

    /** Says all of an appointment to whoever does not see it. */
    getBlockLabel(block, column) {
        const parts = [
            formatMinute(block.begins),
            this.getTitle(block),
            block.type,
            column.name,
            ...getSigns(block).map((it) => it.title),
        ];
        if (block.places) {
            parts.push(this.getPlaces(block));
        }
        return parts.join(", ");
    }

    getPlaces({ taken, places }) {
        return _t("%(taken)s of %(places)s", { taken, places });
    }

    getSlotLabel(column, minute) {
        const works = column.hours.some(([begins, ends]) => begins <= minute && minute < ends);
        const time = formatMinute(minute);
        if (!works && column.kind === "room") {
            return _t("%(time)s, %(room)s, closed. Enter plans an appointment.", { time, room: column.title });
        }
        return works
            ? _t("%(time)s, %(who)s, free. Enter plans an appointment.", { time, who: column.title })
            : _t("%(time)s, %(who)s, not at work. Enter plans an appointment.", { time, who: column.title });
    }

    getBusy({ title }) {
        return title || _t("Busy");
    }

    getVisits({ visits }) {
        return visits === 1 ? _t("1 visit") : _t("%s visits", visits);
    }

    getAwayLabel(column) {
        return _t("%s is away…", column.name);
    }

    getBooked({ kind, totals: { booked, worked } }) {
        if (!booked && !worked && kind === "room") {
            return _t("Not open");
        }
        return worked
            ? _t("%(booked)s of %(worked)s h", { booked: formatHours(booked), worked: formatHours(worked) })
            : booked
              ? _t("%s h, outside hours", formatHours(booked))
              : _t("Not at work");
    }

    getShare({ booked, worked }) {
        return worked ? Math.min(100, Math.round((booked / worked) * 100)) : 0;
    }

    /** Returns which columns lie to the left and right of the one that a phone shows. */
    turn(number) {
        const index = this.shownIndex + number;
        if (index < 0 || index >= this.props.columns.length) {
            this.state.shownIndex = number > 0 ? 0 : Infinity;
            return this.props.onStep(number);
        }
        this.state.shownIndex = index;
    }

    /** Shows the time that matters: now, or when the day begins. */
    scrollToBeginning() {
        const grid = this.gridRef.el;
        const first = Math.min(...this.props.columns.flatMap((it) => it.hours.map(([begins]) => begins)));
        const isToday = this.props.columns.some((it) => it.isToday);
        const minute = isToday ? this.props.now.minute - 90 : first - 15;
        if (grid && Number.isFinite(minute)) {
            grid.scrollTop = Math.max(0, (minute - this.range.begins) * this.getPixels());
        }
    }

    // === WHERE SOMETHING IS === //

    /** Returns how many pixels a minute is high. */
    getPixels() {
        const body = this.gridRef.el.querySelector(".o_practice_board_columns");
        return body.getBoundingClientRect().height / (this.range.ends - this.range.begins);
    }

    /** Returns the column and the minute of a place on the screen. */
    locate(x, y) {
        const elements = [...this.gridRef.el.querySelectorAll(".o_practice_board_column")];
        const rects = elements.map((it) => it.getBoundingClientRect());
        let index = rects.findIndex((it) => it.left <= x && x < it.right);
        if (index < 0) {
            index = rects.length && x < rects[0].left ? 0 : rects.length - 1;
        }
        const exact = (y - rects[index].top) / this.getPixels() + this.range.begins;
        return { column: this.columns[index], exact, minute: this.clamp(Math.floor(exact / STEP) * STEP) };
    }

    clamp(minute) {
        return Math.max(this.range.begins, Math.min(minute, this.range.ends - STEP));
    }

    // === MOUSE AND FINGER === //

    onClickColumn(ev) {
        if (this.drag.hasJustEnded() || ev.target.closest(".o_practice_board_block")) {
            return;
        }
        const { column, minute } = this.locate(ev.clientX, ev.clientY);
        this.state.cursor = { id: column.id, minute };
        this.props.onSlot(column, minute);
    }

    onClickBlock(ev, block, column) {
        if (!this.drag.hasJustEnded()) {
            this.openBlock(ev.currentTarget, block, column);
        }
    }

    openBlock(element, block, column) {
        this.state.cursor = { id: column.id, minute: block.begins, blockId: block.id };
        this.props.onBlock(element, block, column);
    }

    /** Shows where a click would plan, without drawing everything anew. */
    onHover(ev) {
        const hover = this.hoverRef.el;
        const hidden = ev.pointerType !== "mouse" || this.state.ghost || ev.target.closest(".o_practice_board_block");
        hover.classList.toggle("d-none", Boolean(hidden));
        if (!hidden) {
            const { column, minute } = this.locate(ev.clientX, ev.clientY);
            const index = this.columns.indexOf(column);
            hover.style.setProperty("--begins", minute - this.range.begins);
            hover.style.setProperty("--index", index);
            hover.textContent = formatMinute(minute);
        }
    }

    onLeave() {
        this.hoverRef.el.classList.add("d-none");
    }

    onTouchStart(ev) {
        const [touch] = ev.touches;
        this.touch = this.props.isSmall && ev.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
    }

    onTouchEnd(ev) {
        if (!this.touch) {
            return;
        }
        const [touch] = ev.changedTouches;
        const moved = touch.clientX - this.touch.x;
        if (Math.abs(moved) > SWIPE && Math.abs(moved) > 2 * Math.abs(touch.clientY - this.touch.y)) {
            ev.preventDefault(); // no click follows
            this.turn(moved < 0 ? 1 : -1);
        }
    }
}
