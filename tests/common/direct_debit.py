"""What the tests of direct debits share: a provider, mandates, the bank's side, and a reader of files of its own."""

import base64
from datetime import date
from decimal import Decimal

from lxml import etree

from odoo.fields import Command

#: Accounts of nobody, with sound check digits.
CREDITOR_IBAN = "BE71096123456769"
DEBTOR_IBANS = ("BE68539007547034", "NL91ABNA0417164300", "DE89370400440532013000")
CREDITOR = "BE68ZZZ0123456789"


class DirectDebitMixin:
    """Direct debit of the tests' company, whose bank is that of the tests."""

    @classmethod
    def setup_direct_debit(cls):
        cls.env.ref("base.EUR").active = True
        # In the database: processes of pytest-xdist write into one folder, and those that tests start read another.
        cls.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        bank = cls.env["res.bank"].create({"name": "Bank of the tests", "bic": "KREDBEBB"})
        cls.bank.bank_account_id = cls.env["res.partner.bank"].create(
            {"acc_number": CREDITOR_IBAN, "partner_id": cls.company.partner_id.id, "bank_id": bank.id}
        )
        cls.debit_method = cls.env.ref("payment.payment_method_sepa_direct_debit")
        cls.debits = cls.env.ref("practice_billing.payment_provider_sepa").copy(
            {
                "company_id": cls.company.id,
                "state": "test",
                "is_published": True,
                "sepa_creditor_identifier": CREDITOR,
                "sepa_notice_days": 0,
            }
        )
        cls.debits.journal_id = cls.bank
        cls.debits.payment_method_ids = [Command.set(cls.debit_method.ids)]
        cls.debit_method.active = True
        cls.bank.inbound_payment_method_line_ids.payment_account_id = cls.outstanding

    @classmethod
    def sign(cls, partner, iban=DEBTOR_IBANS[0], **vals):
        """Return a mandate that ``partner`` signed."""
        mandates = cls.env["practice.sepa.mandate"].sudo()
        return mandates._sign(
            cls.debits, partner, cls.debit_method, **{"holder": partner.name, "iban": iban, "address": "::1", **vals}
        )

    @classmethod
    def make_debit(cls, partner, reference="PB-1", amount=10.0):
        """Return a collection from ``partner`` that waits for a file."""
        mandate = cls.sign(partner)
        collection = cls.env["payment.transaction"].create(
            {
                "provider_id": cls.debits.id,
                "payment_method_id": cls.debit_method.id,
                "token_id": mandate.token_id.id,
                "reference": reference,
                "amount": amount,
                "currency_id": cls.env.ref("base.EUR").id,
                "partner_id": partner.id,
                "operation": "offline",
            }
        )
        collection._send_payment_request()
        return collection

    def make_files(self):
        """Let the run make files; return the new ones."""
        before = self.env["practice.sepa.batch"].search([])
        self.run_cron("ir_cron_direct_debit")
        return self.env["practice.sepa.batch"].search([]) - before

    def read_file(self, batch):
        """Return what a bank reads in a file: independent of what wrote it, after the standard."""
        content = base64.b64decode(batch.sudo().file_id.datas)
        root = etree.fromstring(content)
        space = {"p": etree.QName(root).namespace}

        def text(node, path):
            return node.xpath(f"string({path})", namespaces=space)

        payments = []
        for part in root.xpath("/p:Document/p:CstmrDrctDbtInitn/p:PmtInf", namespaces=space):
            ones = part.xpath("p:DrctDbtTxInf", namespaces=space)
            total = sum(Decimal(text(one, "p:InstdAmt")) for one in ones)
            self.assertEqual(Decimal(text(part, "p:CtrlSum")), total)
            self.assertEqual(int(text(part, "p:NbOfTxs")), len(ones))
            self.assertEqual(text(part, "p:CdtrAcct/p:Id/p:IBAN"), CREDITOR_IBAN)
            self.assertEqual(text(part, "p:CdtrSchmeId/p:Id/p:PrvtId/p:Othr/p:Id"), CREDITOR)
            payments += [
                {
                    "name": text(one, "p:PmtId/p:EndToEndId"),
                    "amount": Decimal(text(one, "p:InstdAmt")),
                    "currency": text(one, "p:InstdAmt/@Ccy"),
                    "day": date.fromisoformat(text(part, "p:ReqdColltnDt")),
                    "sequence": text(part, "p:PmtTpInf/p:SeqTp"),
                    "scheme": text(part, "p:PmtTpInf/p:LclInstrm/p:Cd"),
                    "mandate": text(one, "p:DrctDbtTx/p:MndtRltdInf/p:MndtId"),
                    "signed": date.fromisoformat(text(one, "p:DrctDbtTx/p:MndtRltdInf/p:DtOfSgntr")),
                    "before": text(one, "p:DrctDbtTx/p:MndtRltdInf/p:AmdmntInfDtls/p:OrgnlDbtrAcct/p:Id/p:IBAN"),
                    "iban": text(one, "p:DbtrAcct/p:Id/p:IBAN"),
                    "holder": text(one, "p:Dbtr/p:Nm"),
                }
                for one in ones
            ]
        header = "/p:Document/p:CstmrDrctDbtInitn/p:GrpHdr"
        self.assertEqual(text(root, f"{header}/p:MsgId"), batch.name)
        self.assertEqual(int(text(root, f"{header}/p:NbOfTxs")), len(payments))
        self.assertEqual(Decimal(text(root, f"{header}/p:CtrlSum")), sum(it["amount"] for it in payments))
        self.assertEqual(len(payments), batch.collection_count)
        return payments

    # === THE BANK === #

    def say_rejected(self, batch, collections=(), code="AM04", whole=False, message="R1"):
        """Return a pain.002 that rejects ``collections`` of a file, or all of it."""
        ones = "".join(
            f"<TxInfAndSts><OrgnlEndToEndId>{it.sepa_end_to_end}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
            f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf><OrgnlTxRef><Amt><InstdAmt Ccy='EUR'>{it.amount:.2f}"
            "</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"
            for it in collections
        )
        status = f"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if whole else ""
        part = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch.name}-FRST</OrgnlPmtInfId>{ones}</OrgnlPmtInfAndSts>"
        return (
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>'
            f"<GrpHdr><MsgId>{message}</MsgId><CreDtTm>{self.company._practice_day()}T08:00:00</CreDtTm></GrpHdr>"
            f"<OrgnlGrpInfAndSts><OrgnlMsgId>{batch.name}</OrgnlMsgId>{status}</OrgnlGrpInfAndSts>"
            f"{part if ones else ''}</CstmrPmtStsRpt></Document>"
        )

    def say_returned(
        self, collections, code="MD06", day=None, amount=None, iban=CREDITOR_IBAN, kind="054", message="C1", charges=""
    ):
        """Return a camt.054 or camt.053 in which the bank takes ``collections`` back, with its ``charges`` as XML."""
        body, book = {"054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"), "053": ("BkToCstmrStmt", "Stmt")}[kind]
        entries = "".join(
            f"<Ntry><Amt Ccy='EUR'>{amount or it.amount:.2f}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{self.company._practice_day()}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{it.sepa_end_to_end}"
            f"</EndToEndId></Refs><Amt Ccy='EUR'>{amount or it.amount:.2f}</Amt>{charges}<RtrInf><Rsn><Cd>{code}</Cd>"
            "</Rsn></RtrInf></TxDtls></NtryDtls></Ntry>"
            for it in collections
        )
        return self._book(kind, body, book, iban, entries, message)

    def say_arrived(self, batch, kind="053", iban=CREDITOR_IBAN, message="S1", amount=None, part="", names=()):
        """Return a camt.053 in which the money of a file, or of a part of it, arrives."""
        body, book = {"054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"), "053": ("BkToCstmrStmt", "Stmt")}[kind]
        refs = "".join(f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs></TxDtls>" for name in names)
        part = part and f"<PmtInfId>{part}</PmtInfId>"
        amount = batch.amount_total if amount is None else amount
        entry = (
            f"<Ntry><Amt Ccy='EUR'>{amount:.2f}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
            f"<BookgDt><Dt>{self.company._practice_day()}</Dt></BookgDt><NtryDtls><Btch><MsgId>{batch.name}</MsgId>{part}</Btch>{refs}</NtryDtls></Ntry>"
        )
        return self._book(kind, body, book, iban, entry, message)

    def _book(self, kind, body, book, iban, entries, message):
        return (
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.08"><{body}>'
            f"<GrpHdr><MsgId>{message}</MsgId></GrpHdr><{book}><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{entries}</{book}></{body}></Document>"
        )

    def load(self, xml, user=None):
        """Load what the bank says; return the message."""
        messages = self.env["practice.sepa.message"].with_user(user or self.env.user).with_company(self.company)
        content = base64.b64encode(xml.encode() if isinstance(xml, str) else xml).decode()
        return self.env["practice.sepa.message"].browse(messages.load_file("answer.xml", content))
