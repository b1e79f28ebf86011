from werkzeug.exceptions import BadRequest

from odoo import models
from odoo.http import request

from ...tools.text import find_problem, find_texts

#: Characters that a parameter of a page or form of ours may have.
MOST_CHARACTERS = 500


class IrHttp(models.AbstractModel):
    """What no page of ours can read is refused before any of them is called."""

    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        if _practice_is_ours(endpoint):
            _practice_check_parameters(request.params, endpoint.routing.get("practice_characters", {}))
        return super()._dispatch(endpoint)

    def session_info(self):
        """Let who works for the practice begin there after the login, unless they chose something else themselves.

        Whoever administers the whole database begins there only while the checklist of the practice is open.
        """
        info = super().session_info()
        user = self.env.user
        if not info.get("home_action_id") and user._is_internal() and user._practice_begins_in_practice():
            info["home_action_id"] = self.env.ref("practice_billing.practice_first_steps_action_home").id
        return info


def _practice_is_ours(endpoint):
    """Return whether a controller of this module has the method that answers a request, extended by others or not."""
    method = endpoint.func
    return any(
        ".practice_billing." in base.__module__ and method.__name__ in vars(base)
        for base in type(method.__self__).__mro__
    )


def _practice_check_parameters(parameters, longer):
    """Refuse what the database could not keep, and what is longer than any field of a page.

    :param dict longer: the characters of parameters that may have more than others: a route says so by
        ``practice_characters``
    :raises BadRequest: naming the parameter
    """
    for name, text in find_texts(parameters):
        most = longer.get(name, MOST_CHARACTERS)
        problem = find_problem(text, most)
        if problem == "long":
            raise BadRequest(request.env._("%(name)s is longer than %(most)s characters.", name=name[:50], most=most))
        if problem:
            raise BadRequest(request.env._("There are characters in it that cannot be kept."))
