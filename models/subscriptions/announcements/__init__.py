from . import res_company
from . import price_announcement
from . import subscription
from . import plan
