from odoo import models
from odoo.exceptions import AccessError

MODULE = "practice_billing"


class PracticeKeptMixin(models.AbstractModel):
    """What the module keeps, people do not write: our fields that are read-only in forms are so over every door.

    Odoo itself takes *readonly* as a hint for views. The module writes such a field with sudo.
    """

    _name = "practice.kept.mixin"
    _description = "Fields That Only the Module Writes"

    def write(self, vals):
        self._practice_check_kept(vals)
        return super().write(vals)

    def _practice_check_kept(self, vals):
        """Refuse to change what only the module writes.

        :raises AccessError: naming the field and the record
        """
        if self.env.su:
            return
        for name in vals:
            field = self._fields.get(name)
            if not field or not field.readonly or not field.store or field._modules[:1] != (MODULE,):
                continue
            for record in self._practice_filter_kept():
                if record._practice_is_other(field, vals[name]):
                    label = field._description_string(self.env)
                    raise AccessError(
                        self.env._(
                            "%(field)s of %(record)s follows from what happened, and nobody writes it.",
                            field=label,
                            record=record.display_name,
                        )
                    )

    def _practice_is_other(self, field, value):
        """Return whether writing ``value`` would change ``field`` of this record."""
        # sudo: what it is now, whoever may read the field
        record_sudo = self.sudo()
        return record_sudo[field.name] != field.convert_to_record(
            field.convert_to_cache(value, record_sudo), record_sudo
        )

    def _practice_filter_kept(self):
        """Return those of these records whose read-only fields are kept. A hook."""
        return self
