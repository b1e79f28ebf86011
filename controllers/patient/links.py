"""What the pages behind the links of e-mails share: no login, the address is the secret, the language of who got it."""

from functools import wraps

from odoo.http import content_disposition, request


def of_link(page):
    """Find what the ``token`` of a link is about and pass it to the page; without it, say that the link ended.

    ``@http.route`` stays outermost, as with every decorator that adds an argument.
    """

    @wraps(page)
    def find_linked(self, token, *args, **kw):
        linked_sudo = self._practice_find_linked_sudo(token)
        if not linked_sudo:
            return self._practice_render_link("link_ended", status=404)
        return page(self, linked_sudo, *args, **kw)

    return find_linked


def export_ics(event_sudo):
    """Return the answer with the calendar file of an appointment."""
    headers = [
        ("Content-Type", "text/calendar; charset=utf-8"),
        ("Content-Disposition", content_disposition("appointment.ics")),
    ]
    return request.make_response(event_sudo._practice_get_portal_ics(), headers)


class LinkPages:
    """For controllers of pages behind links. Opening one changes nothing; a button acts, by the rules of the portal."""

    def _practice_find_linked_sudo(self, token):
        """Return what a link is about, in the language of who got it, with all rights; an empty record if it ended."""
        raise NotImplementedError

    def _practice_speak_to(self, partner, linked_sudo):
        """Answer this request in the language of ``partner``, and return what the link is about in it."""
        request.update_context(lang=partner.sudo().lang or request.env.lang)  # sudo: the link was sent to them
        return linked_sudo.with_context(lang=request.env.lang)

    def _practice_render_link(self, template, status=200, **values):
        values = {
            "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
            "company": request.env.company,
            "title": request.env.company.name,
            "error": None,
            "message": None,
            **values,
        }
        response = request.render(f"practice_billing.{template}", values, status=status)
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
        return response
