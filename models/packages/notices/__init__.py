from . import appointment_notice
from . import appointment_notice_sending
from . import appointment_notice_mail
from . import appointment_type
from . import calendar_event
from . import calendar_event_reminding
from . import calendar_attendee
from . import res_partner_forget
