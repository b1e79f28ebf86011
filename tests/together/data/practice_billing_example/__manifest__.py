{
    "name": "Practice Billing: an example of extending it",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "Practice Billing contributors",
    "depends": ["practice_billing"],
    "data": ["data/practice_usage_kind_data.xml"],
}
