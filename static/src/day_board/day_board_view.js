import { registry } from "@web/core/registry";
import { DayBoardController } from "./day_board_controller";

/** The day of a practice: who gives what to whom, at a glance. */
registry.category("views").add("practice_board", {
    type: "practice_board",
    Controller: DayBoardController,
    searchMenuTypes: ["filter", "favorite"],
    props: (genericProps) => ({
        ...genericProps,
        archInfo: { quickCreateViewId: Number(genericProps.arch.getAttribute("quick_create_view_id")) },
    }),
});
