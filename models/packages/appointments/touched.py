"""What one operation on appointments has touched, until it settles their credits."""

#: Context key: what the outermost create or write has to settle once Odoo has finished with the series.
TOUCHED = "practice_touched_events"


class Touched(dict):
    """``{event: what was true of it before}``; ``expected`` says who was expected, and when; ``given`` by whom.

    An operation that finds one in its context is part of another one. Each equals itself only: Odoo takes an
    environment it has for a context that equals its own.

    ``moved`` says that a series is moved: what disappears is made again at another time; ``unlinks``, how often events
    were deleted in this transaction before.
    """

    is_open = False

    __hash__ = object.__hash__

    def __init__(self):
        super().__init__()
        self.expected, self.given = {}, {}
        self.moved, self.unlinks = False, None

    def __eq__(self, other):
        return self is other

    def clear(self):
        dict.clear(self)
        self.__init__()


#: What is changed under this is part of an operation that has settled already, or settles by itself.
UNSETTLED = Touched()
UNSETTLED.is_open = True
