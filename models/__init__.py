from . import common
from . import revenue
from . import packages
from . import subscriptions
from . import einvoice
