from . import deferral_mixin
from . import revenue_release
from . import release_entry
from . import account_move
