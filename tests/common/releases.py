"""What the tests of releases share: visits that are over, and the nightly run."""

from datetime import date

from .practice import PracticeCase


class ReleaseCase(PracticeCase):
    sold_on = date(2026, 2, 20)

    def run_release(self):
        """Let the nightly run post, as the scheduler does."""
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_release_revenue").method_direct_trigger()

    def past_visit(self, patient=None, days=1, **vals):
        """Plan an appointment this many days ago and mark it attended; return its release."""
        event = self.plan(patient, self.at(days=-days), **vals)
        event.attendance = "attended"
        return event.credit_move_ids.release_ids

    def lines(self, entry, account):
        found = entry.line_ids.filtered(lambda line: line.account_id == account)
        return sorted((line.partner_id.name or "", self.currency.round(line.balance)) for line in found)
