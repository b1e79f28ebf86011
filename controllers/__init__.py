from . import patient_portal
from . import patient_shop
from . import patient_booking
