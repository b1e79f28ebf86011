from . import ir_config_parameter
from . import retry_mixin
from . import res_company
from . import res_partner
from . import res_partner_forget
from . import account_move
from . import account_move_payment
from . import res_config_settings
