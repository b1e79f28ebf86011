from . import appointment_type
from . import base_partner_merge_automatic_wizard
from . import calendar_event
from . import calendar_event_participant
from . import calendar_event_together
