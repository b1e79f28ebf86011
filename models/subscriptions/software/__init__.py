from . import res_company
from . import webhook_delivery
from . import subscription
from . import res_partner
