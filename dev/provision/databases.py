"""Databases: made from a template that has Odoo's modules but not ours, because those take a minute to install."""

import ast
import contextlib
import json
import os
import shutil
from dataclasses import dataclass

from .errors import DevError
from .odoo import Odoo
from .postgres import Cluster
from .process import lock
from .progress import step
from .settings import MODULE, short_hash

# Used while the module has no manifest yet, and beside its own dependencies: the Belgian chart of accounts and a
# payment provider that needs no bank.
BASE_MODULES = ["l10n_be", "payment_demo"]
FALLBACK_DEPENDS = ["account_payment", "calendar", "product_email_template"]
# Odoo picks the chart of accounts when `account` is installed, so the country has to be known before.
BELGIAN_COMPANY = """
env.company.country_id = env.ref('base.be')
env.cr.commit()
"""
# The demo data of `account` give the first company the chart of no country, and dollars, whatever its country is.
BELGIAN_CHART = """
if env.company.chart_template != 'be_comp':
    env['account.chart.template'].try_loading('be_comp', env.company, install_demo=True)
    env.cr.commit()
"""


@dataclass(frozen=True)
class Databases:
    """The databases of one cluster, and the way to make them."""

    odoo: Odoo
    cluster: Cluster

    @property
    def settings(self):
        return self.odoo.settings

    def exists(self, name):
        return name in self.cluster.databases()

    def require(self, name):
        if not self.exists(name):
            raise DevError(f"there is no database {name}: make it with  dev/odoo new {name}")

    # === NEW AND DROP === #

    def new(self, name, demo=False, modules=(), beside=(), *, with_us=True):
        """Make database ``name`` with the module and ``modules`` installed, replacing an old one of that name.

        It is built under another name and renamed when complete, so a database that exists is never half made.

        :param beside: modules of Odoo that are in its template already, because they take long to install
        :param with_us: whether our module is installed
        :raises DevError: when Odoo does not know one of the modules
        """
        if unknown := self.odoo.get_unknown(self.cluster, modules):
            raise DevError(f"Odoo finds no module that can be installed called {', '.join(unknown)}")
        modules = [*([MODULE] if with_us and self.settings.has_module else []), *modules]
        template = self.template(demo, beside)
        building = f"building_{name}"
        with lock(self._lock_file(name), f"it is making database {name}"), step(f"Making database {name}"):
            self.drop(building)
            self._copy(template, building)
            if modules:
                self.odoo.install(self.cluster, building, modules, demo=demo)
            self.drop(name)
            self._rename(building, name)

    def copy(self, source, target):
        """Make database ``target`` as ``source`` is now, replacing an old one of that name."""
        self.drop(target)
        self._copy(source, target)

    def drop(self, name):
        """Drop database ``name`` and its attachments; True when there was one."""
        existed = self.exists(name)
        self.cluster.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self._attachments(name), ignore_errors=True)
        return existed

    def remember(self, name, **facts):
        """Keep ``facts`` with the database, as its comment."""
        text = json.dumps(facts).replace("'", "''")
        self.cluster.sql(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")

    def facts(self, name):
        """What ``remember`` kept, or an empty dictionary."""
        rows = self.cluster.sql(
            f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
        )
        with contextlib.suppress(ValueError):
            return json.loads("\n".join(rows))
        return {}

    def update(self, name):
        """Bring the module in database ``name`` up to the code of this checkout."""
        self.odoo.install(self.cluster, name, [MODULE], update=True)

    # === TEMPLATE === #

    def template(self, demo=False, beside=()):
        """The name of a database with Odoo's own modules only, in a Belgian company; made when there is none."""
        modules = sorted({*self._base_modules(), *beside})
        key = short_hash(f"{self.odoo.identity} {modules} {BELGIAN_COMPANY}{BELGIAN_CHART if demo else ''}")
        name = f"template_{'demo' if demo else 'plain'}_{key}"
        with lock(self._lock_file(name), "it is preparing Odoo's modules"):
            if not self.exists(name):
                with step(f"Preparing Odoo's own modules{' with demo data' if demo else ''}"):
                    self._make_template(name, modules, demo)
        return name

    def _make_template(self, name, modules, demo):
        building = f"building_{name}"
        self.drop(building)
        self.odoo.install(self.cluster, building, ["base"], demo=demo, quiet=True)
        self.odoo.execute(self.cluster, building, BELGIAN_COMPANY)
        self.odoo.install(self.cluster, building, modules, demo=demo, quiet=True)
        self.odoo.execute(self.cluster, building, BELGIAN_CHART)
        self._rename(building, name)

    def _base_modules(self):
        manifest = self.settings.checkout / "__manifest__.py"
        depends = ast.literal_eval(manifest.read_text()).get("depends", []) if self.settings.has_module else []
        return sorted({*BASE_MODULES, *(depends or FALLBACK_DEPENDS)})

    # === HELPERS === #

    def _lock_file(self, name):
        return self.settings.cache / "locks" / f"{self.cluster.name}-{name}"

    def _attachments(self, name):
        return self.settings.data_dir / "filestore" / name

    def _copy(self, source, target):
        """Copy database and attachments; the files are named after their content, so links do."""
        self.cluster.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        if self._attachments(source).is_dir():
            shutil.copytree(self._attachments(source), self._attachments(target), copy_function=os.link)

    def _rename(self, source, target):
        if self._attachments(source).is_dir():
            shutil.rmtree(self._attachments(target), ignore_errors=True)
            self._attachments(source).rename(self._attachments(target))
        self.cluster.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
