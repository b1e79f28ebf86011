from . import res_partner
from . import plan
from . import subscription
from . import subscription_banner
from . import subscription_doors
