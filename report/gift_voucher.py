import base64

from odoo import api, models
from odoo.tools import format_date

from ..tools.vouchers import draw_qr


class ReportGiftVoucher(models.AbstractModel):
    """The card of a gift voucher, without the price, in the language of who gives it."""

    _name = "report.practice_billing.report_gift_voucher"
    _description = "Gift Voucher"

    @api.model
    def _get_report_values(self, docids, data=None):
        vouchers = self.env["practice.gift.voucher"].browse(docids)
        for voucher in vouchers:
            voucher._check_open()
        return {
            "doc_ids": docids,
            "doc_model": "practice.gift.voucher",
            "docs": vouchers,
            "cards": [self._prepare_card(voucher) for voucher in vouchers],
        }

    @api.model
    def _prepare_card(self, voucher):
        """Return what the template prints."""
        lang = voucher._get_language()
        voucher = voucher.with_context(lang=lang)
        url, company = voucher._get_redeem_url(), voucher.company_id
        place = " ".join(filter(None, [company.zip, company.city]))
        return {
            "lang": lang,
            "voucher": voucher,
            "company": company,
            "sender": ", ".join(filter(None, [company.name, company.street, place, company.phone])),
            "until": format_date(voucher.env, voucher.valid_until, lang_code=lang) if voucher.valid_until else "",
            "qr": base64.b64encode(draw_qr(url, 180).encode()).decode(),
            "page": url.partition("?")[0].partition("://")[2],
        }
