import { reactive } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { NUMBERS } from "./day_board_signs";

const { DateTime } = luxon;

/** Returns how many patients of an appointment a number counts: of a group each participant. */
function countIn(block, number) {
    return (block.places ? block.participants : [block]).filter(number.counts).length;
}

/** What the board shows: read from the server as a whole, and again after every change. */
export class DayBoardModel {
    constructor(orm, { day, scale, chosen, withRooms, domain } = {}) {
        this.orm = orm;
        this.domain = domain || [];
        this.keepLast = new KeepLast();
        this.beginsToday = !day;
        this.state = reactive({
            data: null,
            day: day || DateTime.now().toISODate(),
            scale: scale || "day",
            withRooms: withRooms || false,
            /** Keys of the columns that were chosen in each scale; `null`: the usual ones. */
            chosen: chosen || { day: null, week: null },
            highlight: null,
            isLoading: false,
        });
    }

    exportState() {
        const { day, scale, chosen, withRooms } = this.state;
        return { day, scale, chosen, withRooms };
    }

    // === LOADING === //

    /** Returns the first and the last day that are shown, as ISO dates. */
    getSpan() {
        const { day, scale } = this.state;
        if (scale === "day") {
            return [day, day];
        }
        const date = DateTime.fromISO(day);
        const first = date.minus({ days: (date.weekday - localization.weekStart + 7) % 7 });
        return [first.toISODate(), first.plus({ days: 6 }).toISODate()];
    }

    async load() {
        this.state.isLoading = true;
        const { scale, withRooms } = this.state;
        const options = { domain: this.domain, with_rooms: withRooms };
        try {
            const data = await this.keepLast.add(
                this.orm.call("calendar.event", "practice_get_board", this.getSpan(), options)
            );
            if (this.beginsToday && data.today !== this.state.day) {
                // It is another day at the practice than here.
                this.beginsToday = false;
                this.state.day = data.today;
                return this.load();
            }
            this.beginsToday = false;
            // Until a week has come, the day is drawn as a day.
            this.state.data = { ...data, scale };
        } finally {
            this.state.isLoading = false;
        }
    }

    async show(changes) {
        Object.assign(this.state, { highlight: null, ...changes });
        await this.load();
    }

    /** Shows the next day or week, or those before. */
    step(number) {
        const day = DateTime.fromISO(this.state.day).plus({ [this.state.scale === "day" ? "days" : "weeks"]: number });
        return this.show({ day: day.toISODate() });
    }

    /** Returns whether days that somebody else has changed are on the board. */
    concerns({ first_day, last_day }) {
        const [first, last] = this.getSpan();
        return first_day <= last && first <= last_day;
    }

    // === COLUMNS === //

    /** Returns all columns that can be chosen. */
    get choices() {
        const { chosen: chosenOf, data } = this.state;
        const chosen = new Set(chosenOf[data.scale] || this.getUsualKeys());
        return data.columns.map((column) => ({ ...column, isChosen: chosen.has(column.key) }));
    }

    /** On a day everybody is shown; a week has room for one: whoever looks, or the first. Rooms on demand. */
    getUsualKeys() {
        const people = this.state.data.columns.filter((it) => it.kind === "practitioner");
        if (this.state.data.scale === "day") {
            return people.map((it) => it.key);
        }
        const own = people.find((it) => it.res_id === user.userId);
        return [own || people[0]].filter(Boolean).map((it) => it.key);
    }

    getChoices(kind) {
        return this.choices.filter((it) => it.kind === kind);
    }

    toggleColumn(key) {
        const keys = this.choices.filter((it) => it.isChosen !== (it.key === key)).map((it) => it.key);
        if (keys.length) {
            this.state.chosen[this.state.data.scale] = keys;
        }
    }

    chooseEverybody() {
        const keys = this.choices.filter((it) => it.kind === "practitioner" || it.isChosen).map((it) => it.key);
        this.state.chosen[this.state.data.scale] = keys;
    }

    /** Shows all rooms beside who is shown, or none. */
    async toggleRooms() {
        this.state.withRooms = !this.state.withRooms;
        await this.load();
        const shown = this.choices.filter((it) => it.isChosen || it.kind === "room");
        this.state.chosen[this.state.data.scale] = shown.length ? shown.map((it) => it.key) : null;
    }

    /** Returns what is drawn side by side: each chosen column, on each of the days. */
    getColumns() {
        const { days, today } = this.state.data;
        const chosen = this.choices.filter((it) => it.isChosen);
        const columns = days.flatMap((day) => chosen.map((column) => this.makeColumn(column, day, today)));
        if (this.state.data.scale === "day") {
            return columns;
        }
        const several = chosen.length > 1;
        // A weekend on which nobody works and nobody comes takes no room.
        const used = new Set(columns.filter((it) => it.hours.length || it.blocks.length).map((it) => it.day));
        const shown = used.size ? columns.filter((it) => used.has(it.day)) : columns;
        return shown.map((it, index) => ({ ...it, isNewDay: several && index > 0 && shown[index - 1].day !== it.day }));
    }

    makeColumn(column, day, today) {
        const date = DateTime.fromISO(day);
        const isWeek = this.state.data.scale === "week";
        const several = isWeek && this.choices.filter((it) => it.isChosen).length > 1;
        return {
            ...column,
            id: `${day} ${column.key}`,
            day,
            isToday: day === today,
            name: column.title,
            title: isWeek ? date.toFormat("ccc d LLL") : column.title,
            subtitle: several ? column.title : "",
            hours: column.hours[day] || [],
            busy: (column.busy[day] || []).map(([begins, ends, title]) => ({ begins, ends, title })),
            totals: column.totals[day] || { visits: 0, booked: 0, worked: 0 },
            blocks: this.getBlocks().filter((it) => it.day === day && it.columns.includes(column.key)),
        };
    }

    /** Returns the appointments that are drawn; those that were cancelled on demand only. */
    getBlocks() {
        const showsCancelled = this.state.highlight === "cancelled";
        const number = NUMBERS.find((it) => it.name === this.state.highlight);
        return this.state.data.appointments
            .filter((block) => showsCancelled || !block.is_cancelled)
            .map((block) => ({ ...block, isDimmed: block.dimmed || Boolean(number && !countIn(block, number)) }));
    }

    // === NUMBERS === //

    /** Returns the appointments of the columns that are shown, cancelled ones too. */
    getShown() {
        const keys = new Set(this.choices.filter((it) => it.isChosen).map((it) => it.key));
        return this.state.data.appointments.filter((block) => block.columns.some((key) => keys.has(key)));
    }

    getNumbers() {
        const shown = this.getShown();
        return NUMBERS.map((number) => ({
            ...number,
            count: shown.reduce((count, block) => count + countIn(block, number), 0),
            isActive: this.state.highlight === number.name,
        }));
    }

    /** Returns the next who comes after a minute of today. */
    getNext(minute) {
        const { today } = this.state.data;
        return this.getShown().find(
            (it) => it.day === today && it.attendance === "planned" && it.begins >= minute && !it.is_cancelled
        );
    }

    toggleHighlight(name) {
        this.state.highlight = this.state.highlight === name ? null : name;
    }
}
