from . import absence
from . import absence_undo
from . import absence_line
from . import absence_line_mail
from . import absence_line_pick
from . import calendar_event
from . import res_partner
