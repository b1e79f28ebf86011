"""Prove that the tests of access can fail: break one check after the other, and demand a red test for each.

Each mutant is one change of a copy of the checkout: a check that is dropped, an id that is trusted, a rule or a
``groups=`` that is gone. Where the code moved on, the mutant says so and has to follow.
"""

import shutil
import subprocess
from typing import NamedTuple

from .databases import Databases
from .errors import DevError
from .progress import say
from .settings import short_hash

#: What pytest returns when tests ran and some were red.
RED = 1

SECURITY = "tests/together/test_security.py"
SUBSCRIPTIONS = "tests/subscriptions/test_subscription_security.py"
ROUTES = "tests/portal/test_portal_routes.py"
CHECKOUT = "tests/portal/test_checkout.py"
SOFTWARE = "tests/subscriptions/test_software_access.py"
FORGET = "tests/together/test_forget.py"
SEEN = "tests/together/test_paths.py"
PATIENT = "tests/packages/test_appointment_patient.py"
INVITATIONS = "tests/portal/test_invitations.py"
MOVE_BY_LINK = "tests/portal/test_move_by_link.py"
PRIVACY = "tests/portal/test_organisation_privacy.py"
WRITTEN = "tests/together/test_written_fields.py"
GROUPS = "tests/packages/test_groups.py"
GROUP_PORTAL = "tests/portal/test_group_portal.py"
GROUP_RACES = "tests/packages/test_group_races.py"


class Mutant(NamedTuple):
    """One thing that somebody might break."""

    name: str
    path: str
    #: Text that the file has once, and what stands there instead.
    old: str
    new: str
    #: The tests that have to notice.
    tests: str


