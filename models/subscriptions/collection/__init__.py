from . import subscription_unpaid
from . import subscription_collection
from . import subscription_method
from . import subscription_mail
from . import account_move
from . import payment_transaction
from . import payment_token
