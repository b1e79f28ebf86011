from . import books
from . import payment
from . import patient
from . import organisation
