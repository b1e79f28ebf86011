"""Whether the code says of records that they are elevated, read with ``sudo()`` past all rules, and why.

Whoever reads a line has to know with whose rights it works. So a variable that holds elevated records, and a method
that returns them, ends in ``_sudo``; and a function that calls ``sudo()`` has a comment ``# sudo: …`` that says why it
may.
"""

import ast

FOLDERS = ("models", "controllers", "wizards", "report")
#: Methods of recordsets whose result is as elevated as the recordset.
KEEPING = {
    *("browse", "create", "exists", "filtered", "new", "search", "search_fetch", "sorted", "try_lock_for_update"),
    *("union", "with_company", "with_context"),
}


def check_elevated(checkout):
    """Print what hides that something is elevated, or does not say why; return 1 when there is something."""
    found = []
    for path in (path for folder in FOLDERS for path in sorted((checkout / folder).rglob("*.py"))):
        source = path.read_text(encoding="utf-8")
        place, tree = path.relative_to(checkout), ast.parse(source)
        found += [f"{place}:{line}: {name} is elevated, and does not end in _sudo" for line, name in _find(tree)]
        found += [f"{place}:{line}: sudo() without a comment why" for line in _find_silent(tree, source.splitlines())]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def _find_silent(tree, lines):
    """Yield the lines of calls of ``sudo()`` in functions that do not say why."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
            if "# sudo: " not in text:
                yield from (node.lineno for node in ast.walk(function) if _is_sudo(node))


def _is_sudo(node):
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sudo"
    return is_call and not node.args


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
