from . import subscription
from . import subscription_doors
