from . import test_collection_rules
from . import test_credit_rules
from . import test_date_rules
from . import test_period_rules
from . import test_pricing_rules
from . import test_seat_rules
from . import test_slot_rules
from . import test_workbook_rules
