"""What tests share; no test stands here, and no test module imports another.

- ``practice``: a practice with a package, its people and what they do, and its books accounted for a second time
- ``subscriptions``: plans, organisations and seats, the runs that bill, and what an invoice has to say
- ``rules``: random seats and days for the pure rules, and these rules written a second time
- ``lives``: random things happen in any order, and are undone afterwards
- ``payments``: Odoo's demo provider, and saved cards that end as they are told
- ``collection``: an organisation with a saved card, and the run that charges it
- ``checkouts``: an organisation whose administrator has a login and pays on the portal
- ``shop``: a package that is sold on the portal, purchases and their payments
- ``booking``: practitioners with working hours, and a type that patients book
- ``conflicts``: a front desk that plans where somebody is busy
- ``expiry``: credits that expire, and their runs
- ``absences``: a practitioner who is away, and who was planned with them
- ``transfers``: a giver and a receiver of credits, and the proof for both
- ``vouchers``: a gift that is bought and redeemed, and the run that sends it
- ``waiting``: a class that is full, patients who wait for it, and the run that offers places
- ``pages``: pages, forms and Odoo's doors for programs; a family with logins; a browser for another process
- ``roles``: one user of each role, and one record of each model
- ``demo``: what somebody sees of the demo data, menu by menu
- ``databases``: copies of the database in which a test may commit, and Odoo in processes of its own
- ``races``: sessions that want the same thing at the same moment
- ``receiver``: other software, a real server on this machine that is told of changes
- ``attacks``: processes that are killed while they work
"""

from hypothesis import HealthCheck, settings

# A slow machine is no fault of the code: tests count rounds, not seconds.
settings.register_profile("practice_billing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("practice_billing")
