from odoo import fields


class RoundedMonetary(fields.Monetary):
    """Money that whoever creates a record has rounded to its currency already.

    Odoo makes a record in memory for each amount that it inserts, to ask it for the currency: half of what a small row
    costs.
    """

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        return round(float(value or 0.0), 6)  # what is left of adding floats, no currency has as many digits
