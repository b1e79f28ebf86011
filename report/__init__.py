from . import credit_proof
from . import credit_statement
from . import subscription_mrr
from . import subscription_overview
from . import subscription_proof
from . import unbilled_usage
