import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { ask } from "./day_board_dialog";

/**
 * What can be done with an appointment of the board.
 *
 * @param {() => Promise} reload shows what has changed, and gives the keyboard back to the appointment
 */
export function useBoardActions(reload) {
    const action = useService("action");
    const dialog = useService("dialog");
    const notification = useService("notification");
    const orm = useService("orm");

    const call = (block, method) => orm.call("calendar.event", method, [[block.id]]);

    async function planAgain(block) {
        await call(block, "action_practice_mark_planned");
        await reload(block);
    }

    /** Says what was done, with a way back: it took two clicks only. */
    function tell(message, block) {
        const close = notification.add(message, {
            type: "success",
            buttons: [
                {
                    name: _t("Undo"),
                    primary: true,
                    onClick: () => {
                        close();
                        return planAgain(block);
                    },
                },
            ],
        });
    }

    async function mark(block, method, message) {
        await call(block, method);
        await reload(block);
        tell(message, block);
    }

    const openDialog = (block, opened) => action.doAction(opened, { onClose: () => reload(block) });

    return {
        planAgain,
        attended: (block) =>
            mark(block, "action_practice_mark_attended", _t("%s is marked as attended.", block.title)),
        no_show: (block) => mark(block, "action_practice_mark_no_show", _t("%s is marked as no-show.", block.title)),
        /** The consequence stood on what was clicked; the dialog does it, as by its own button. */
        async cancel(block) {
            const [id] = await orm.create("practice.appointment.cancel", [{ event_id: block.id }]);
            await orm.call("practice.appointment.cancel", "action_cancel", [[id]]);
            await reload(block);
            tell(_t("The appointment of %s is cancelled.", block.title), block);
        },
        async cancelOtherwise(block) {
            await openDialog(block, await call(block, "action_practice_cancel_appointment"));
        },
        async giveBack(block) {
            const said = await ask(dialog, {
                title: _t("Give Credits Back"),
                lines: [_t("Credits that go back to %(patient)s: %(credits)s.", { patient: block.title, credits: block.credits })],
                asksReason: true,
                placeholder: _t("e.g. The train did not run"),
                confirmLabel: _t("Give Back"),
            });
            if (said) {
                const vals = { event_ids: [[6, 0, [block.id]]], reason: said.reason };
                const [id] = await orm.create("practice.credit.give.back", [vals]);
                await orm.call("practice.credit.give.back", "action_practice_give_back", [[id]]);
                await reload(block);
            }
        },
        sell: (block) =>
            action.doAction("practice_billing.practice_package_sale_action", {
                additionalContext: {
                    default_partner_id: block.patient.id,
                    default_package_id: block.package_id,
                    practice_stay: true,
                },
                onClose: () => reload(block),
            }),
        open: (block) =>
            dialog.add(
                FormViewDialog,
                { resModel: "calendar.event", resId: block.id, title: block.title, onRecordSaved: () => reload(block) },
                { onClose: () => reload(block) }
            ),
        openPatient: ({ patient }) =>
            action.doAction({
                type: "ir.actions.act_window",
                res_model: "res.partner",
                res_id: patient.id,
                views: [[false, "form"]],
            }),
        /** On the appointment, which only its practice sees. */
        write: (block) =>
            action.doAction({
                type: "ir.actions.act_window",
                name: _t("Write to Patient"),
                res_model: "mail.compose.message",
                views: [[false, "form"]],
                target: "new",
                context: {
                    default_composition_mode: "comment",
                    default_model: "calendar.event",
                    default_res_ids: [block.id],
                    default_partner_ids: [block.patient.id],
                },
            }),
    };
}
