"""What test files share, a file for each thing; test files themselves import nothing from one another.

practice: a practice with one package, and its books, accounted for a second time · subscriptions: a software house and its
organisations · payments: Odoo's demo provider and saved methods · collection: invoices that are charged · checkouts: an
organisation that runs itself on the portal · booking: working hours and free times · roles: a user of each kind, over
HTTP too · databases: copies of the database, servers and processes · races: sessions at the same moment · attacks: what is
killed and taken up again · receiver: other software that is told · rules: random seats and days
"""

from hypothesis import HealthCheck, settings

# A slow machine is no fault of the code: tests count rounds, not seconds.
settings.register_profile("practice_billing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("practice_billing")
