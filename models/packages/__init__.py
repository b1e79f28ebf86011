from . import catalog
from . import credits
from . import appointments
from . import groups
from . import portal
from . import shop
from . import notices
from . import absences
