from . import res_company
from . import account_move
from . import payment_transaction
from . import payment_token
from . import payment_transaction_dispute
