from . import reminder_step
from . import reminder
from . import account_move
from . import res_company
from . import subscription_reminding
