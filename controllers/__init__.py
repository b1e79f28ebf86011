from . import patient_portal
from . import patient_shop
