"""Names that say of records whether they are elevated: read with ``sudo()``, past all rules.

Whoever reads a line has to know with whose rights it works. So a variable that holds elevated records, and a method
that returns them, ends in ``_sudo``.
"""

import ast

FOLDERS = ("models", "controllers", "wizards", "report")
#: Methods of recordsets whose result is as elevated as the recordset.
KEEPING = {
    *("browse", "create", "exists", "filtered", "new", "search", "search_fetch", "sorted", "try_lock_for_update"),
    *("union", "with_company", "with_context"),
}


def check_elevated(checkout):
    """Print the names that hide that something is elevated; return 1 when there are some."""
    found = [
        f"{path.relative_to(checkout)}:{line}: {name} is elevated, and does not end in _sudo"
        for folder in FOLDERS
        for path in sorted((checkout / folder).rglob("*.py"))
        for line, name in _find(ast.parse(path.read_text(encoding="utf-8")))
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def _find(tree):
    for node in ast.walk(tree):
        for target, value in _assignments(node):
            if isinstance(target, ast.Name) and _is_elevated(value) and not target.id.endswith("_sudo"):
                yield target.lineno, target.id
        if isinstance(node, ast.FunctionDef) and not node.name.endswith("_sudo"):
            returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value]
            if any(_is_elevated(it) or (isinstance(it, ast.Name) and it.id.endswith("_sudo")) for it in returned):
                yield node.lineno, node.name


def _assignments(node):
    if isinstance(node, ast.NamedExpr):
        return [(node.target, node.value)]
    if not isinstance(node, ast.Assign):
        return []
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return zip(target.elts, node.value.elts, strict=False)
    return [(target, node.value)]


def _is_elevated(node):
    """Return whether an expression is ``….sudo()``, perhaps searched, filtered or cut; not when it may not be."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "sudo":
                return not node.args
            if node.func.attr not in KEEPING:
                return False
            node = node.func.value
        else:
            return False
