"""Organisations with subscriptions to measure, and processes that bill them at once."""

import multiprocessing
import os
import time

from odoo import sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.fields import Command
from odoo.modules.registry import Registry

from odoo.addons.practice_billing.models.subscriptions.billing.invoice_facts import InvoiceFacts

#: How long processes may take until all of them are ready.
WARM_UP_SECONDS = 60


class Subscribers:
    """A plan with 21 % tax and organisations on it, made through the doors that people use."""

    def __init__(self, env):
        self.env = env
        tax, account = env.company.account_sale_tax_id, env["account.account"]
        self.product = env["product.product"].create(
            {"name": "Licence", "type": "service", "taxes_id": [Command.set(tax.ids)]}
        )
        self.kind = env["practice.usage.kind"].create({"name": "New file", "code": "file"})
        self.plan = env["practice.plan"].create(
            {
                "name": "Starter",
                "product_id": self.product.id,
                "income_account_id": account.search([("account_type", "=", "income")], limit=1).id,
                "price_ids": [
                    Command.create({"interval": "month", "amount": 15.0}),
                    Command.create({"interval": "month", "kind": "student", "amount": 9.0}),
                    Command.create({"interval": "year", "amount": 150.0}),
                    Command.create({"interval": "year", "kind": "student", "amount": 90.0}),
                ],
                "usage_price_ids": [Command.create({"kind_id": self.kind.id, "unit_price": 5.0, "included": 1.0})],
            }
        )

    def subscribe(self, count, first=0, mark=""):
        """Make ``count`` subscriptions, due today, of two practitioners and a student each.

        :param first: the number of the first organisation
        :param mark: what names and addresses have after the number
        """
        country = self.env.ref("base.be").id
        address = {"is_company": True, "street": "Coupure 1", "zip": "9000", "city": "Gent", "country_id": country}
        organisations = self.env["res.partner"].create(
            [
                {"name": f"Practice {n}{mark}", "email": f"practice{n}{mark}@example.com", **address}
                for n in range(first, first + count)
            ]
        )
        people = self.env["res.partner"].create(
            [
                {"name": f"{name} of {organisation.name}", "parent_id": organisation.id}
                for organisation in organisations
                for name in ("An", "Bert", "Carla")
            ]
        )
        kinds = ("standard", "standard", "student")
        return self.env["practice.subscription"].create(
            [
                {
                    "organisation_id": organisation.id,
                    "plan_id": self.plan.id,
                    "seat_ids": [
                        Command.create({"practitioner_id": person.id, "kind": kind})
                        for person, kind in zip(people[3 * n : 3 * n + 3], kinds, strict=True)
                    ],
                }
                for n, organisation in enumerate(organisations)
            ]
        )

    def invoice_vals(self, limit):
        """Return the values of the next ``limit`` invoices, as the run gives them to Odoo, but for no period."""
        facts = InvoiceFacts(self.env.company, self.env.company._practice_day())
        return [
            subscription._prepare_invoice_vals(
                subscription._make_next_invoice(), facts, self.env["practice.subscription.period"]
            )
            for subscription in self.env["practice.subscription"]._claim_due_sudo(limit)
        ]

    def bill(self, limit=200):
        """Bill one batch as the run does, without its commit; return the invoices."""
        subscriptions = self.env["practice.subscription"]
        batch = subscriptions._claim_due_sudo(limit)
        subscriptions._ensure_statistics()
        moves = batch._bill_or_set_aside()
        self.env.flush_all()
        return moves


def in_processes(env, count, work, warm_up):
    """Run ``work(env)`` in ``count`` processes at once, each with its own connection; return the seconds it took.

    :param warm_up: called with each ``env`` before and rolled back: a worker has filled its caches long ago
    """
    env.cr.commit()
    ready = multiprocessing.get_context("fork").Barrier(count + 1)
    children = [_fork(env.cr.dbname, work, warm_up, ready) for _number in range(count)]
    ready.wait(WARM_UP_SECONDS)
    started = time.perf_counter()
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    if failed:
        raise RuntimeError(f"{len(failed)} of {count} processes failed")
    return time.perf_counter() - started


def _fork(database, work, warm_up, ready):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # The parent's connections stay its own: nothing here may use them, or close them.
        registry = Registry(database)
        inherited = sql_db._Pool, registry._db
        sql_db._Pool = None
        registry._db = sql_db.db_connect(database)
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            warm_up(env)
            cr.rollback()
            env.invalidate_all()
            ready.wait(WARM_UP_SECONDS)
            work(env)
        code = 0 if inherited else 1
    finally:
        os._exit(code)
