from . import test_books
from . import test_invoices
from . import test_appointments
from . import test_property
from . import test_concurrency
from . import test_practitioner
from . import test_expiry
from . import test_release
