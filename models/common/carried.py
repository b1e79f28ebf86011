"""Objects that a context carries while something goes on."""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

#: ``{cursor: {class: its objects that no operation uses now}}``
_unused = WeakKeyDictionary()


@contextmanager
def carried(env, cls):
    """Give an empty object of ``cls`` for a context to carry; the next one who asks on this cursor gets it again.

    Odoo keeps an environment for each context that it has met, and looks through all of them whenever it needs one. A
    new object each time makes new environments, which keep themselves alive: of 400 visits that are marked one by one
    in a transaction, the last would take twice as long as the first.

    :param cls: makes an empty one without arguments. ``clear()`` has it forget everything; ``is_open`` says that it is
        carried for somebody: records keep their context afterwards, and nothing may be kept for them, because it would
        keep the cursor.
    """
    unused = _unused.setdefault(env.cr, {}).setdefault(cls, [])
    it = unused.pop() if unused else cls()
    it.is_open = True
    try:
        yield it
    finally:
        it.is_open = False
        it.clear()
        unused.append(it)


def get_carried(env, key, cls):
    """Return what the context of ``env`` carries under ``key``; ``None`` when that is nothing of ``cls``, or is over.

    A context can also come from outside, where nobody can make such an object. One that was kept is part of whatever
    goes on at the time, and of nothing in between.
    """
    it = env.context.get(key)
    return it if isinstance(it, cls) and it.is_open else None
