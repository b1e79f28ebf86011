"""Who calls whom, room by room: what imports do not show in Odoo, where everything is ``self.method()``.

A room is a folder. It calls only rooms below it, and is told of what happens below by overriding a hook. This check
reads the source and finds calls of our own methods, imports and models asked for by name that go up or sideways, and
files that are not named after the one model they extend.
"""

import ast
from collections import defaultdict
from pathlib import Path

#: From the bottom to the top, each room with what it is for; rooms of one row lie beside each other and do not know one
#: another.
PLAN = (
    {"tools": "rules of money and dates, without Odoo"},
    {"models/common": "the company's day, retries, sending"},
    {"models/revenue": "releases money to revenue, once"},
    {"models/direct_debit": "mandates, files for the bank, its answers"},
    {"models/collecting": "charges saved methods, once"},
    {"models/packages/catalog": "packages, products, types"},
    {"models/packages/credits": "lots, the ledger, invoices, expiry"},
    {
        "models/packages/appointments": "the calendar spends credits",
        "models/packages/refunds": "credits go back, and the money",
        "models/packages/transfers": "credits go to another patient",
        "models/packages/upgrades": "5 credits become 10",
    },
    {
        "models/packages/groups": "several patients, one appointment",
        "models/packages/pay": "what practitioners get",
        "models/packages/payers": "insurers and others who pay",
    },
    {"models/packages/imports": "what other systems had", "models/packages/vat": "VAT at each visit"},
    {"models/packages/portal": "patients see, book, move", "models/packages/shop": "patients buy packages"},
    {
        "models/packages/notices": "patients are told, once",
        "models/packages/vouchers": "credits for somebody else",
        "models/packages/parts": "parts are paid by themselves",
    },
    {"models/packages/absences": "a practitioner is away", "models/packages/waiting": "patients wait for a place"},
    {"models/packages/board": "a day at a glance"},
    {"models/subscriptions/catalog": "plans, prices, kinds of usage"},
    {"models/subscriptions/agreement": "subscriptions, seats, usage, periods"},
    {"models/subscriptions/billing": "previews and invoices, exactly once"},
    {"models/subscriptions/collection": "what is unpaid, collecting it, mails"},
    {"models/subscriptions/lifecycle": "start, change, pause, cancel, time"},
    {
        "models/subscriptions/reminders": "who does not pay is told",
        "models/subscriptions/announcements": "new prices are told before",
    },
    {"models/subscriptions/checkout": "choosing and paying a plan", "models/subscriptions/software": "access, webhook"},
    {"models/subscriptions/portal": "what administrators see and do"},
    {"models/einvoice": "what e-invoices say beyond Odoo's"},
    {"report": "proofs, statement, recurring revenue"},
    {"wizards": "the dialogs of the back office"},
    {"controllers": "what both portals share"},
    {"controllers/patient": "pages of patients", "controllers/organisation": "pages of organisations"},
)


def find_problems(checkout):
    """Return in words everything in ``checkout`` that does not follow the plan of the house."""
    files = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("tools", "models", "report", "wizards", "controllers")
        for path in sorted((checkout / folder).rglob("*.py"))
        if path.name != "__init__.py"
    }
    house = _House(checkout, files)
    return [*house.strays(), *house.misnamed(), *sorted(house.upward())]


class _House:
    def __init__(self, checkout, files):
        self.files = files
        self.room_of = {path: str(path.parent.relative_to(checkout)) for path in files}
        self.place_of = {path: str(path.relative_to(checkout)) for path in files}
        self.level = {room: number for number, row in enumerate(PLAN) for room in row}
        self.owners, self.models = self._read_owners()

    def _read_owners(self):
        """Return the rooms that define each method, and the room that defines each model.

        A method that calls ``super()`` is a hook, or Odoo's: it has no owner.
        """
        owners, models = defaultdict(set), {}
        for path, tree in self.files.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    owners[node.name].add(self.room_of[path])
                    if any(isinstance(part, ast.Name) and part.id == "super" for part in ast.walk(node)):
                        owners[node.name].add("Odoo")
            for model, is_new in _models(tree):
                if is_new:
                    models[model] = self.room_of[path]
        return owners, models

    def strays(self):
        """Return the files that lie in no room."""
        return [
            f"{self.place_of[path]}: lies in no room" for path, room in self.room_of.items() if room not in self.level
        ]

    def misnamed(self):
        """Return the files of models that hold several, or are not named after the one they hold."""
        for path, tree in self.files.items():
            models = list(dict.fromkeys(model for model, _is_new in _models(tree)))
            if not self.room_of[path].startswith("models/") or not models:
                continue
            if len(models) > 1:
                yield f"{self.place_of[path]}: holds {', '.join(models)}; a file holds one model"
            elif not any(path.stem == name or path.stem.startswith(f"{name}_") for name in _file_names(models[0])):
                yield f"{self.place_of[path]}: holds {models[0]} and is not named after it"

    def upward(self):
        """Yield the uses of what lies higher, or beside."""
        for path, tree in self.files.items():
            room = self.room_of[path]
            for line, what, other in self._uses(path, tree):
                if other != room and self.level.get(other, -1) >= self.level.get(room, len(PLAN)):
                    yield f"{self.place_of[path]}:{line}: {room} uses {what} of {other}"

    def _uses(self, path, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr.startswith(("_", "practice_")) and node.attr[:2] != "__":
                owners = self.owners.get(node.attr, ())
                if len(owners) == 1 and self.room_of[path] not in owners:
                    yield node.lineno, node.attr, next(iter(owners))
            elif isinstance(node, ast.ImportFrom) and node.level:
                yield node.lineno, f"an import ({node.module})", self._imported_room(path, node)
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                yield node.lineno, f"the model {node.slice.value}", self.models.get(node.slice.value)

    def _imported_room(self, path, node):
        folder = path.parents[node.level - 1]
        target = folder.joinpath(*(node.module or "").split("."))
        for candidate in (target.with_suffix(".py"), *(target / f"{name.name}.py" for name in node.names)):
            if candidate in self.room_of:
                return self.room_of[candidate]
        return None


def _models(tree):
    """Yield ``(model, whether it is defined here)`` of the model classes of a file."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        values = {
            target.id: ast.literal_eval(part.value)
            for part in node.body
            if isinstance(part, ast.Assign)
            for target in part.targets
            if isinstance(target, ast.Name) and target.id in ("_name", "_inherit")
        }
        inherited = values.get("_inherit", [])
        inherited = [inherited] if isinstance(inherited, str) else inherited
        if name := values.get("_name") or (inherited[0] if inherited else None):
            yield name, "_name" in values and name not in inherited


def _file_names(model):
    """Return what a file that extends ``model`` may be called: after the model, without what all of ours begin with."""
    name = model.replace(".", "_")
    return [name.removeprefix(prefix) for prefix in ("", "practice_", "practice_subscription_")]


def check_rooms(checkout):
    """Print what does not follow the plan; return 1 when there is something."""
    problems = find_problems(Path(checkout))
    for problem in problems:
        print(problem)
    return 1 if problems else 0
