from . import common
from . import revenue
from . import direct_debit
from . import packages
from . import subscriptions
