"""What the tests of expiry share: credits that expire, and the runs of the night."""

from datetime import timedelta

from .practice import TODAY, PracticeCase


class ExpiryCase(PracticeCase):
    def expiring(self, days, **vals):
        """Sell a lot that expires in this many days."""
        lot = self.sell(**vals)
        lot._extend(TODAY + timedelta(days=days), "test")
        return lot

    def run_expiry(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_expire_credits").method_direct_trigger()

    def run_warnings(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_warn_expiry").method_direct_trigger()

    def warnings(self, lot):
        return self.env["mail.mail"].search([("model", "=", "practice.credit.lot"), ("res_id", "=", lot.id)])
