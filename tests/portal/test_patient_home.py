"""What a patient sees first on the portal, and that no card of it is a dead end."""

import re
from datetime import timedelta
from html import unescape

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from ..common.booking import BookingHttpCase
from ..common.instalments import make_term
from ..common.shop import ShopMixin


@tagged("post_install", "-at_install")
class TestPatientHome(ShopMixin, BookingHttpCase):
    def home(self):
        return " ".join(unescape(self.page("/my")).split())

    def test_the_next_visit_has_a_route_and_a_calendar_file(self):
        self.company.partner_id.write({"street": "Coupure 1", "zip": "9000", "city": "Gent"})
        later = self.booked(self.book(self.slot(number=3)))
        event = self.booked(self.book())
        page = self.home()
        self.assertIn("Next visit", page)
        self.assertIn(f'href="/my/appointments/{event.id}"', page)
        self.assertNotIn(f'href="/my/appointments/{later.id}"', page)
        self.assertIn(f'href="/my/appointments/{event.id}/ics"', page)
        self.assertIn("https://www.google.com/maps/dir/?api=1&destination=Coupure+1", page)
        event.location = "https://meet.example.com/x"
        self.assertNotIn("maps/dir", self.home())

    def test_what_is_left_is_shown_per_package_over_all_purchases(self):
        self.give(self.parent, credits=7)
        self.book()
        page = self.home()
        for text in ("<strong>11</strong> left", "<strong>1</strong> planned", "What is left"):
            self.assertIn(text, page)
        self.assertIn(f"/my/appointments/book?type_id={self.type.id}&patient_id={self.parent.id}", page)
        page = " ".join(unescape(self.page("/my/packages")).split())
        self.assertIn("2 purchases", page)
        self.assertIn("<strong>11</strong> left", page)

    def test_a_child_and_what_is_shared_are_there_and_nobody_elses(self):
        self.give(self.child, credits=3)
        self.give(self.stranger, credits=9, beneficiary_ids=[Command.set(self.parent.ids)], note="Burn-out")
        page = self.home()
        self.assertIn("For Little Lotte", page)
        self.assertIn("Shared with you", page)
        self.assertNotIn("Burn-out", page)
        self.assertNotIn(self.stranger.name, page)

    def test_what_is_to_pay_has_a_button_with_the_amount(self):
        invoice = self.invoice(self.parent)
        order = self.order()
        page = self.home()
        self.assertIn("To pay", page)
        self.assertIn(f"/my/invoices/{invoice.id}?payment=True#portal_pay", page)
        self.assertIn(f'href="/my/packages/orders/{order.id}"', page)
        self.assertEqual(len(re.findall(r"Pay [^<]*1,200\.00", page)), 2)
        self.pay(invoice)
        self.assertNotIn(f"/my/invoices/{invoice.id}?", self.home())

    def test_of_parts_the_next_one_is_to_pay(self):
        term = make_term(self.env)
        invoice = self.invoice(self.parent, invoice_payment_term_id=term.id)
        page = self.home()
        self.assertIn(f'href="/my/packages/parts/{invoice.id}"', page)
        self.assertIn("Next part, due on", page)

    def test_credits_that_expire_soon_and_a_place_that_is_held_are_to_do(self):
        self.lot._extend(self.today() + timedelta(days=10), "test")
        self.assertIn("5 credits can be used until", self.home())
        self.type.waiting_list = True
        entry = self.env["practice.waiting"].create({"patient_id": self.parent.id, "appointment_type_id": self.type.id})
        start = self.local(self.at(days=4).date(), 10)
        place = self.env["practice.waiting.place"].create(
            {
                "appointment_type_id": self.type.id,
                "practitioner_id": self.pieter.id,
                "start": start,
                "stop": start + timedelta(hours=1),
            }
        )
        offer = self.env["practice.waiting.offer"]._make_sudo(entry, place)
        page = self.home()
        self.assertIn("A place is free: Online Session", page)
        self.assertIn(offer._get_url(), page)

    def test_who_lost_an_appointment_to_an_absence_picks_a_new_time(self):
        event = self.plan(self.parent, self.local(self.at(days=4).date(), 14), user_id=self.pieter.id)
        absence = self.env["practice.absence"].create(
            {
                "practitioner_id": self.pieter.id,
                "date_from": event.start,
                "date_to": event.stop,
                "reason": "SECRET flu",
            }
        )
        self.env.flush_all()
        absence.action_cancel_appointments()
        absence.line_ids.sudo().told = "sent"
        page = self.home()
        self.assertIn("PB pieter is away", page)
        self.assertIn("Pick a new time", page)
        self.assertNotIn("SECRET", page)

    def test_who_is_no_patient_sees_nothing_of_it(self):
        self.log_in(self.stranger_user)
        page = self.home()
        self.assertNotIn("o_practice_home", page)
        self.give(self.stranger, credits=1)
        self.assertIn("o_practice_home", self.home())

    def test_the_home_takes_as_many_queries_for_little_as_for_much(self):
        self.book()
        self.invoice(self.parent)
        few = self.count_queries("/my")
        for number in range(12):
            self.give(self.parent, credits=1)
            self.plan(self.parent, self.at(days=9, hours=number))
            self.invoice(self.parent)
        self.env.flush_all()
        self.assertLessEqual(self.count_queries("/my"), few)

    # === NO DEAD ENDS ON MY PACKAGES === #

    def test_a_package_is_booked_with_and_its_invoice_is_a_link(self):
        invoice = self.invoice(self.parent)
        self.pay(invoice)
        page = unescape(self.page("/my/packages"))
        self.assertIn(f'href="/my/invoices/{invoice.id}"', page)
        self.assertIn(f"/my/appointments/book?type_id={self.type.id}&patient_id={self.parent.id}", page)
        self.assertIn("No expiry date", page)
        self.assertEqual(self.url_open(f"/my/invoices/{invoice.id}").status_code, 200)

    def test_what_is_used_up_is_bought_again(self):
        self.lot._record([{"lot": self.lot, "kind": "refund", "credits": 5, "date": self.today()}])
        used = self.give(self.parent, credits=1)
        event = self.plan(self.parent, Datetime.now() - timedelta(days=1))
        event.attendance = "attended"
        lots = (used | self.lot).filtered(lambda it: it.state == "used_up")
        self.assertTrue(lots)
        page = unescape(self.page("/my/packages?filterby=all"))
        self.assertIn(f"/my/packages/buy?package_id={self.package.id}&patient_id={self.parent.id}", page)
        self.assertNotIn("Book<", page)

    def test_after_buying_the_page_leads_to_booking(self):
        order = self.order()
        self.transaction(order, "done")
        page = unescape(self.page(f"/my/packages/orders/{order.id}"))
        self.assertIn(f'href="/my/appointments/book?type_id={self.type.id}&patient_id={self.parent.id}"', page)

    def test_the_button_says_what_is_paid_and_the_tax_its_rate(self):
        self.product.taxes_id = self.make_tax(invoice_label="21%")
        page = " ".join(unescape(self.page(f"/my/packages/buy/{self.product.id}")).split())
        self.assertIn("Tax, 21%", page)
        self.assertIn("10 credits", page)
        order = self.order()
        page = unescape(self.page(f"/my/packages/orders/{order.id}"))
        button = page.split("o_payment_submit_button")[1].split("</button>")[0]
        self.assertIn("1,200.00", button)
