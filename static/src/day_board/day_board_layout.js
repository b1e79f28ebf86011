import { is24HourFormat } from "@web/core/l10n/time";
import { serializeDateTime } from "@web/core/l10n/dates";

const { DateTime } = luxon;

/** Minutes that appointments are dragged by, and that the keyboard moves by. */
export const STEP = 15;

/** What a board shows at least, in minutes since midnight. */
const USUAL_DAY = { begins: 8 * 60, ends: 18 * 60 };

/** Returns a time of the clock on the wall in words. */
export function formatMinute(minute) {
    const time = DateTime.fromObject({ hour: Math.floor(minute / 60) % 24, minute: minute % 60 });
    return time.toFormat(is24HourFormat() ? "HH:mm" : "h:mm a");
}

/** Returns minutes as hours: 4:15. */
export function formatHours(minutes) {
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Returns the moment, as the server reads it, at which the clock of `tz` shows `minute` on `day`. */
export function toMoment(day, minute, tz) {
    const [year, month, date] = day.split("-").map(Number);
    const local = DateTime.fromObject({ year, month, day: date }, { zone: tz });
    return serializeDateTime(
        minute < 24 * 60
            ? local.set({ hour: Math.floor(minute / 60), minute: minute % 60 })
            : local.plus({ days: 1 })
    );
}

/** Returns from when until when the board is drawn: whole hours around everything that is on it. */
export function getRange(columns) {
    let { begins, ends } = USUAL_DAY;
    for (const { hours, blocks } of columns) {
        for (const [first, last] of hours) {
            begins = Math.min(begins, first);
            ends = Math.max(ends, last);
        }
        for (const block of blocks.filter((it) => !it.allday)) {
            begins = Math.min(begins, block.begins);
            ends = Math.max(ends, block.ends);
        }
    }
    return { begins: Math.floor(begins / 60) * 60, ends: Math.min(Math.ceil(ends / 60), 24) * 60 };
}

/**
 * Puts blocks that overlap beside each other.
 *
 * @param {{begins: number, ends: number}[]} blocks in any order
 * @returns {Map<object, {lane: number, lanes: number}>}
 */
export function getLanes(blocks) {
    const lanes = new Map();
    let group = [];
    let reached = -1;
    const closeGroup = () => {
        const count = Math.max(0, ...group.map((it) => lanes.get(it).lane + 1));
        group.forEach((it) => (lanes.get(it).lanes = count));
        group = [];
    };
    for (const block of [...blocks].sort((a, b) => a.begins - b.begins || b.ends - a.ends || a.id - b.id)) {
        if (block.begins >= reached) {
            closeGroup();
        }
        const taken = new Set(group.filter((it) => it.ends > block.begins).map((it) => lanes.get(it).lane));
        let lane = 0;
        while (taken.has(lane)) {
            lane++;
        }
        lanes.set(block, { lane, lanes: 1 });
        group.push(block);
        reached = Math.max(reached, block.ends);
    }
    closeGroup();
    return lanes;
}
