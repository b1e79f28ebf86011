from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import content_disposition, request

from ..tools.imports import KINDS
from .books import XLSX


class PracticeImports(http.Controller):
    """Templates of files that can be imported, for who may import."""

    @http.route(
        "/practice_billing/imports/<string:kind>.xlsx", type="http", auth="user", methods=["GET"], readonly=True
    )
    def practice_import_template(self, kind, **_other):
        """Return the template of a kind of file.

        :raises NotFound: when there is no such kind
        :raises AccessError: when the user may not import
        """
        if kind not in KINDS:
            raise NotFound
        imports = request.env["practice.data.import"]
        imports.check_access("create")
        headers = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(f"import_{kind}.xlsx"))]
        return request.make_response(imports._make_template(kind), headers)
