from . import checkout
from . import checkout_completion
from . import payment_transaction
