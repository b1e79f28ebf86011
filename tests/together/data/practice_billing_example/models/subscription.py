from odoo import models


class PracticeSubscription(models.Model):
    _inherit = "practice.subscription"

    def _example_record_video(self, hours, day):
        """Record the hours of video of a day, once however often this is called."""
        usage = self.env["practice.subscription.usage"]
        for subscription in self:
            usage.record(subscription.id, "video_hour", hours, f"video of {day}", str(day))
