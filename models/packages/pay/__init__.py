from . import credit_move
from . import pay_rule
from . import pay_statement
from . import pay_line
from . import pay_statement_making
