from . import patient_portal
