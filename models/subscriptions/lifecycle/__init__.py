from . import subscription_state
from . import subscription_change
