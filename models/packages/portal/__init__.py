from . import calendar_event
from . import appointment_type_times
from . import appointment_type_booking
from . import appointment_type_pages
