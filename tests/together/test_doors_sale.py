from odoo.fields import Command
from odoo.tests import tagged

from ..common.orders import OrderMixin
from ..common.practice import PracticeCase
from ..common.vat import VatMixin


@tagged("post_install", "-at_install")
class TestSaleOrder(VatMixin, OrderMixin, PracticeCase):
    """Sales: whose credits an order gives, whoever is invoiced, and where its money goes."""

    @property
    def purchases(self):
        return self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )

    def mother(self):
        return self.make_patient("Els Peeters")

    def html(self, invoice):
        report = self.env["ir.actions.report"].with_context(lang="en_US")
        return report._render_qweb_html("account.report_invoice", invoice.ids)[0].decode()

    def test_an_order_abroad_sells_a_voucher_with_vat_at_use(self):
        self.setup_vat()
        position = self.env["account.fiscal.position"].create({"name": "PB abroad"})
        order = self.order(self.card_product, fiscal_position_id=position.id)
        self.assertFalse(order.order_line.tax_ids)
        invoice = self.invoice_order(order)
        self.assertEqual(invoice.invoice_line_ids.tax_ids, self.company.practice_voucher_tax_id)
        self.assertEqual((invoice.amount_total, self.lot_of(invoice).vat_at_use), (1200.0, True))

    def test_an_order_gives_credits_when_its_invoice_is_paid(self):
        order = self.order()
        self.assertFalse(self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]))
        invoice = self.invoice_order(order)
        self.assertEqual(invoice.invoice_line_ids.account_id, self.liability)
        lot = self.lot_of(invoice)
        self.assertLot(lot, state="pending", available=10, value=1200.0)
        self.pay(invoice)
        self.assertLot(lot, state="active")
        self.assertUsedUp(lot)

    def test_credits_of_an_order_are_its_customers_when_the_mother_is_invoiced(self):
        mother = self.mother()
        order = self.order(partner_invoice_id=mother.id)
        draft = self.invoice_order(order, post=False)
        self.assertEqual((draft.partner_id, draft.invoice_line_ids.practice_patient_id), (mother, self.patient))
        draft.action_post()
        self.pay(draft)
        lot = self.lot_of(draft)
        self.assertLot(lot, partner_id=self.patient, payer_id=mother, state="active", available=10)
        self.assertIn("For An Peeters", self.html(draft))
        self.assertUsedUp(lot)

    def test_credits_of_an_order_are_its_customers_when_a_firm_is_invoiced(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        desk = self.env["res.partner"].create({"name": "Desk", "parent_id": firm.id, "type": "invoice"})
        invoice = self.invoice_order(self.order(partner_invoice_id=desk.id))
        self.assertLot(self.lot_of(invoice), partner_id=self.patient, payer_id=firm)
        self.assertIn("For An Peeters", self.html(invoice))
        self.assertProved()

    def test_another_customer_on_the_draft_does_not_move_the_credits(self):
        draft = self.invoice_order(self.order(), post=False)
        self.assertEqual(draft.invoice_line_ids.practice_patient_id, self.patient)
        self.assertNotIn("For An Peeters", self.html(draft))
        draft.partner_id = self.mother()
        draft.action_post()
        self.assertLot(self.lot_of(draft), partner_id=self.patient)
        self.assertIn("For An Peeters", self.html(draft))

    def test_the_patient_can_be_changed_on_the_draft_and_stays_when_posted(self):
        other = self.make_patient("Bert Claes")
        order = self.order()
        draft = self.invoice_order(order, post=False)
        draft.invoice_line_ids.practice_patient_id = other
        draft.invoice_line_ids.quantity = 2
        draft.action_post()
        self.assertLot(self.lot_of(draft), partner_id=other, available=20)
        line = draft.invoice_line_ids
        line.sale_line_ids = [Command.clear()]
        order.partner_id = self.mother()
        line.sale_line_ids = [Command.set(order.order_line.ids)]
        self.env.flush_all()
        self.assertEqual(line.practice_patient_id, other)

    def test_a_draft_from_before_the_rule_gives_its_credits_to_the_orders_customer(self):
        draft = self.invoice_order(self.order(partner_invoice_id=self.mother().id), post=False)
        draft.invoice_line_ids.practice_patient_id = False
        draft.action_post()
        self.assertLot(self.lot_of(draft), partner_id=self.patient)
        self.assertEqual(draft.invoice_line_ids.practice_patient_id, self.patient)

    def test_a_patient_whom_the_line_names_already_is_not_named_twice(self):
        draft = self.invoice_order(self.order(partner_invoice_id=self.mother().id), post=False)
        draft.invoice_line_ids.name = "Ten sessions for An Peeters"
        self.assertNotIn("For An Peeters", self.html(draft))

    def test_an_invoice_of_several_customers_orders_keeps_each_ones_credits_apart(self):
        mother, bert = self.mother(), self.make_patient("Bert Claes")
        orders = self.order(partner_invoice_id=mother.id) + self.order(customer=bert, partner_invoice_id=mother.id)
        invoice = self.invoice_order(orders)
        for order in orders:
            line = invoice.invoice_line_ids.filtered(lambda it, order=order: it.sale_line_ids.order_id == order)
            self.assertEqual(line._practice_get_patient(), order.partner_id)

    def test_a_credit_note_of_the_order_takes_its_customers_credits_back(self):
        invoice = self.invoice_order(self.order(partner_invoice_id=self.mother().id))
        self.pay(invoice)
        refund = self.credit_note(invoice, 0.4)
        self.assertEqual(refund.invoice_line_ids.practice_patient_id, self.patient)
        self.assertLot(self.lot_of(invoice), refunded=4, available=6, value=720.0)
        self.assertProved()

    def test_less_on_the_order_takes_credits_back_with_the_credit_note_that_sales_makes(self):
        order = self.order(partner_invoice_id=self.mother().id)
        order.order_line.product_uom_qty = 2
        invoice = self.invoice_order(order)
        self.pay(invoice)
        order.order_line.product_uom_qty = 1
        refund = self.invoice_order(order)
        self.assertEqual(refund.move_type, "out_refund")
        self.assertLot(self.lot_of(invoice), available=10, refunded=10, value=1200.0)
        self.assertProved()

    def test_salespeople_and_billing_clerks_invoice_orders_without_rights_on_packages(self):
        clerk = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "pb_clerk",
                "group_ids": [
                    Command.set(
                        [
                            self.env.ref("sales_team.group_sale_salesman_all_leads").id,
                            self.env.ref("account.group_account_invoice").id,
                        ]
                    )
                ],
            }
        )
        mine = self.env(user=clerk)
        order = mine["sale.order"].create(
            {"partner_id": self.patient.id, "order_line": [Command.create({"product_id": self.product.id})]}
        )
        order.action_confirm()
        draft = order._create_invoices()
        self.assertEqual(draft.invoice_line_ids.practice_patient_id.id, self.patient.id)
        draft.action_post()
        self.assertLot(self.lot_of(draft.with_env(self.env)), state="pending", available=10)

    def test_accrued_orders_do_not_touch_the_balance_post(self):
        order = self.order()
        wizard = self.env["account.accrued.orders.wizard"].with_context(active_model="sale.order", active_ids=order.ids)
        wizard = wizard.create({"account_id": self.make_account("asset_current", "PB accrued").id, "amount": 100.0})
        wizard.create_entries()
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertProved()

    def test_a_bill_for_a_package_product_does_not_touch_the_balance_post(self):
        bill = self.invoice(move_type="in_invoice", journal_id=self.purchases.id)
        self.assertEqual(bill.invoice_line_ids.account_id.internal_group, "expense")
        self.assertProved()

    def test_the_licence_of_a_plan_that_is_sold_by_order_is_revenue_of_its_product(self):
        waiting = self.make_account("liability_current", "PB licences wait")
        licence = self.env["product.product"].create(
            {
                "name": "Licence",
                "type": "service",
                "list_price": 390.0,
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
                "property_account_income_id": self.other_income.id,
            }
        )
        self.env["practice.plan"].create(
            {
                "name": "Standard",
                "product_id": licence.id,
                "income_account_id": self.income.id,
                "deferred_account_id": waiting.id,
                "price_ids": [Command.create({"interval": "month", "kind": "standard", "amount": 39.0})],
            }
        )
        order = self.order(licence)
        down_payment = self.down_payment(order, percent=30)
        self.pay(down_payment)
        invoice = self.invoice_order(order)
        self.pay(invoice)
        self.assertEqual((self.balance(waiting), self.balance(self.other_income)), (0.0, -390.0))
        self.assertProved()


