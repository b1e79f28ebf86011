from . import credit_proof
from . import credit_statement
