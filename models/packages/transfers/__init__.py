from . import credit_lot
from . import account_move
from . import res_partner_forget
