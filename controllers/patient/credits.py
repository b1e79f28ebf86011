from odoo import http
from odoo.http import request

from .links import LinkPages, of_link


class PatientCredits(LinkPages, http.Controller):
    """The link of an e-mail about credits: whoever has it sees what is left, and asks the practice to call."""

    def _practice_find_linked_sudo(self, token):
        """Return the credits of a link."""
        lot_sudo = request.env["practice.credit.lot"]._find_by_token_sudo(token)
        recipient = lot_sudo._get_mail_recipients()[:1] if lot_sudo else lot_sudo.partner_id
        return self._practice_speak_to(recipient, lot_sudo)

    @http.route("/practice/credits/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_credits(self, lot_sudo, /, message=None, **kw):
        """Show what is left of a package, and what can be asked for."""
        values = {
            "title": lot_sudo.package_id.name,
            "address": request.httprequest.path,
            **lot_sudo._prepare_link_page(),
        }
        return self._practice_render_link("credits_link", message=message, **values)

    @http.route(
        "/practice/credits/<token>/ask", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_ask_practice(self, lot_sudo, /, wish=None, **kw):
        """Tell the practice what is wanted."""
        lot_sudo._ask(wish)
        return request.redirect(f"{request.httprequest.path.removesuffix('/ask')}?message=asked")