@tagged("post_install", "-at_install")
class TestDiscounts(OrderMixin, PracticeCase):
    """Discounts of an order come as lines of their own; credits cost what is paid."""

    def test_the_discount_button_lowers_what_waits(self):
        order = self.order(confirm=False)
        wizard = self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        )
        wizard.action_apply_discount()
        order.action_confirm()
        invoice = self.invoice_order(order)
        self.pay(invoice)
        lot = self.lot_of(invoice)
        self.assertLot(lot, state="active", value=1080.0)
        self.assertUsedUp(lot, revenue=1080.0)

    def test_a_discount_and_a_down_payment_together(self):
        order = self.order(confirm=False)
        wizard = self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.1}
        )
        wizard.action_apply_discount()
        order.action_confirm()
        self.pay(self.down_payment(order, percent=30))
        self.assertProved()
        invoice = self.invoice_order(order)
        self.pay(invoice)
        self.assertEqual(invoice.amount_total, 756.0)
        lot = self.lot_of(invoice)
        self.assertLot(lot, state="active", value=1080.0)
        self.assertUsedUp(lot, revenue=1080.0)

    def test_loyalty_that_discounts_the_order_lowers_what_waits(self):
        if "loyalty.program" not in self.env:
            self.skipTest("there is no sale_loyalty")
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten percent",
                "program_type": "promotion",
                "trigger": "auto",
                "applies_on": "current",
                "rule_ids": [Command.create({})],
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10, "discount_mode": "percent"})],
            }
        )
        order = self.order(confirm=False)
        order._update_programs_and_rewards()
        coupon = order.coupon_point_ids.coupon_id
        self.assertEqual(coupon.program_id, program)
        order._apply_program_reward(program.reward_ids, coupon)
        order.action_confirm()
        invoice = self.invoice_order(order)
        self.pay(invoice)
        self.assertEqual(invoice.amount_total, 1080.0)
        self.assertUsedUp(self.lot_of(invoice), revenue=1080.0)
