from . import usage
from . import seat
from . import subscription
from . import period
from . import discount_redemption
from . import res_partner
from . import res_partner_roles
