import { onWillUnmount, useExternalListener } from "@odoo/owl";
import { STEP } from "./day_board_layout";

/** Pixels that a pointer moves before it drags instead of clicking. */
const THRESHOLD = 5;

/** Pixels from the edge of the board in which dragging scrolls. */
const EDGE = 40;

/**
 * Drags appointments of a grid to another time or column, and their end, and over an empty time to choose it.
 *
 * A finger scrolls and turns the page: what it wants to move, it moves with *Move* of the appointment.
 */
export function useBoardDrag(grid) {
    let drag = null;
    let hasEnded = false;

    const canDrag = (block) => block.attendance === "planned" && !block.allday;

    const isMouse = (ev) => ev.button === 0 && ev.pointerType !== "touch";

    function onPointerDown(ev, block, column, part = "all") {
        ev.stopPropagation(); // what is below is not empty
        if (isMouse(ev) && canDrag(block)) {
            const { exact } = grid.locate(ev.clientX, ev.clientY);
            begin(ev, { block, column, part, grabbed: exact - block.begins });
        }
    }

    function onPointerDownEmpty(ev, column) {
        if (isMouse(ev) && !grid.props.moving) {
            const { minute } = grid.locate(ev.clientX, ev.clientY);
            begin(ev, { column, part: "span", grabbed: minute });
        }
    }

    function begin(ev, values) {
        drag = { ...values, x: ev.clientX, y: ev.clientY, isMoving: false };
        window.addEventListener("pointermove", onPointerMove);
        window.addEventListener("pointerup", onPointerUp);
    }

    function onPointerMove(ev) {
        const far = Math.hypot(ev.clientX - drag.x, ev.clientY - drag.y);
        if (!drag.isMoving && far < THRESHOLD) {
            return;
        }
        drag.isMoving = true;
        scrollAtEdge(ev.clientY);
        grid.state.ghost = getPlace(ev.clientX, ev.clientY);
    }

    function scrollAtEdge(y) {
        const element = grid.gridRef.el;
        const { top, bottom } = element.getBoundingClientRect();
        if (y < top + EDGE) {
            element.scrollTop -= EDGE / 4;
        } else if (y > bottom - EDGE) {
            element.scrollTop += EDGE / 4;
        }
    }

    /** Returns where the appointment would be, or which time is chosen. */
    function getPlace(x, y) {
        const { block, part, grabbed } = drag;
        const { column, exact, minute } = grid.locate(x, y);
        if (part === "span") {
            const begins = Math.min(grabbed, minute);
            const ends = Math.max(grabbed, minute) + STEP;
            return { column: drag.column, columnId: drag.column.id, begins, ends };
        }
        const length = block.ends - block.begins;
        if (part === "end") {
            const ends = Math.max(block.begins + STEP, Math.round(exact / STEP) * STEP);
            return { column: drag.column, columnId: drag.column.id, begins: block.begins, ends };
        }
        const begins = grid.clamp(Math.round((exact - grabbed) / STEP) * STEP);
        return { column, columnId: column.id, begins, ends: begins + length };
    }

    function onPointerUp(ev) {
        const { block, column, part, isMoving } = drag;
        const place = isMoving && getPlace(ev.clientX, ev.clientY);
        stop();
        if (!place) {
            return;
        }
        hasEnded = true;
        if (part === "span") {
            grid.state.ghost = place; // it stands there until it is said what for
            const element = grid.gridRef.el.querySelector(".o_practice_board_ghost") || grid.gridRef.el;
            return grid.props.onSpan(place, element, () => (grid.state.ghost = null));
        }
        const stays = place.columnId === column.id && place.begins === block.begins && place.ends === block.ends;
        if (!stays) {
            grid.props.onMove(block, place.column, place.begins, part === "end" ? place.ends : null);
        }
    }

    function stop() {
        drag = null;
        grid.state.ghost = null;
        window.removeEventListener("pointermove", onPointerMove);
        window.removeEventListener("pointerup", onPointerUp);
    }

    function onKeydown(ev) {
        if (drag && ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            hasEnded = true;
            stop();
        }
    }

    useExternalListener(window, "keydown", onKeydown, { capture: true });
    // Whatever is pressed next is something else.
    useExternalListener(window, "pointerdown", () => (hasEnded = false), { capture: true });
    onWillUnmount(() => drag && stop());

    return {
        canDrag,
        onPointerDown,
        onPointerDownEmpty,
        /** Returns whether the click that follows belongs to what was dragged. */
        hasJustEnded: () => hasEnded,
    };
}
