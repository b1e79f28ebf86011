from . import res_company
from . import res_partner
from . import product_template
from . import product_product
from . import account_move
from . import account_move_line
from . import credit_lot
from . import payment_transaction
