from . import appointment_type
from . import calendar_event
from . import calendar_event_participant
from . import calendar_event_together
