"""Odoo's program as a file: with ``python -m odoo`` Odoo cannot start the process beside its workers, and tries again
and again."""

from odoo.cli import main

if __name__ == "__main__":
    main()
