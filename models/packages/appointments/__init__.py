from . import credit_lot_appointment
from . import calendar_event
from . import calendar_event_settling
from . import calendar_event_closing
from . import calendar_attendee
