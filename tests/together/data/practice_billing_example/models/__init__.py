from . import calendar_event
from . import plan
from . import subscription
