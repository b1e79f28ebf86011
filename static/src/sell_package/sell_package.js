import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Sells a package from an appointment that is still being planned: an ordinary button would have to save the
 * appointment first, and that is refused as long as the credits are missing.
 */
export class SellPackage extends Component {
    static template = "practice_billing.SellPackage";
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    async onClick() {
        const { patient_id: patient, practice_appointment_type_id: type } = this.props.record.data;
        const [{ package_id: pack }] = await this.orm.read("practice.appointment.type", [type.id], ["package_id"]);
        await this.action.doAction("practice_billing.practice_package_sale_action", {
            additionalContext: {
                default_partner_id: patient.id,
                default_package_id: pack[0],
                practice_stay: true,
            },
            // The patient chosen again is what makes the form ask for the balance again.
            onClose: () => this.props.record.update({ patient_id: { ...patient } }),
        });
    }
}

registry.category("view_widgets").add("practice_sell_package", { component: SellPackage });
