"""The rules of rooms. Moments are naive UTC, as Odoo stores them."""


def is_free(spans, start, stop):
    """Return whether something from ``start`` to ``stop`` lies in one of the free ``spans``."""
    return any(begins <= start and stop <= ends for begins, ends in spans)


def take(spans, start, stop):
    """Return the free ``spans`` without the time from ``start`` to ``stop``."""
    left = []
    for begins, ends in spans:
        if ends <= start or stop <= begins:
            left.append((begins, ends))
            continue
        left += [(begins, start)] if begins < start else []
        left += [(stop, ends)] if stop < ends else []
    return left


def place(visits, free):
    """Choose a room for each of ``visits``: the first of its rooms that is free, visit by visit in the order given.

    :param visits: ``(key, start, stop, rooms)``, the rooms in the order in which they are preferred
    :param dict free: ``{room: [(start, stop)]}`` spans in which each is free
    :return: ``{key: room}`` of those for which one is free
    """
    left, placed = dict(free), {}
    for key, start, stop, rooms in visits:
        room = next((room for room in rooms if is_free(left.get(room, ()), start, stop)), None)
        if room is not None:
            placed[key] = room
            left[room] = take(left[room], start, stop)
    return placed
