from . import res_company
from . import webhook_delivery
from . import res_config_settings
from . import subscription
from . import res_partner
from . import seat
