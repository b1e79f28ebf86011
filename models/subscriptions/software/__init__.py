from . import subscription_access
from . import webhook_delivery
