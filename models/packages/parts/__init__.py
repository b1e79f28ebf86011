from . import res_company
from . import account_move
from . import account_move_agreement
from . import account_move_portal
from . import payment_transaction
from . import payment_token
from . import credit_lot
