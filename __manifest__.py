{
    "name": "Practice Billing",
    "summary": "Prepaid packages of appointments: credits, bookings and revenue that agree to the cent",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "Practice Billing contributors",
    "depends": ["account_payment", "calendar", "product_email_template"],
    "data": [
        "security/practice_security.xml",
        "security/ir.model.access.csv",
        "data/mail_activity_type_data.xml",
        "data/mail_template_data.xml",
        "data/ir_cron_data.xml",
    ],
    "demo": [],
    "installable": True,
    "application": True,
}