MUTANTS = (
    Mutant(
        "a care statement is found by its id alone",
        "controllers/patient/statement.py",
        """        domain = self._practice_get_statements_domain() & Domain("id", "=", statement_id)
""",
        """        domain = Domain("id", "=", statement_id)
""",
        ROUTES,
    ),
    Mutant(
        "an account is trusted by its ids",
        "controllers/organisation/account.py",
        """        for account in accounts:
            if (str(account.organisation.id), str(account.company.id)) == (organisation, company):
                return account
        return None
""",
        """        organisation = request.env["res.partner"].sudo().browse(int(organisation)).exists()
        company = request.env["res.company"].sudo().browse(int(company)).exists()
        from ...models.subscriptions.portal.res_partner import Account
        return Account(organisation, company, organisation._practice_get_subscription_sudo(company))
""",
        ROUTES,
    ),
    Mutant(
        "an appointment is trusted by its id",
        "controllers/patient/portal.py",
        'search(domain & Domain("id", "=", event_id))',
        'search(Domain("id", "=", event_id))',
        ROUTES,
    ),
    Mutant(
        "a purchase is trusted by its id",
        "controllers/patient/shop.py",
        """        domain = orders_sudo._practice_get_order_domain(request.env.user) & Domain(
            "id", "=", min(invoice_id, 2**31 - 1)
        )
""",
        """        domain = Domain("id", "=", min(invoice_id, 2**31 - 1))
""",
        ROUTES,
    ),
    Mutant(
        "a time is booked for any patient",
        "controllers/patient/booking.py",
        "_read_slot(text, self._practice_get_patients())",
        '_read_slot(text, request.env["res.partner"].sudo().search([]))',
        ROUTES,
    ),
    Mutant(
        "a statement is printed of any patient",
        "controllers/patient/portal.py",
        "patients.filtered(lambda it: str(it.id) == patient_id) or request.env.user.partner_id",
        'request.env["res.partner"].sudo().browse(int(patient_id or 0)).exists() or request.env.user.partner_id',
        ROUTES,
    ),
    Mutant(
        "everybody chooses a plan",
        "models/subscriptions/checkout/checkout.py",
        """        organisation._practice_check_administrator()
        checkouts_sudo = self.sudo()""",
        """        checkouts_sudo = self.sudo()""",
        CHECKOUT,
    ),
    Mutant(
        "everybody pays a checkout",
        "models/subscriptions/checkout/checkout.py",
        """        self.organisation_id._practice_check_administrator()
        self_sudo = self.sudo()  # sudo: the role was checked
        self_sudo._check_not_under_way()
""",
        """        self_sudo = self.sudo()  # sudo: the role was checked
        self_sudo._check_not_under_way()
""",
        CHECKOUT,
    ),
    Mutant(
        "everybody completes a checkout",
        "models/subscriptions/checkout/checkout_completion.py",
        "        subscriptions._check_may_bill()\n",
        "",
        CHECKOUT,
    ),
    Mutant(
        "everybody sends a message again",
        "models/subscriptions/software/webhook_delivery.py",
        "        self.subscription_id._check_may_bill()\n",
        "",
        SOFTWARE,
    ),
    Mutant(
        "the secret of the webhook is for everybody",
        "models/subscriptions/software/res_company.py",
        """        string="Webhook Secret",
        groups="base.group_system",
""",
        """        string="Webhook Secret",
""",
        SOFTWARE,
    ),
    Mutant(
        "who runs an organisation is for everybody",
        "models/subscriptions/agreement/res_partner.py",
        """        string="Portal Administrators",
        groups="practice_billing.group_user",
""",
        """        string="Portal Administrators",
""",
        SECURITY,
    ),
    Mutant(
        "credits of all companies are shown",
        "security/practice_rules.xml",
        """        <field name="model_id" ref="model_practice_credit_lot"/>
        <field name="domain_force">[('company_id', 'in', company_ids)]</field>
""",
        """        <field name="model_id" ref="model_practice_credit_lot"/>
        <field name="domain_force">[(1, '=', 1)]</field>
""",
        SECURITY,
    ),
    Mutant(
        "subscriptions of all companies are shown",
        "security/practice_rules.xml",
        """        <field name="model_id" ref="model_practice_subscription"/>
        <field name="domain_force">[('company_id', 'in', company_ids)]</field>
""",
        """        <field name="model_id" ref="model_practice_subscription"/>
        <field name="domain_force">[(1, '=', 1)]</field>
""",
        SUBSCRIPTIONS,
    ),
    Mutant(
        "the front desk changes packages",
        "security/ir.model.access.csv",
        "model_practice_package,group_user,1,0,0,0",
        "model_practice_package,group_user,1,1,1,1",
        SECURITY,
    ),
    Mutant(
        "everybody forgets a patient",
        "models/common/res_partner_forget.py",
        "        self._practice_check_may_forget()\n",
        "",
        FORGET,
    ),
    Mutant(
        "payments remember the patient",
        "models/common/res_partner_forget.py",
        '        transactions.write({**dict.fromkeys(PAYMENT_FIELDS, False), "partner_name": False})\n',
        "",
        FORGET,
    ),
    Mutant(
        "what was written to the patient stays",
        "models/common/res_partner_forget.py",
        "        people_sudo._practice_forget_correspondence()\n",
        "",
        FORGET,
    ),
    Mutant(
        "series are for everybody",
        "security/practice_rules.xml",
        """        <field name="model_id" ref="calendar.model_calendar_recurrence"/>
""",
        """        <field name="active" eval="False"/>
        <field name="model_id" ref="calendar.model_calendar_recurrence"/>
""",
        SEEN,
    ),
    Mutant(
        "a form invites the patient who was chosen before",
        "models/packages/appointments/calendar_event_patient.py",
        "self.partner_ids = (self.partner_ids._origin - gone) | patient",
        "self.partner_ids |= patient",
        PATIENT,
    ),
    Mutant(
        "whoever is no longer the patient stays invited",
        "models/packages/appointments/calendar_event_patient.py",
        "        kept += [Command.unlink(partner.id) for partner in gone]\n",
        "",
        PATIENT,
    ),
    Mutant(
        "messages that were given up stay",
        "models/subscriptions/software/webhook_delivery.py",
        "self.search(sent | given_up, limit=1000)",
        "self.search(sent, limit=1000)",
        SOFTWARE,
    ),
    Mutant(
        "opening a link answers it",
        "controllers/patient/invitation.py",
        'if request.httprequest.method != "POST":',
        'if request.httprequest.method not in ("GET", "POST"):',
        INVITATIONS,
    ),
    Mutant(
        "whoever is invited moves with their link",
        "controllers/patient/move.py",
        "speaking_sudo = invitation_sudo.filtered(lambda it: it._practice_speaks())",
        "speaking_sudo = invitation_sudo",
        MOVE_BY_LINK,
    ),
    Mutant(
        "the links of a parent stay when another child is the patient",
        "models/packages/appointments/calendar_event_patient.py",
        "        changed_sudo._practice_end_links()\n",
        "",
        MOVE_BY_LINK,
    ),
    Mutant(
        "a link answers after the start",
        "models/packages/appointments/calendar_event_answer.py",
        'return self.attendance == "planned" and self.start > fields.Datetime.now()',
        'return self.attendance == "planned"',
        INVITATIONS,
    ),
    Mutant(
        "the address of any login is written",
        "models/subscriptions/agreement/res_partner_address.py",
        "if not login_sudo or",
        "if login_sudo or",
        PRIVACY,
    ),
    Mutant(
        "invoices of an organisation are for all its people",
        "security/practice_rules.xml",
        """        <field name="model_id" ref="account.model_account_move"/>
""",
        """        <field name="active" eval="False"/>
        <field name="model_id" ref="account.model_account_move"/>
""",
        PRIVACY,
    ),
    Mutant(
        "credits are given back without a reason",
        "models/packages/appointments/calendar_event_settling.py",
        'raise UserError(self.env._("Say why the credits are given back."))',
        "pass",
        WRITTEN,
    ),
    Mutant(
        "all participants are invited to the visit of each",
        "models/packages/groups/calendar_event_participant.py",
        "return patient | patient.practice_representative_ids.filtered(lambda it: it.id in named)",
        "return patient | patient.browse(named) | self.browse(vals['practice_group_id']).sudo().practice_patient_ids",
        GROUP_PORTAL,
    ),
    Mutant(
        "places are not counted",
        "models/packages/groups/calendar_event_together.py",
        "        if taken != self.practice_places_taken:\n",
        "        if False:\n",
        GROUP_RACES,
    ),
    Mutant(
        "visits are written through their group",
        "models/packages/groups/calendar_event.py",
        '    "practice_participant_ids",\n)',
        ")",
        GROUPS,
    ),
    Mutant(
        "a participant is taken out late for nothing",
        "models/packages/groups/calendar_event.py",
        "gone._practice_check_cancelled_in_time()",
        "pass",
        GROUPS,
    ),
)


