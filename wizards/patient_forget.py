import base64
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.fields import Domain

from ..models.packages.transfers.credit_lot import MESSAGE as TRANSFER_MESSAGE

#: What is told of a record: what people wrote and what happened, not how it is shown.
EXPORTED_TYPES = {
    "char",
    "text",
    "html",
    "date",
    "datetime",
    "selection",
    "boolean",
    "integer",
    "float",
    "monetary",
    "many2one",
}

#: Rows of a model that an export holds at most, so that it stays one file.
MOST_ROWS = 10_000


class PracticePatientForget(models.TransientModel):
    """What is kept about a patient: hand it out, or forget it for good."""

    _name = "practice.patient.forget"
    _description = "Patient's Data"

    partner_id = fields.Many2one("res.partner", string="Patient", required=True, readonly=True)
    obstacles = fields.Text(compute="_compute_obstacles")
    consequence = fields.Text(compute="_compute_consequence")
    export = fields.Binary(readonly=True, attachment=False)
    export_name = fields.Char(readonly=True)

    @api.depends("partner_id")
    def _compute_obstacles(self):
        for wizard in self:
            partner = wizard.partner_id._origin
            wizard.obstacles = "\n".join(partner._practice_find_forget_obstacles()) if partner else False

    @api.depends("partner_id")
    def _compute_consequence(self):
        for wizard in self:
            partner = wizard.partner_id._origin
            wizard.consequence = self.env._(
                "%(name)s becomes “Patient %(number)s, anonymised” and is archived. Deleted for good: address, e-mail, "
                "phone, notes, login, titles and descriptions of %(appointments)s appointments, messages, files, "
                "reasons of credits, saved payment methods. Kept, because the books need it: credits, dates, amounts, "
                "journal items, the PDF of %(invoices)s invoices with the name and address they were made out to, and "
                "%(statements)s care statements as they were issued.",
                name=partner.name or "",
                number=partner.id,
                appointments=partner.practice_appointment_count,
                invoices=len(partner._practice_get_posted()),
                statements=self.env["practice.care.statement"].search_count([("patient_id", "=", partner.id)]),
            )

    # === ACTIONS === #

    def action_forget(self):
        """Anonymise the patient, and show what is left."""
        self.ensure_one()
        self.partner_id._practice_forget()
        return self.partner_id.get_formview_action()

    def action_export(self):
        """Download what is kept about the patient, as far as the user may read it: JSON and files in a zip."""
        self.ensure_one()
        self.partner_id._practice_check_may_forget()
        self.write({"export": self._make_export(), "export_name": f"patient_{self.partner_id.id}.zip"})
        address = f"/web/content/{self._name}/{self.id}/export/{self.export_name}?download=true"
        return {"type": "ir.actions.act_url", "url": address, "target": "self"}

    # === EXPORT === #

    def _make_export(self):
        records = self._find_records()
        found = {name: it.ids for name, it in records.items()}
        rows = {name: self._make_rows(it) for name, it in records.items()}
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("patient.json", json.dumps(rows, indent=1, default=str, ensure_ascii=False))
            for file in self._find_files(found):
                archive.writestr(f"files/{file.id}_{file.name.replace('/', '_')}", file.raw or b"")
        return base64.b64encode(target.getvalue())

    def _find_records(self):
        """Return ``{model: records}`` of everything that names the patient and that the user may read."""
        people = self.partner_id.with_context(active_test=False)._practice_get_person()
        records = {"res.partner": people}
        for name in sorted(self.env.registry):
            model = self.env[name].with_context(active_test=False)
            if model._abstract or model._transient or not model._auto or not model.has_access("read"):
                continue
            domain = Domain.OR(
                Domain(field.name, "in", people.ids)
                for field in model._fields.values()
                if self._names_people(model, field)
            )
            if name != "res.partner" and (found := model.search(domain, limit=MOST_ROWS)):
                records[name] = found
        messages = self._find_messages({name: it.ids for name, it in records.items()})
        return {**records, "mail.message": records.get("mail.message", messages) | messages}

    def _names_people(self, model, field):
        return (
            field.comodel_name == "res.partner"
            and field.store
            and field.type in ("many2one", "many2many")
            and model._has_field_access(field, "read")
        )

    def _find_messages(self, found):
        """Return the messages about the patient and their appointments, credits and invoices, but for those that name
        another patient, who gave or got credits."""
        about = Domain.OR(Domain("model", "=", name) & Domain("res_id", "in", ids) for name, ids in found.items())
        about &= Domain("subtype_id", "!=", self.env.ref(TRANSFER_MESSAGE).id)
        return self.env["mail.message"].search(about, limit=MOST_ROWS)

    def _find_files(self, found):
        about = Domain.OR(Domain("res_model", "=", name) & Domain("res_id", "in", ids) for name, ids in found.items())
        return self.env["ir.attachment"].search(about & Domain("res_field", "in", (False, "invoice_pdf_report_file")))

    def _make_rows(self, records):
        fields_read = [
            field.name
            for field in records._fields.values()
            if field.store and field.type in EXPORTED_TYPES and records._has_field_access(field, "read")
        ]
        return [{name: value for name, value in row.items() if value} for row in records.read(fields_read)]
