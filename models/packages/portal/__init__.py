from . import res_company
from . import res_partner
from . import credit_lot
from . import calendar_event
from . import appointment_type_times
from . import appointment_type_booking
from . import appointment_type_pages
from . import calendar_event_moving
