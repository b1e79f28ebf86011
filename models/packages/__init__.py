from . import catalog
from . import credits
from . import appointments
from . import portal
from . import shop
from . import notices
from . import absences
from . import board
