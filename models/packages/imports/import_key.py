from odoo import fields, models


class PracticeImportKey(models.Model):
    """Which record a row of another system became: what makes the same file change nothing the second time.

    The database keeps each reference once per company and kind; imports of one kind wait for one another, and find what
    the other one made. A key goes with its record; one of credits goes when their import is undone.
    """

    _name = "practice.import.key"
    _description = "Number in Another System"
    _rec_name = "reference"
    _order = "id"

    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        lambda self: self.env["practice.data.import"]._fields["kind"]._description_selection(self.env),
        required=True,
        readonly=True,
    )
    reference = fields.Char(required=True, readonly=True, help="The number in the other system.")
    import_id = fields.Many2one("practice.data.import", readonly=True, index="btree_not_null", ondelete="set null")
    is_new = fields.Boolean(readonly=True, help="The import made the record; otherwise it was there already.")
    partner_id = fields.Many2one(
        "res.partner", string="Patient", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    credit_import_id = fields.Many2one(
        "practice.credit.import", string="Credits", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    event_id = fields.Many2one(
        "calendar.event", string="Appointment", readonly=True, index="btree_not_null", ondelete="cascade"
    )

    _once = models.UniqueIndex("(company_id, kind, reference)", "This reference was imported already.")

    def _get_known(self, company, kind, references):
        """Return ``{reference: key}`` of what was imported already, with one query.

        :param references: texts, as the rows have them
        """
        domain = [("company_id", "=", company.id), ("kind", "=", kind), ("reference", "in", list(references))]
        # sudo: which numbers are taken, whoever asks
        return {key.reference: key for key in self.sudo().search(domain)}
