from . import package
from . import account_move
from . import account_move_line
from . import credit_lot
