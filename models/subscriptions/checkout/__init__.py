from . import checkout
from . import checkout_completion
from . import payment_transaction
from . import payment_provider
from . import account_move
from . import subscription
from . import base_partner_merge_automatic_wizard
