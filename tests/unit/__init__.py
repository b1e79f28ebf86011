from . import test_credits
from . import test_dates
from . import test_periods
from . import test_seats
from . import test_pricing
from . import test_slots
from . import test_collection
