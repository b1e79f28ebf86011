from . import res_company
from . import subscription_next_invoice
from . import subscription_invoice
from . import subscription_preview
from . import subscription_billing
from . import account_move_batch
from . import account_move
from . import revenue_release
