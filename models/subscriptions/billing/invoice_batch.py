from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...common.carried import get_carried

#: The key of the context under which a batch is found while Odoo makes and posts its documents.
BATCH_KEY = "practice_invoice_batch"

#: The system parameter that switches the shortcuts off.
SWITCH = "practice_billing.invoice_batch"


@dataclass(eq=False)
class InvoiceBatch:
    """The documents that one transaction of the billing run makes together, from the first draft until they are posted.

    ``account.move`` finds it in the context, and takes a shortcut only then; documents made in any other way are
    Odoo's alone. ``taken`` counts for how many documents each shortcut was taken:

    * ``complete``: the draft got its lines with taxes and payment terms at once, instead of being synchronised
    * ``posted``: it was posted without comparing its lines before and after
    * ``numbered``: its number follows from one of the batch, and the last one was not looked for again
    * ``unreconciled``: nothing is reconciled with it, so its payments were not looked for (whenever Odoo asked)
    * ``totalled``: a line of it has its totals from the taxes that were calculated for the document
    * ``unchanged``: its amounts were not added up again because it is posted
    * ``checked``: a value of it was not compared with its company, because another one's has been already
    * ``kept``: the currency of an amount was looked up in an environment that the batch keeps (whenever Odoo looked)
    * ``ranked``: its customer is one more of those that become customers, all written at once
    """

    is_open: bool = False
    is_posting: bool = False
    taken: Counter = field(default_factory=Counter)
    #: ``{(field, partner): how much}``
    ranks: Counter = field(default_factory=Counter)
    #: ``{line: (amount without tax, with tax)}``, in the currency of the document
    totals: dict = field(default_factory=dict)
    _environments: dict = field(default_factory=dict)
    _number_formats: dict = field(default_factory=dict)

    def clear(self):
        """Forget the documents: another batch is next."""
        self.is_posting = False
        for known in (self.taken, self.ranks, self.totals, self._environments, self._number_formats):
            known.clear()

    def get_environment(self, env):
        """Return ``env`` as Odoo wants it whenever it looks for the currency of an amount: without prefetching.

        It looks for it among all environments that there are, 26,000 times for 200 invoices.
        """
        self.taken["kept"] += 1
        if env not in self._environments:
            self._environments[env] = env(context={**env.context, "prefetch_fields": False})
        return self._environments[env]

    @contextmanager
    def posting(self):
        """Say that the documents are complete, and that Odoo posts them meanwhile."""
        self.is_posting = True
        try:
            yield
        finally:
            self.is_posting = False

    def get_number_format(self, key, look_up):
        """Return what ``look_up()`` returned for the first document with this ``key``: ``(format, values)``."""
        if key in self._number_formats:
            self.taken["numbered"] += 1
        else:
            self._number_formats[key] = look_up()
        format_string, values = self._number_formats[key]
        return format_string, dict(values)  # a copy: Odoo takes it apart


def get_batch(env):
    """Return the :class:`InvoiceBatch` that documents of ``env`` are part of, or ``None``."""
    return get_carried(env, BATCH_KEY, InvoiceBatch)


def get_add_ons_of(records, name):
    """Return the add-ons that define the method ``name`` of the model of ``records``."""
    return {vars(parent).get("_module") for parent in type(records).mro() if name in vars(parent)}


def take_environment(records, context, overrides):
    """Return ``records`` in an environment that their batch keeps, or ``None`` when Odoo has to find one."""
    batch = get_batch(records.env)
    if batch and context is None and overrides == {"prefetch_fields": False}:
        return records.with_env(batch.get_environment(records.env))
    return None


def check_each_company_once(records, fnames):
    """Have Odoo check the company of each value of a field once, instead of once for each record that has it.

    :param records: documents of a batch, or their lines
    """
    batch, by_odoo = get_batch(records.env), records.with_context(**{BATCH_KEY: None})
    names = records._fields if fnames is None or "company_id" in fnames else fnames
    fields = [records._fields[name] for name in names]
    names = [field.name for field in fields if field.relational and field.check_company]
    for of_company in records.grouped("company_id").values():
        for name in names:
            # Most are empty throughout, which is found out at once.
            values = {record[name]: record.id for record in of_company} if of_company[name] else {}
            batch.taken["checked"] += len(of_company) - len(values)
            by_odoo.browse(values.values())._check_company([name])
