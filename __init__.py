from odoo.addons.payment import reset_payment_provider

from . import controllers, models, report, wizards


def uninstall_hook(env):
    """Let the provider of direct debits go, its payment method unless payments were made with it, and the triggers."""
    reset_payment_provider(env, "practice_sepa")
    env["practice.revenue.release"]._drop_triggers()
