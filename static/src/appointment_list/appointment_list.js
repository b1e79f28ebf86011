import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

class AppointmentListController extends ListController {
    setup() {
        super.setup();
        this.appointmentOrm = useService("orm");
        this.appointmentAction = useService("action");
    }

    /** Deleting planned appointments cancels them, and asks first who cancels. */
    async onDeleteSelectedRecords() {
        const ids = await this.model.root.getResIds(true);
        const action = await this.appointmentOrm.call("calendar.event", "action_practice_delete_appointments", [ids]);
        if (!action) {
            return super.onDeleteSelectedRecords();
        }
        await this.appointmentAction.doAction(action, { onClose: () => this.model.load() });
    }
}

registry.category("views").add("practice_appointment_list", { ...listView, Controller: AppointmentListController });
