from . import ir_config_parameter
from . import retry_mixin
from . import res_company
from . import res_partner
from . import account_move
from . import account_move_payment
from . import payment_transaction
from . import res_config_settings
