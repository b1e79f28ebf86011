from . import calendar_event_hours
from . import calendar_event
from . import calendar_event_signs
from . import calendar_event_moving
from . import calendar_event_live
from . import ir_actions_act_window_view
from . import ir_ui_view
from . import ir_websocket
