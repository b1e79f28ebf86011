import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { IntegerField, integerField } from "@web/views/fields/integer/integer_field";
import { MonetaryField, monetaryField } from "@web/views/fields/monetary/monetary_field";

/** A number of a report that opens what it is the sum of: the model's `action_open_cell` is told which field it is. */
const opensCell = (Field) =>
    class extends Field {
        static template = "practice_billing.ReportCell";

        setup() {
            super.setup();
            this.cellAction = useService("action");
        }

        openCell() {
            const { record, name } = this.props;
            return this.cellAction.doActionButton({
                type: "object",
                name: "action_open_cell",
                resModel: record.resModel,
                resId: record.resId,
                resIds: [record.resId],
                context: { ...record.context, practice_cell: name },
            });
        }
    };

registry.category("fields").add("practice_report_cell", {
    ...integerField,
    component: opensCell(IntegerField),
});
registry.category("fields").add("practice_report_cell_money", {
    ...monetaryField,
    component: opensCell(MonetaryField),
});