def run_mutants(settings, names):
    """Break the code in every way, or in those whose name contains one of ``names``; return the exit code."""
    chosen = [it for it in MUTANTS if not names or any(name in it.name for name in names)]
    copy = settings.cache / "mutants" / settings.checkout_id
    survivors = []
    try:
        for number, mutant in enumerate(chosen, start=1):
            _copy(settings.checkout, copy)
            _apply(mutant, copy)
            killed = _is_killed(mutant, copy)
            say(f"{number}/{len(chosen)} {mutant.name}: {'killed' if killed else 'SURVIVED'} by {mutant.tests}")
            survivors += [] if killed else [mutant]
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    return 1 if survivors else 0


def database_of(settings):
    """Return the name of the database in which the copy is tested."""
    return f"test_{short_hash(settings.cache / 'mutants' / settings.checkout_id)}"


def drop_database(databases: Databases):
    """Drop what the tests of the copy left."""
    databases.drop(database_of(databases.settings))


def _copy(checkout, copy):
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(
        checkout, copy, ignore=shutil.ignore_patterns(".git", "__pycache__", ".pytest_cache", ".hypothesis")
    )


def _apply(mutant, copy):
    path = copy / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise DevError(f"the mutant “{mutant.name}” finds its place {text.count(mutant.old)} times in {mutant.path}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def _is_killed(mutant, copy):
    """Run the tests of a mutant; return whether one was red.

    :raises DevError: when they did not run
    """
    command = [str(copy / "dev" / "odoo"), "test", mutant.tests, "-x", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, RED) or (done.returncode == RED and " failed" not in done.stdout):
        raise DevError(f"the mutant “{mutant.name}” could not be tested:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.returncode == RED
