from . import patient
from . import organisation
