from . import books
from . import imports
from . import payment
from . import patient
from . import organisation
