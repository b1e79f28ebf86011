"""SMS: what Odoo's module hands to a provider, which is a real server on this machine."""

import json
import unittest
from types import SimpleNamespace
from unittest.mock import patch

from .notices import NoticeCase
from .receiver import Receiver


class SmsProvider(Receiver):
    """Takes SMS as Odoo's own service does, and says of each what it is told to say."""

    #: What is said of each SMS, by number; of others it is taken.
    states = {}

    def answer(self, body):
        messages = json.loads(body)["params"]["messages"]
        texts = [(number, message["content"]) for message in messages for number in message["numbers"]]
        self.texts += [(number["number"], content) for number, content in texts]
        result = [
            {"uuid": number["uuid"], "state": self.states.get(number["number"], "success"), "credit": 1}
            for number, _content in texts
        ]
        return json.dumps({"jsonrpc": "2.0", "id": None, "result": result}).encode()

    def __enter__(self):
        self.texts, self.states = [], {}
        return super().__enter__()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"


class SmsCase(NoticeCase):
    """Patients with phone numbers, a type that reminds by SMS a day before, and a provider."""

    @classmethod
    def setup_practice(cls):
        if "sms.sms" not in cls.env:
            raise unittest.SkipTest("there is no sms.sms")
        result = super().setup_practice()
        cls.company.name = "De Linde"
        cls.patient.phone = "0470 12 34 56"
        cls.type.write({"name": "Relation Therapy", "sms_reminder_hours": "24", "reminder_hours": False})
        cls.env["iap.account"].get("sms")
        return result

    def setUp(self):
        super().setUp()
        self.provider = self.enterContext(SmsProvider())
        self.env["ir.config_parameter"].set_param("sms.endpoint", self.provider.url)

    def run_queue(self):
        """Let Odoo send what is in its queue. In tests it calls nobody: its client is told that this is none."""
        no_test = SimpleNamespace(module=SimpleNamespace(current_test=False))
        with self.enter_registry_test_mode(), patch("odoo.addons.iap.tools.iap_tools.modules", no_test):
            self.env.ref("sms.ir_cron_sms_scheduler_action").method_direct_trigger()
        self.env.invalidate_all()

    def run_sms(self, moment=None, **delta):
        """Let the run of notices and Odoo's queue happen; return what the provider got: ``[(number, words)]``."""
        before = len(self.provider.texts)
        self.run_notices(moment, **delta)
        self.run_queue()
        return self.provider.texts[before:]

    def by_sms(self, events=None):
        """Return ``[(kind, hours, state, reason)]`` of the SMS."""
        return [(it.kind, it.hours, it.state, it.reason) for it in self.notices(events, channel="sms")]
