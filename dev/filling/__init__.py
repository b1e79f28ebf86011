"""What fills a database for the test of upgrades: one file per part of the practice, run in odoo shell."""
