from . import res_company
from . import seat
from . import subscription_state
from . import subscription_change
from . import subscription_run
from . import account_move
from . import account_move_debit
