"""The list of patients shows patients: nobody of an organisation, and everybody with credits or appointments."""

from odoo.tests import Form, tagged

from ..common.subscriptions import SubscriptionCase


@tagged("post_install", "-at_install")
class TestPatients(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def shown(self, partner):
        partners = self.env["res.partner"].with_user(self.front_desk)
        found = bool(partners.search_count([("practice_is_patient", "=", True), ("id", "=", partner.id)]))
        self.assertEqual(partner.with_user(self.front_desk).practice_is_patient, found)
        self.assertNotEqual(
            found, bool(partners.search_count([("practice_is_patient", "=", False), ("id", "=", partner.id)]))
        )
        return found

    def test_people_are_patients_and_companies_and_their_people_are_not(self):
        subscription = self.subscribe(seats=("An",))
        organisation = subscription.organisation_id
        administrator = self.env["res.partner"].create({"name": "Bart"})
        organisation.practice_administrator_ids = administrator
        supplier = self.env["res.partner"].create({"name": "Of a supplier", "parent_id": organisation.id})
        child = self.env["res.partner"].create({"name": "Child", "parent_id": self.patient.id})
        for partner, expected in (
            (self.patient, True),
            (child, True),
            (organisation, False),
            (subscription.seat_ids.practitioner_id, False),
            (administrator, False),
            (supplier, False),
            (self.front_desk.partner_id, False),
        ):
            with self.subTest(partner.name):
                self.assertEqual(self.shown(partner), expected)

    def test_whoever_has_credits_or_comes_is_a_patient_wherever_they_work(self):
        employer = self.env["res.partner"].create({"name": "Employer", "is_company": True})
        employees = self.env["res.partner"].create(
            [{"name": name, "parent_id": employer.id} for name in ("With credits", "Who comes", "Neither")]
        )
        self.give(employees[0], 5)
        self.plan(patient=employees[1], appointment_type=self.make_type(self.env["practice.package"]))
        self.assertEqual([self.shown(it) for it in employees], [True, True, False])

    def test_the_menu_shows_them_and_new_ones(self):
        action = self.env.ref("practice_billing.res_partner_action_patient")
        self.assertEqual(action.domain, "[('practice_is_patient', '=', True)]")
        with Form(self.env["res.partner"].with_user(self.front_desk)) as form:
            form.name = "New"
        self.assertTrue(self.shown(form.record))
