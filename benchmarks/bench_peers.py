"""The same monthly invoices made by the run, by bare Odoo and by the OCA's add-ons, in one database.

Runs on request. The add-ons have to be in a folder of ``ODOO_EXTRA_ADDONS``; see the README beside this file.
"""

from copy import deepcopy

from measuring import analyze, interleave, report
from subscribers import Subscribers

from odoo.fields import Command, Date

BATCH, ROUNDS = 200, 3

#: What each organisation pays for, as in :class:`Subscribers`: practitioners of a kind, and the price of one a month.
LINES = (("Standard", 2.0, 15.0), ("Student", 1.0, 9.0))

env = env(user=env.ref("base.user_root"), context={})

moves = env["account.move"]
subscribers = Subscribers(env)
subscribers.subscribe(2 * BATCH)
organisations = env["practice.subscription"].search([], limit=BATCH).organisation_id
values = subscribers.invoice_vals(BATCH)
copies = [deepcopy(values) for _round in range(ROUNDS + 1)]
product, today = subscribers.product, Date.today()
product.property_account_income_id = subscribers.plan.income_account_id


def make_contracts():
    """Return contracts that are due today."""
    return env["contract.contract"].create(
        [
            {
                "name": organisation.name,
                "partner_id": organisation.id,
                "contract_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": name,
                            "quantity": quantity,
                            "price_unit": price,
                            "recurring_rule_type": "monthly",
                            "recurring_interval": 1,
                            "date_start": today,
                            "recurring_next_date": today,
                        }
                    )
                    for name, quantity, price in LINES
                ],
            }
            for organisation in organisations
        ]
    )


def make_oca_subscriptions():
    """Return subscriptions of ``subscription_oca`` that are due today."""
    template = env["sale.subscription.template"].create({"name": "Monthly", "recurring_rule_type": "months"})
    return env["sale.subscription"].create(
        [
            {
                "partner_id": organisation.id,
                "template_id": template.id,
                "pricelist_id": env["product.pricelist"].search([], limit=1).id
                or env["product.pricelist"].create({"name": "Usual"}).id,
                "sale_subscription_line_ids": [
                    Command.create(
                        {"product_id": product.id, "name": name, "product_uom_qty": quantity, "price_unit": price}
                    )
                    for name, quantity, price in LINES
                ],
            }
            for organisation in organisations
        ]
    )


def bill_contracts():
    contracts._recurring_create_invoice()._post(soft=False)
    env.flush_all()


def bill_oca_subscriptions():
    """Make and post one invoice after the other, as its nightly run does, but send nothing."""
    for subscription in subscriptions:
        subscription.create_invoice()._post(soft=False)
        subscription._set_next_invoice_date_after_invoice()
    env.flush_all()


def bill_bare():
    moves.create(copies.pop())._post(soft=False)
    env.flush_all()


contracts = make_contracts()
subscriptions = make_oca_subscriptions()
# Odoo asks for payments when it posts, and joins a ledger that PostgreSQL believes to be empty with itself: minutes.
subscribers.bill(BATCH)
analyze(env)
measured = interleave(
    env,
    ROUNDS,
    bare=bill_bare,
    ours=lambda: subscribers.bill(BATCH),
    contract=bill_contracts,
    subscription_oca=bill_oca_subscriptions,
)
for name, taken in measured.items():
    per_second, queries = BATCH / taken.seconds, taken.queries / BATCH
    print(f"# {name}: {per_second:.1f} invoices a second, {queries:.1f} queries an invoice")
for name in ("contract", "subscription_oca"):
    report(f"billing_against_{name}_ratio", measured[name].seconds / measured["ours"].seconds, 2.5, at_least=True)
