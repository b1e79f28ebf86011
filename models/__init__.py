from . import common
from . import revenue
from . import direct_debit
from . import collecting
from . import packages
from . import subscriptions
from . import einvoice
