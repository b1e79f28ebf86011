from odoo import models

MODULE = "practice_billing"

#: The two halves of the module, with the group of everybody where a half is switched off, and the menus that go with
#: it. All other menus are of both.
HALVES = {
    "packages": {
        "group": f"{MODULE}.group_without_packages",
        "menus": (
            "practice_menu_appointments",
            "res_partner_menu_patient",
            "practice_menu_credits",
            "practice_menu_payers",
            "practice_open_credit_menu",
            "practice_credit_move_menu_analysis",
            "practice_credit_move_menu_production",
            "practice_vat_document_menu",
            "practice_credit_move_menu",
            "practice_menu_reporting_visits",
            "practice_package_menu",
            "product_template_menu_package",
            "practice_appointment_type_menu",
            "practice_room_menu",
            "mail_template_menu_appointment",
            "resource_resource_menu_practitioner",
            "resource_calendar_menu_practice",
            "practice_pay_rule_menu",
            "practice_data_import_menu",
            "practice_care_statement_menu_accounting",
            "practice_vat_document_menu_accounting",
            "practice_open_credit_menu_accounting",
            "practice_credit_move_menu_analysis_accounting",
            "practice_credit_move_menu_production_accounting",
            "practice_pay_statement_menu_accounting",
        ),
    },
    "subscriptions": {
        "group": f"{MODULE}.group_without_subscriptions",
        "menus": (
            "practice_menu_subscriptions",
            "practice_menu_reporting_subscriptions",
            "practice_plan_menu",
            "practice_usage_kind_menu",
            "practice_discount_code_menu",
            "practice_terms_menu",
            "practice_reminder_step_menu",
            "practice_webhook_delivery_menu",
            "practice_subscription_menu_accounting",
            "practice_unbilled_report_menu_accounting",
            "practice_subscription_mrr_menu_accounting",
            "practice_subscription_forecast_menu_accounting",
            "practice_subscription_overview_menu_accounting",
        ),
    },
}


class IrUiMenu(models.Model):
    """Menus of a half that is switched off are not offered. Rights stay as they are: this is about what is shown."""

    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        find = self.env["ir.model.data"]._xmlid_to_res_id
        hidden = [
            find(f"{MODULE}.{name}", raise_if_not_found=False)
            for half in HALVES.values()
            if self.env.user.has_group(half["group"])
            for name in half["menus"]
        ]
        return [*super()._load_menus_blacklist(), *filter(None, hidden)]
