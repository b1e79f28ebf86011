import base64
import secrets
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.sepa import clean_text
from ...tools.sepa_file import Collection, find_faults, write_file
from ..common.retry_mixin import Step
from .payment_provider import CODE


class PracticeSepaBatch(models.Model):
    """Making files: in one transaction with what they hold, so that whoever is killed has made none."""

    _inherit = "practice.sepa.batch"

    # === RUN === #

    @api.model
    def _cron_direct_debit(self):
        """Mail what was signed, end old mandates, settle the files whose day has come, and make the next ones."""
        mandates, providers = self.env["practice.sepa.mandate"], self.env["payment.provider"]
        self._practice_run(
            [
                Step(mandates, mandates._get_expired_domain(), type(mandates)._expire, size=50),
                Step(
                    mandates,
                    Domain(mandates._get_undocumented_domain()) & mandates._practice_get_ready_domain(),
                    type(mandates)._document,
                    order="id",
                ),
                Step(self, self._get_due_domain() & self._practice_get_ready_domain(), type(self)._settle),
                Step(providers, self._get_makers_domain(), type(providers)._practice_make_sepa_files),
            ]
        )

    @api.model
    def _get_makers_domain(self):
        """Return the providers with collections that wait for a file."""
        providers, transactions = self.env["payment.provider"], self.env["payment.transaction"]
        waiting = transactions._practice_get_waiting_domain() & transactions._practice_get_ready_domain()
        found = transactions.search(waiting).provider_id
        return Domain("id", "in", found.ids) & Domain("code", "=", CODE) & providers._practice_get_ready_domain()

    def action_make(self):
        """Make the files of what waits in the companies of the user, now; what was set aside is tried again.

        :raises UserError: when nothing waits, or what is missing
        """
        self._check_is_accountant()
        # sudo: checked; providers are the administrators' of the database
        providers_sudo = (
            self.env["payment.provider"]
            .sudo()
            .search([("code", "=", CODE), ("company_id", "in", self.env.companies.ids)])
        )
        made_sudo = self.browse().sudo()  # sudo: as above
        for provider_sudo in providers_sudo:
            made_sudo |= provider_sudo._practice_make_sepa_files(again=True)
        if not made_sudo:
            waiting_sudo = self.env["payment.transaction"].sudo()  # sudo: as above
            waiting_sudo = waiting_sudo.search(providers_sudo._practice_get_sepa_waiting_domain())
            problems = [f"{it.reference}: {it.sepa_error}" for it in waiting_sudo.filtered("sepa_error")]
            raise UserError("\n".join(problems) or self.env._("Nothing waits to be collected by direct debit."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Direct Debit Files"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("id", "in", made_sudo.ids)],
        }

    # === MAKING === #

    @api.model
    def _make(self, provider, scheme, day, collections):
        """Return a new file with these collections, which are locked, for ``day``."""
        batch = self.create(
            {
                "name": f"DD{day:%Y%m%d}-{secrets.token_hex(6)}",
                "provider_id": provider.id,
                "company_id": provider.company_id.id,
                "currency_id": collections.currency_id.id,
                "scheme": scheme,
                "requested_day": day,
                "collection_count": len(collections),
                "amount_total": sum(collections.mapped("amount")),
            }
        )
        batch.file_id = self.env["ir.attachment"].create(
            {
                "name": f"{batch.name}.xml",
                "datas": base64.b64encode(batch._write_file(collections)),
                "mimetype": "application/xml",
                "res_model": self._name,
                "res_id": batch.id,
                "res_field": "file_id",
            }
        )
        collections.token_id._practice_get_mandate_sudo()._follow_collections()
        return batch

    def _write_file(self, collections):
        """Take these collections in, and return the bytes of the file."""
        provider = self.provider_id
        try:
            return write_file(
                provider._practice_get_sepa_creditor(),
                [self._take(collection) for collection in collections],
                message=self.name,
                created=provider._practice_get_sepa_now(),
                day=self.requested_day,
                scheme=self.scheme,
                version=provider.sepa_file_version,
            )
        except ValueError as error:
            raise UserError(self.env._("The file would not be sound: %s", error)) from error

    def _take(self, collection):
        """Take a collection in; return it as it stands in the file.

        :raises UserError: in words what no bank would take
        """
        mandate_sudo = collection.token_id._practice_get_mandate_sudo()
        collection.write(
            {
                "sepa_batch_id": self.id,
                "sepa_sequence": "RCUR" if mandate_sudo.collection_count else "FRST",
                "sepa_iban": mandate_sudo.iban,
                "sepa_original_iban": mandate_sudo.original_iban,
            }
        )
        mandate_sudo.original_iban = False
        mandate_sudo._count(1)
        what = ", ".join(collection.invoice_ids.mapped("name")) or collection.reference
        taken = Collection(
            collection.sepa_end_to_end,
            Decimal(str(collection.amount)).quantize(Decimal("0.01")),
            collection.sepa_sequence,
            mandate_sudo.name,
            mandate_sudo.signed_on,
            clean_text(mandate_sudo.holder, 70) or collection.sepa_end_to_end,
            mandate_sudo.iban,
            mandate_sudo.bic or "",
            clean_text(f"{what} {self.company_id.name}", 140) or collection.sepa_end_to_end,
            collection.sepa_original_iban or "",
        )
        if faults := find_faults(taken):
            raise UserError("\n".join(collection._practice_describe_sepa_fault(name) for name in faults))
        return taken
