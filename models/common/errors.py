from odoo.exceptions import UserError


class WordedError(UserError):
    """A refusal that code can tell from others, and that people read as one of Odoo's own."""

    #: Odoo's web client knows errors by the name of their class, and has no words for any other.
    context = {"exception_class": "odoo.exceptions.UserError"}
