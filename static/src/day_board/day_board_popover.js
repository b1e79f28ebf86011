import { Component, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { formatMinute } from "./day_board_layout";
import { getSigns } from "./day_board_signs";

/** What there is to know of an appointment, and to do with it. */
export class DayBoardPopover extends Component {
    static template = "practice_billing.DayBoardPopover";
    static props = {
        model: Object,
        blockId: Number,
        practitioner: String,
        run: Function,
        close: Function,
    };

    setup() {
        // What others change meanwhile changes here too.
        this.data = useState(this.props.model.state);
        this.known = this.find();
        useEffect(
            (isGone) => {
                if (isGone) {
                    this.props.close();
                }
            },
            () => [!this.find()]
        );
    }

    find() {
        return this.data.data.appointments.find((it) => it.id === this.props.blockId);
    }

    get block() {
        this.known = this.find() || this.known;
        return this.known;
    }

    get signs() {
        return getSigns(this.block);
    }

    get time() {
        const { block } = this;
        if (block.allday) {
            return _t("All day");
        }
        return _t("%(begins)s to %(ends)s", { begins: formatMinute(block.begins), ends: formatMinute(block.ends) });
    }

    /** Says what cancelling costs, before it is clicked. */
    get consequence() {
        const { block } = this;
        const { tz } = this.data.data;
        if (block.attendance !== "planned" || block.credit_state !== "reserved") {
            return "";
        }
        const until = deserializeDateTime(block.free_until, { tz }).toLocaleString({
            weekday: "short",
            day: "numeric",
            month: "short",
            hour: "numeric",
            minute: "2-digit",
        });
        return block.cost
            ? _t("Cancelling was free until %(until)s: credits lost now: %(cost)s.", { until, cost: block.cost })
            : _t("Cancelling is free until %(until)s: credits that go back: %(credits)s.", {
                  until,
                  credits: block.credits,
              });
    }

    /** Who takes part in a group, with what there is to know of each. */
    get participants() {
        return this.block.participants
            .filter((it) => !it.is_cancelled)
            .map((it) => ({ ...it, signs: getSigns(it) }));
    }

    get noShowTitle() {
        const { lost } = this.block;
        return lost ? _t("Credits that the patient loses: %s.", lost) : _t("Costs the patient nothing.");
    }

    get actions() {
        const { block } = this;
        const isPlanned = block.attendance === "planned";
        const isMarked = ["attended", "no_show"].includes(block.attendance);
        const isSpent = ["used", "forfeited"].includes(block.credit_state);
        const all = [
            {
                name: "attended",
                icon: "fa-check",
                label: _t("Attended"),
                shown: block.has_begun && (isPlanned || block.attendance === "no_show"),
            },
            {
                name: "no_show",
                icon: "fa-user-times",
                label: _t("No-Show"),
                title: this.noShowTitle,
                shown: !block.places && block.has_begun && (isPlanned || block.attendance === "attended"),
            },
            {
                name: "cancel",
                icon: "fa-ban",
                label: block.cost ? _t("Cancel, Credits Lost: %s", block.cost) : _t("Cancel"),
                title: this.consequence,
                shown: isPlanned && !block.recurring && !block.places,
            },
            {
                name: "cancelOtherwise",
                icon: "fa-ellipsis-h",
                label: isPlanned && !block.recurring && !block.places ? _t("Cancel Otherwise…") : _t("Cancel…"),
                title: _t("The practice cancels, credits go back all the same, or nobody is told"),
                shown: isPlanned || isMarked,
            },
            { name: "giveBack", icon: "fa-undo", label: _t("Give Credits Back"), shown: isSpent },
            {
                name: "planAgain",
                icon: "fa-calendar-check-o",
                label: _t("Plan Again"),
                shown: isMarked || block.is_cancelled,
            },
            { name: "move", icon: "fa-arrows", label: _t("Move…"), shown: isPlanned && !block.allday },
            { name: "end", icon: "fa-arrows-v", label: _t("Change the End…"), shown: isPlanned && !block.allday },
            {
                name: "sell",
                icon: "fa-ticket",
                label: _t("Sell Package"),
                shown: block.signs.some((it) => ["credits_missing", "last_credit"].includes(it)),
            },
        ];
        return all.filter((it) => it.shown);
    }

    get links() {
        const { patient } = this.block;
        return [
            { name: "open", icon: "fa-pencil", label: _t("Open Appointment"), shown: true },
            { name: "openPatient", icon: "fa-user-circle-o", label: _t("Open Patient"), shown: patient },
            { name: "write", icon: "fa-envelope-o", label: _t("Write to Patient"), shown: patient },
        ].filter((it) => it.shown);
    }

    onClick(name) {
        this.props.close();
        this.props.run(name, this.block);
    }
}
