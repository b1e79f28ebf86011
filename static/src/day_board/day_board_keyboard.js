import { STEP } from "./day_board_layout";

/**
 * Moves about a grid with the arrow keys: from appointment to appointment, and through the empty time between them.
 *
 * The board is one stop of the Tab key. Where the keyboard is, is remembered as a column with a minute, and the
 * appointment when it is on one, so that it stays there when the board is read again.
 */
export function useBoardKeyboard(grid) {
    let wantsFocus = false;

    const inOrder = (column) =>
        column.blocks.filter((it) => !it.allday).sort((a, b) => a.begins - b.begins || b.ends - a.ends || a.id - b.id);

    const isAt = (block, minute) => block.begins <= minute && minute < block.ends;

    /** Returns where the keyboard is, also before it was anywhere. */
    function getCursor() {
        const { columns } = grid;
        const cursor = grid.state.cursor;
        const column = columns.find((it) => it.id === cursor?.id) || columns[0];
        if (!column) {
            return null;
        }
        const begins = column.hours.length ? column.hours[0][0] : grid.range.begins;
        const minute = grid.clamp(cursor ? cursor.minute : begins);
        const blocks = inOrder(column);
        const block = blocks.find((it) => it.id === cursor?.blockId) || blocks.find((it) => isAt(it, minute));
        return { column, minute, block };
    }

    function isCursor(block, column) {
        const cursor = getCursor();
        return cursor?.column.id === column.id && cursor.block?.id === block.id;
    }

    /** Goes to a minute of a column: to the appointment that is there, or to the empty time. */
    function goTo(column, minute, fromBelow = false) {
        const there = inOrder(column).filter((it) => isAt(it, minute));
        const block = fromBelow ? there.at(-1) : there[0];
        grid.state.cursor = { id: column.id, minute: grid.clamp(minute), blockId: block?.id };
        wantsFocus = true;
    }

    function goToBlock(column, block) {
        grid.state.cursor = { id: column.id, minute: block.begins, blockId: block.id };
        wantsFocus = true;
    }

    function goDown({ column, minute, block }) {
        if (!block) {
            return goTo(column, grid.clamp(minute + STEP));
        }
        const blocks = inOrder(column);
        const next = blocks[blocks.indexOf(block) + 1];
        return next && next.begins < block.ends ? goToBlock(column, next) : goTo(column, block.ends);
    }

    function goUp({ column, minute, block }) {
        if (!block) {
            return goTo(column, grid.clamp(minute - STEP), true);
        }
        const blocks = inOrder(column);
        const previous = blocks[blocks.indexOf(block) - 1];
        return previous && previous.ends > block.begins
            ? goToBlock(column, previous)
            : goTo(column, Math.max(block.begins - STEP, grid.range.begins), true);
    }

    function goAside({ column, minute }, number) {
        const { columns } = grid;
        const index = columns.indexOf(column) + number;
        if (columns[index]) {
            return goTo(columns[index], minute);
        }
        if (grid.props.isSmall) {
            wantsFocus = true;
            grid.turn(number);
        }
    }

    function press(cursor) {
        const { column, block, minute } = cursor;
        if (block) {
            const element = grid.gridRef.el.querySelector(`[data-id="${block.id}"][data-column="${column.id}"]`);
            return grid.openBlock(element, block, column);
        }
        return grid.props.onSlot(column, minute);
    }

    const keys = {
        ArrowDown: goDown,
        ArrowUp: goUp,
        ArrowLeft: (cursor) => goAside(cursor, -1),
        ArrowRight: (cursor) => goAside(cursor, 1),
        Home: ({ column }) => goTo(column, column.hours[0]?.[0] ?? grid.range.begins),
        End: ({ column }) => goTo(column, (column.hours.at(-1)?.[1] ?? grid.range.ends) - STEP, true),
        PageUp: () => turnPage(-1),
        PageDown: () => turnPage(1),
        Enter: press,
        " ": press,
        n: ({ column, minute }) => grid.props.onSlot(column, minute),
        m: ({ block }) => beginMoving(block, "all"),
        e: ({ block }) => beginMoving(block, "end"),
        a: ({ column, minute }) => grid.props.onAway(column, minute),
        Escape: () => grid.props.onLeaveMoving(),
    };

    function beginMoving(block, part) {
        if (block && grid.drag.canDrag(block)) {
            grid.props.onBeginMoving(block, part);
        }
    }

    function turnPage(number) {
        wantsFocus = true;
        grid.props.onStep(number);
    }

    function onKeydown(ev) {
        const action = keys[ev.key];
        const cursor = getCursor();
        const onCursor = ev.target.closest(".o_practice_board_block, .o_practice_board_slot");
        if (!action || !cursor || !onCursor || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        action(cursor);
    }

    /** Puts the focus where the keyboard was sent to, once it is drawn. */
    function followFocus() {
        const { focus } = grid.props;
        if (focus) {
            for (const column of grid.props.columns) {
                const block = column.blocks.find((it) => it.id === focus.blockId);
                if (block) {
                    grid.state.shownIndex = grid.props.columns.indexOf(column);
                    goToBlock(column, block);
                }
            }
            return grid.props.onFocused(); // drawn anew with it, and then followed
        }
        const target = wantsFocus && grid.gridRef.el?.querySelector(".o_practice_board_cursor");
        if (target) {
            wantsFocus = false;
            target.focus({ preventScroll: true });
            target.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
    }

    return { followFocus, getCursor, isCursor, onKeydown };
}
