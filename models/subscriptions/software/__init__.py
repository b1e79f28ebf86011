from . import res_company
from . import webhook_delivery
from . import res_config_settings
from . import subscription
from . import seat
