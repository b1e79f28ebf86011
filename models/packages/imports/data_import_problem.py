from odoo import fields, models


class PracticeDataImportProblem(models.Model):
    """What is wrong with a row of a file, where, and what to do."""

    _name = "practice.data.import.problem"
    _description = "Problem of an Imported Row"
    _order = "import_id, level, number, id"
    _rec_name = "message"

    import_id = fields.Many2one("practice.data.import", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    number = fields.Integer(string="Row", readonly=True, help="The row in the file; the first one has the titles.")
    column = fields.Char(readonly=True, help="What the file calls it.")
    value = fields.Char(readonly=True, help="What the file says there.")
    message = fields.Text(string="What to Do", required=True, readonly=True)
    level = fields.Selection(
        [("problem", "Not Imported"), ("warning", "Please Look")],
        string="Consequence",
        required=True,
        readonly=True,
        default="problem",
        help="Not Imported: the row is left out until it is mended. Please Look: the row is imported.",
    )
