from . import res_company
from . import res_config_settings
from . import package
from . import package_terms
from . import appointment_type
from . import room
from . import product_template
from . import product_product
