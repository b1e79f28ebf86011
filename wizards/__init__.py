from . import appointment_cancel
from . import credit_extend
from . import credit_give_back
from . import credit_proof_date
from . import package_sale
