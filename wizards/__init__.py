from . import appointment_cancel
from . import credit_extend
from . import credit_give_back
from . import package_sale
