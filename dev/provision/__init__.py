"""What ``dev/odoo`` is made of: one module per thing it provides. Standard library only."""
