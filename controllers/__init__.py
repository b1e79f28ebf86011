from . import patient_portal
from . import patient_shop
from . import patient_booking
from . import payment
from . import organisation_portal
from . import organisation_practitioners
from . import organisation_plan
from . import organisation_checkout
