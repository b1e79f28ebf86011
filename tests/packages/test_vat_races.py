"""Of two who invoice the same visits at the same moment, one does: real sessions, real commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta

from odoo.api import SUPERUSER_ID
from odoo.tests import tagged

from ..common.practice import PracticeMixin
from ..common.races import RaceCase, refused
from ..common.vat import VatMixin

SESSIONS = 4


@tagged("post_install", "-at_install")
class TestVatRaces(VatMixin, PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_vat()
        cls.make_staff()
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.racing = self.make_patient("Racing Patient")
        self.sold_on = self.today() - timedelta(days=9)
        self.sell_card(self.racing)
        event = self.plan(self.racing, self.at(days=-2), self.fitness)
        event.attendance = "attended"
        self.release()
        self.cr.commit()

        self.vals = {"company_id": self.company.id, "date_to": self.today()}

    def invoice_until_today(self, env):
        env["practice.vat.make"].create(self.vals).action_make()

    def test_several_dialogs_at_once_invoice_each_visit_once(self):
        outcomes = self.race([self.invoice_until_today] * SESSIONS, users=self.accountant.id)
        self.assertEqual(refused(outcomes), [])
        [document] = self.env["practice.vat.document"].search([("partner_id", "=", self.racing.id)])
        self.assertEqual(sorted(document.move_ids.mapped("move_type")), ["entry", "out_invoice"])
        self.assertEqual(document.error, False)
        self.assertBooksAgree()

    def test_a_visit_undone_while_it_is_invoiced_is_credited_or_not_invoiced(self):
        number = self.env["calendar.event"].search([("patient_id", "=", self.racing.id)]).id

        def undo(env):
            env["calendar.event"].browse(number).attendance = "cancelled"

        users = [self.accountant.id, SUPERUSER_ID]
        outcomes = self.race([self.invoice_until_today, undo], users=users)
        self.assertEqual(refused(outcomes), [])
        self.invoice_visits(self.today())
        self.assertEqual(self.not_invoiced(), 0.0)
        self.assertEqual(self.balance(self.used), 0.0)
        self.assertEqual(self.balance(self.vat_account), 0.0)
        self.assertBooksAgree()
