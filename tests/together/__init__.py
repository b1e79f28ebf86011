from . import test_i18n
from . import test_install
from . import test_names
from . import test_races
from . import test_runs
from . import test_security
from . import test_tours
from . import test_upgrade
