"""Pure rules about credits, money and dates. Nothing here imports Odoo, so everything can be tested without it."""
