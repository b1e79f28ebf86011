from . import res_company
from . import revenue
from . import packages
from . import account_move
from . import account_move_line
from . import product_template
from . import res_config_settings
from . import res_partner
