from . import books
from . import imports
from . import direct_debit
from . import payment
from . import stripe
from . import patient
from . import organisation
