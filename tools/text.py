"""Text from outside: what the database can keep, and how much of it."""

import re

#: What PostgreSQL keeps in no text: NUL, and halves of a character beyond the first 65,536.
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def find_problem(value, most):
    """Return what is wrong with a text from outside: ``"unkeepable"``, ``"long"`` or nothing.

    :param int most: characters that it may have
    """
    if UNKEEPABLE.search(value):
        return "unkeepable"
    return "long" if len(value) > most else None


def find_texts(value):
    """Yield ``(name, text)`` of all texts in the parameters of a request, however deep, names included."""
    stack = [("", value)]
    while stack:
        name, it = stack.pop()
        if isinstance(it, str):
            yield name, it
        elif isinstance(it, dict):
            stack += [(str(key), key) for key in it if isinstance(key, str)]
            stack += [(str(key), inner) for key, inner in it.items()]
        elif isinstance(it, list | tuple):
            stack += [(name, inner) for inner in it]


def quote(value, most=50):
    """Return what somebody sent so that an error can repeat it: short, and without what cannot be kept."""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)
    return UNKEEPABLE.sub("?", text)[:most]
